"""The command `sampling`: the strategies of sampling are timed."""

import argparse
from typing import Any

from emssl_bench.cli.argument_types import count_or_auto, whole
from emssl_bench.cli.common import ending_unheard, opened, reported
from emssl_bench.cli.shared_options import add_out, add_robot, add_task

HELP = "time the strategies of sampling; makes Table III and Fig. 7"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_robot(parser)
    add_task(parser)
    parser.add_argument("--samples", type=whole(1, 10**7), default=70_000, metavar="N", help="targets")
    parser.add_argument("--batch", type=whole(1, 10**7), default=512, metavar="N", help="inference batch of Table III")
    parser.add_argument(
        "--workers", type=count_or_auto, default="auto", metavar="N", help="forward-model processes of Table III"
    )
    parser.add_argument("--threads", type=count_or_auto, default="auto", metavar="N", help="torch threads of inference")
    parser.add_argument("--rounds", type=whole(1), default=5, metavar="N", help="times each case is measured")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="where inference runs")
    add_out(parser, "where results go")


def run(options: argparse.Namespace) -> int:
    """Times the strategies of sampling; makes Table III and Fig. 7."""
    import os

    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # waiting threads must not take the workers' cores

    from emssl_bench.cli import display
    from emssl_bench.records import Store

    arms, device = opened(options)
    store = Store(options.out)
    with store.claimed():
        console = display.open_console()
        with ending_unheard():
            for arm in arms:
                _measure(options, arm, device, store, console)
        return reported(store, [])


def _measure(options: argparse.Namespace, arm: Any, device: str, store: Any, console: Any) -> None:
    """Times all cases on one arm, unless they are measured already."""
    import torch

    from emssl_bench.cli import display
    from emssl_bench.experiments import sampling
    from emssl_bench.records import machine

    cores = machine.physical_cores()
    workers, threads = (cores if given == "auto" else given for given in (options.workers, options.threads))
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    cases = sampling.plan(options.batch, workers, cores)
    trials = sampling.trials(cases, arm, options.samples, threads, options.rounds, device, options.task)
    done = [trial for trial in trials if store.done(trial)]
    if len(done) == len(trials):
        console.print(
            f"All cases are measured already on this machine with {arm.name}; to measure again, name another --out.",
            highlight=False,
            soft_wrap=True,
        )
        return
    console.print(f"{len(cases)} cases in {options.rounds} rounds of {options.samples:,} samples on {arm.name}")
    with display.counted(console) as tell:
        records = sampling.run(cases, trials, arm, lambda done, of, case: tell(done, of, str(case)))
    for trial in done:  # cases are timed in turns: those of two measurements are not to be set against each other
        store.make_way(store.path(trial), "was measured together with cases that are not there")
    for record in records:
        store.save(record)
