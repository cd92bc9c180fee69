"""The command line. It imports torch, pandas and the like only in the command that needs them."""

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from emssl_bench.errors import EmsslBenchError, InvalidValue, MissingDependency, UnknownName
from emssl_bench.options import parser

BAD_INPUT = 2
SOME_FAILED = 1
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; a user's mistake ends in one line on standard error and exit code 2."""
    try:
        options = parser().parse_args(arguments)
        return COMMANDS[options.command](options)
    except EmsslBenchError as error:
        print(f"emssl-bench: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("emssl-bench: interrupted; what had finished is kept, run again to go on.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # somebody piped us into head
        sys.stderr.close()
        return 0


def _run(options: argparse.Namespace) -> int:
    import robots
    from emssl_bench import machine, registry
    from emssl_bench.records import Store

    methods = _chosen_methods(options.method)
    robot = robots.load(options.robot, options.tip)
    device = _device(options.device)
    if options.forward == "bullet":
        from emssl_bench.forward import require_pybullet

        require_pybullet()
    from emssl_bench.experiments import accuracy

    trials = accuracy.plan(
        methods,
        robot,
        _once(options.joint_range),
        _once(options.seeds),
        accuracy.budget(options.budget),
        _settings(options.set, methods, registry),
        options.forward,
        device,
        options.threads,
    )
    store = Store(options.out)
    store.prepare()
    waiting = [trial for trial in trials if not store.done(trial)]
    jobs = min(len(waiting), machine.physical_cores() if options.jobs == "auto" else options.jobs) or 1
    workers = max(1, machine.physical_cores() // jobs) if options.workers == "auto" else options.workers
    return _run_and_report(trials, waiting, robot, store, jobs, workers)


def _sampling(options: argparse.Namespace) -> int:
    import os

    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # waiting threads must not take the workers' cores

    import robots
    from emssl_bench import display, machine, report
    from emssl_bench.forward import require_pybullet
    from emssl_bench.records import Store

    robot = robots.load(options.robot, options.tip)
    require_pybullet()
    device = _device(options.device)
    store = Store(options.out)
    store.prepare()

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
        console.print(f"{len(cases)} cases in {options.rounds} rounds of {options.samples:,} samples on {robot.name}")
        with display.counted(console) as tell:
            records = sampling.run(cases, trials, robot, lambda done, of, case: tell(done, of, str(case)))
        for record in records:
            store.save(record)
    written = report.write(store)
    display.print_tables(store.records(), console)
    console.print("Written: " + ", ".join(str(path) for path in written), highlight=False, soft_wrap=True)
    return 0


def _run_and_report(trials, waiting, robot, store, jobs: int, workers: int) -> int:
    from emssl_bench import display, report, runner

    console = display.open_console()
    console.print(
        f"{len(waiting)} of {len(trials)} trials to run on {robot.name}, {jobs} at a time, "
        f"{workers} forward-model {'process' if workers == 1 else 'processes'} each; results in {store.folder}",
        highlight=False,
        soft_wrap=True,
    )
    with display.shown(waiting, console) as shown:
        records = runner.run_trials(waiting, robot, store, jobs, workers, shown)
    written = report.write(store)
    display.print_tables(store.records(), console)
    console.print("Written: " + ", ".join(str(path) for path in written), highlight=False, soft_wrap=True)
    if (store.folder / "models").is_dir():
        console.print(f"Trained models: {store.folder / 'models'}", highlight=False, soft_wrap=True)
    failed = [record for record in records if record.status == "failed"]
    if failed:
        print(f"emssl-bench: {len(failed)} of {len(records)} trials failed; the report names them.", file=sys.stderr)
    return SOME_FAILED if failed else 0


def _chosen_methods(names: Sequence[str]) -> list[str]:
    from emssl_bench.registry import METHODS

    for name in names:
        if name not in (*METHODS, "all"):
            raise UnknownName("method", name, [*METHODS, "all"])
    return list(METHODS) if "all" in names else _once(names)


def _settings(texts: Sequence[str], methods: Sequence[str], registry: Any) -> dict[str, dict[str, Any]]:
    """Settings by method from texts like "emssl.iterations=20"."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for text in texts:
        name, equals, value = text.partition("=")
        method, dot, key = name.partition(".")
        if not (equals and dot):
            raise InvalidValue(f"--set takes METHOD.SETTING=VALUE, such as emssl.iterations=20, not {text!r}.")
        if method not in methods:
            raise UnknownName("method (of this run) in --set", method, methods)
        found[method][key] = registry.parsed(method, key, value)
    return found


def _device(wanted: str) -> str:
    if wanted == "cpu":
        return wanted
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if wanted == "cuda":
        raise MissingDependency("--device cuda needs a CUDA device and a CUDA build of torch; use --device cpu.")
    return "cpu"


def _once(values: Sequence[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


def _report(options: argparse.Namespace) -> int:
    from emssl_bench import report
    from emssl_bench.records import Store

    for path in report.write(Store(options.out)):
        print(path)
    return 0


def _robots(options: argparse.Namespace) -> int:
    import robots

    print(f"{'name':10}{'joints':>7}{'reach':>9}  source")
    for name in robots.available():
        try:
            spec = robots.load(name)
        except MissingDependency as error:
            print(f"{name:10}{'':16}  {error}")
            continue
        print(f"{name:10}{spec.dof:>7}{spec.reach_m:>7.2f} m  {spec.source}")
    return 0


def _methods(options: argparse.Namespace) -> int:
    from emssl_bench import registry

    names = [options.name] if options.name else list(registry.METHODS)
    for name in names:
        summary = (registry.method_class(name).__doc__ or "").strip().splitlines()[0]
        print(f"{name:10} {summary}")
    if options.name:
        for key, kind, default, meaning in registry.described(options.name):
            print(f"  --set {options.name}.{key}=...  [{kind}; default {default}]\n      {meaning}")
    return 0


COMMANDS = {"run": _run, "sampling": _sampling, "report": _report, "robots": _robots, "methods": _methods}


if __name__ == "__main__":
    raise SystemExit(main())
