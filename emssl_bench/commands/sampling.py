"""The command that times how sampling is done."""

import argparse

from emssl_bench.commands.common import chosen_device, reported


def time_sampling(options: argparse.Namespace) -> int:
    """Times the strategies of sampling; makes Table III and Fig. 7."""
    import os

    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # waiting threads must not take the workers' cores

    import robots
    from emssl_bench import display, machine
    from emssl_bench.forward import require_pybullet
    from emssl_bench.records import Store
    from robots.reach import require_moving

    robot = robots.load(options.robot, options.tip, options.base)
    require_moving(robot)
    require_pybullet(robot)
    device = chosen_device(options.device)
    store = Store(options.out)
    with store.claimed():
        import torch

        from emssl_bench.experiments import sampling

        cores = machine.physical_cores()
        workers, threads = (cores if given == "auto" else given for given in (options.workers, options.threads))
        torch.set_num_threads(threads)
        torch.set_flush_denormal(True)
        cases = sampling.plan(options.batch, workers, cores)
        trials = sampling.trials(cases, robot, options.samples, threads, options.rounds, device)
        console = display.open_console()
        if all(store.done(trial) for trial in trials):
            console.print("All cases are measured already on this machine; to measure again, name another --out.")
        else:
            console.print(
                f"{len(cases)} cases in {options.rounds} rounds of {options.samples:,} samples on {robot.name}"
            )
            with display.counted(console) as tell:
                records = sampling.run(cases, trials, robot, lambda done, of, case: tell(done, of, str(case)))
            for record in records:
                store.save(record)
        return reported(store, [])
