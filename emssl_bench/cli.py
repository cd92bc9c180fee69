"""The command line. It imports torch, pandas and the like only in the command that needs them."""

import argparse
import io
import sys
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from emssl_bench.errors import EmsslBenchError, InvalidValue, MissingDependency, ModelError, UnknownName, one_line
from emssl_bench.options import parser

BAD_INPUT = 2
SOME_FAILED = 1
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; a user's mistake ends in one line on standard error and exit code 2."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal that has no ±, or a path that is not UTF-8
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        options = parser().parse_args(arguments)
        return COMMANDS[options.command](options)
    except EmsslBenchError as error:
        print(f"emssl-bench: {one_line(str(error))}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("emssl-bench: interrupted; what had finished is kept, run again to go on.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # somebody piped us into head
        sys.stderr.close()
        return 0


def _run(options: argparse.Namespace) -> int:
    from emssl_bench import registry
    from emssl_bench.records import Store

    methods, left_out = _chosen_methods(options.method)
    robot, device = _opened(options)
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
        options.judge_on,
    )
    store = Store(options.out)
    for complaint in left_out:
        print(f"emssl-bench: {complaint}", file=sys.stderr)
    with store.claimed():
        waiting = [trial for trial in trials if not store.done(trial)]
        return _reported(store, _run_trials(options, waiting, len(trials), robot, store))


def _adapt(options: argparse.Namespace) -> int:
    from emssl_bench import registry, saved_models
    from emssl_bench.records import Store
    from robots.changes import BEYOND, Change

    changes = [Change.parse(f"links={cm:g}") for cm in options.extend_cm]
    for text in options.change:
        changes += [Change.parse(each) for each in (BEYOND if text == "beyond" else (text,))]
    if not changes:
        raise InvalidValue("no change of the arm: give --extend-cm or --change.")
    robot, device = _opened(options)
    from emssl_bench.experiments import accuracy, adaptation

    approaches = adaptation.chosen(options.approach)
    store = Store(options.out)
    run_with = (options.forward, device, options.threads)
    if options.models:
        models = [saved_models.read(path, robot) for path in _once(options.models)]
        bases = [trial for _, trial in models]
        approaches = _startable(approaches, options.learner, bases, "all" in options.approach)
    else:
        models = []
        methods = _once([adaptation.base_method(approach, options.learner) for approach in approaches])
        settings = _settings(options.set, methods, registry)
        bases = accuracy.plan(
            methods,
            robot,
            _once(options.joint_range),
            _once(options.seeds),
            accuracy.budget(options.budget),
            settings,
            *run_with,
        )
    trials = adaptation.plan(
        approaches,
        _once(changes),
        bases,
        robot,
        *run_with,
        measurements=options.measurements,
        noise_mm=options.noise_mm,
        schedule=options.schedule,
        samples=options.samples,
        learner=options.learner,
        wanted=options.wanted,
        adapting=_settings(options.adapt_with, sorted({base.method for base in bases}), registry, "--adapt-with"),
    )
    if "identify" in approaches:
        trials += adaptation.study(_once(changes), bases, robot, *run_with)
    with store.claimed():
        for model, trial in models:
            saved_models.save(model, store.model_path(trial), trial)
        waiting = [trial for trial in trials if not store.done(trial)]
        needed = {trial.settings.get("base") for trial in waiting}
        untrained = [base for base in bases if base.digest in needed and not _learned(store.model_path(base), robot)]
        records = []
        if untrained:
            records += _run_trials(options, untrained, len(bases), robot, store)
            failed = {record.trial.digest for record in records if record.status == "failed"}
            waiting = [trial for trial in waiting if trial.settings.get("base") not in failed]
        records += _run_trials(options, waiting, len(trials), robot, store)
        return _reported(store, records)


def _learned(path: Any, robot: Any) -> bool:
    """Whether a model can be had: one whose process was killed while it was written is learned again."""
    from emssl_bench import saved_models

    try:
        saved_models.load(path, robot)
    except ModelError:
        return False
    return True


def _startable(approaches: Sequence[str], learner: str, bases: Sequence[Any], all_of_them: bool) -> list[str]:
    """The approaches that start from a model of the methods given."""
    from emssl_bench.experiments.adaptation import base_method

    given = {trial.method for trial in bases}
    startable = [approach for approach in approaches if base_method(approach, learner) in given]
    missing = [approach for approach in approaches if approach not in startable]
    if missing and not (all_of_them and startable):
        raise InvalidValue(
            f"the approach {missing[0]!r} starts from a model of {base_method(missing[0], learner)}; --from gives "
            f"{', '.join(sorted(given))}."
        )
    return startable


def _sampling(options: argparse.Namespace) -> int:
    import os

    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # waiting threads must not take the workers' cores

    import robots
    from emssl_bench import display, machine
    from emssl_bench.forward import require_pybullet
    from emssl_bench.records import Store

    robot = robots.load(options.robot, options.tip)
    require_pybullet(robot)
    device = _device(options.device)
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
        return _reported(store, [])


def _opened(options: argparse.Namespace) -> tuple[Any, str]:
    """The arm and the device of a command that trains, once it is known that both can be had."""
    import robots

    robot = robots.load(options.robot, options.tip)
    device = _device(options.device)
    if options.forward == "bullet":
        from emssl_bench.forward import require_pybullet

        require_pybullet(robot)
    return robot, device


def _run_trials(options: argparse.Namespace, waiting: list[Any], of: int, robot, store) -> list[Any]:
    """Runs what is waiting, of so many trials, and returns their records."""
    from emssl_bench import display, machine, runner

    cores = machine.physical_cores()
    jobs = min(len(waiting), cores if options.jobs == "auto" else options.jobs) or 1
    workers = max(1, cores // jobs) if options.workers == "auto" else options.workers
    console = display.open_console()
    console.print(
        f"{len(waiting)} of {of} trials to run on {robot.name}, {jobs} at a time, "
        f"{workers} forward-model {'process' if workers == 1 else 'processes'} each; results in {store.folder}",
        highlight=False,
        soft_wrap=True,
    )
    with display.shown(waiting, console) as shown:
        return runner.run_trials(waiting, robot, store, jobs, workers, shown)


def _reported(store, records: Sequence[Any]) -> int:
    """Writes and prints the report after so many new records; the exit code."""
    from emssl_bench import display, report

    console = display.open_console()
    written = report.write(store)
    display.print_tables(store.records(), console)
    console.print("Written: " + ", ".join(str(path) for path in written), highlight=False, soft_wrap=True)
    if (store.folder / "models").is_dir():
        console.print(f"Trained models: {store.folder / 'models'}", highlight=False, soft_wrap=True)
    failed = [record for record in records if record.status == "failed"]
    if failed:
        print(f"emssl-bench: {len(failed)} of {len(records)} trials failed; the report names them.", file=sys.stderr)
    return SOME_FAILED if failed else 0


def _chosen_methods(chosen: Sequence[str]) -> tuple[list[str], list[str]]:
    """The methods meant, each once; and where they are all, a line for each plug-in that is left out."""
    from emssl_bench import registry

    valid = [*registry.names(), "all"]
    for name in chosen:
        if name not in valid:
            raise UnknownName("method", name, valid)
    if "all" in chosen:
        return registry.usable()
    return _once(chosen), []


def _settings(
    texts: Sequence[str], methods: Sequence[str], registry: Any, option: str = "--set"
) -> dict[str, dict[str, Any]]:
    """Settings by method from texts like "emssl.iterations=20"."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for text in texts:
        name, equals, value = text.partition("=")
        method, dot, key = name.partition(".")
        if not (equals and dot):
            raise InvalidValue(f"{option} takes METHOD.SETTING=VALUE, such as emssl.iterations=20, not {text!r}.")
        if method not in methods:
            if method in registry.names():
                registry.method_class(method)  # says why, if it is a broken plug-in
            raise UnknownName(f"method (of this run) in {option}", method, methods)
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


def _check(options: argparse.Namespace) -> int:
    import robots
    from emssl_bench.data import JointSpace

    robot = robots.load(options.robot, options.tip)
    path, tip = robots.file_and_tip(options.robot, options.tip)
    joint_space = JointSpace.of(robot, options.joint_range)
    from emssl_bench import check
    from emssl_bench.report import workspace

    print(check.chain(robot, tip))
    print(check.freedom(robot, joint_space, options.joint_range))
    positions = check.reached(robot, joint_space)
    agreements = check.compared(robot, path, tip, joint_space)
    print(*agreements, sep="\n")
    title = f"{robot.name} to {tip}, ±{options.joint_range:g}°"
    print(f"Workspace: {workspace.write(robot, positions, title, options.out)}")
    apart = [each for each in agreements if each.disagrees]
    if apart:
        print(f"emssl-bench: {robot.name}: the forward models disagree; this arm cannot be used.", file=sys.stderr)
        return SOME_FAILED
    tip_option = f" --tip {options.tip}" if options.tip else ""
    without = "" if any(each.model == "PyBullet" and each.compared for each in agreements) else " --forward chain"
    print(f"The suite can use this arm: --robot {options.robot}{tip_option}{without}")
    return 0


def _report(options: argparse.Namespace) -> int:
    from emssl_bench import report
    from emssl_bench.records import Store

    store = Store(options.out)
    store.try_to_set_aside()
    for path in report.write(store):
        print(path)
    return 0


def _merge(options: argparse.Namespace) -> int:
    from emssl_bench import merging
    from emssl_bench.records import Store, to_stderr

    store = Store(options.out)
    for folder, count in merging.merge(options.folders, store, options.strict, to_stderr).items():
        print(f"{count} records from {folder}")
    return _reported(store, [])


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

    if options.name is not None:
        print(f"{options.name:10} {_summary(registry.method_class(options.name))}")
        for key, kind, default, meaning in registry.described(options.name):
            print(f"  --set {options.name}.{key}=...  [{kind}; default {default}]\n      {meaning}")
        return 0
    usable, left_out = registry.usable()
    for name in usable:
        print(f"{name:12} {_summary(registry.method_class(name))}")
    for complaint in left_out:
        print(complaint)
    return 0


def _summary(method: type) -> str:
    return ((method.__doc__ or "").strip().splitlines() or [""])[0]


COMMANDS = {
    "run": _run,
    "adapt": _adapt,
    "sampling": _sampling,
    "check": _check,
    "report": _report,
    "merge": _merge,
    "robots": _robots,
    "methods": _methods,
}


if __name__ == "__main__":
    raise SystemExit(main())
