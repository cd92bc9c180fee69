"""The commands that train: run and adapt."""

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emssl_bench.cli.common import ending_unheard, once, opened, reported
from emssl_bench.exceptions import InvalidValue, ModelError, UnknownName


def train(options: argparse.Namespace) -> int:
    """Trains and judges methods; makes Table II and Fig. 6."""
    from emssl_bench.records import Store

    methods, left_out = _chosen_methods(options.method)
    arms, device = opened(options)
    trials = [trial for arm in arms for trial in _trainings(options, methods, arm, device, options.judge_on)]
    store = Store(options.out)
    for complaint in left_out:
        print(f"emssl-bench: {complaint}", file=sys.stderr)
    with store.claimed():
        waiting = [trial for trial in trials if not store.done(trial)]
        return reported(store, _run_trials(options, waiting, len(trials), arms, store))


def adapt(options: argparse.Namespace) -> int:
    """Adapts learned models to changed arms; makes Table IV."""
    from emssl_bench.records import Store
    from robots.changes import BEYOND, Change

    changes = [Change.parse(f"links={cm:g}") for cm in options.extend_cm]
    for text in options.change:
        changes += [Change.parse(each) for each in (BEYOND if text == "beyond" else (text,))]
    if not changes:
        raise InvalidValue("no change of the arm: give --extend-cm or --change.")
    arms, device = opened(options)
    from emssl_bench.experiments import adaptation

    approaches = adaptation.chosen(options.approach)
    store = Store(options.out)
    models = []
    if options.models:
        _refuse_beside_models(options)
        models = _read(options.models, arms)
        given = [trial for _, trial, _ in models]
        approaches = _startable(approaches, options.learner, given, "all" in options.approach)
        bases = [(trial, arm) for _, trial, arm in models]
    else:
        methods = once([adaptation.base_method(approach, options.learner) for approach in approaches])
        bases = [(trial, arm) for arm in arms for trial in _trainings(options, methods, arm, device)]
    trials = _adaptations(options, approaches, once(changes), bases, device)
    with store.claimed():
        for model, trial, _ in models:
            _take(model, trial, store)
        waiting = [trial for trial in trials if not store.done(trial)]
        needed = {trial.settings.get("base") for trial in waiting}
        untrained = [base for base, arm in bases if base.digest in needed and not _learned(store.model_path(base), arm)]
        records = []
        if untrained:
            records += _run_trials(options, untrained, len(bases), arms, store, later=len(waiting))
            failed = {record.trial.digest for record in records if record.status == "failed"}
            waiting = [trial for trial in waiting if trial.settings.get("base") not in failed]
            _tell_of_other_bases(records, store)
        records += _run_trials(options, waiting, len(trials), arms, store)
        return reported(store, records)


def _adaptations(
    options: argparse.Namespace,
    approaches: Sequence[str],
    changes: Sequence[Any],
    bases: Sequence[tuple[Any, Any]],
    device: str,
) -> list[Any]:
    """The trials that adapt the models of the bases, each of which is a trial and its arm."""
    from emssl_bench.experiments import adaptation, identification
    from emssl_bench.methods import registry

    run_with = (options.forward, device, options.threads)
    adapting = _settings(options.adapt_with, sorted({base.method for base, _ in bases}), registry, "--adapt-with")
    trials = []
    for arm in once([arm for _, arm in bases]):
        of_arm = [base for base, its in bases if its == arm]
        trials += adaptation.plan(
            approaches,
            changes,
            of_arm,
            arm,
            *run_with,
            measurements=options.measurements,
            noise_mm=options.noise_mm,
            schedule=options.schedule,
            samples=options.samples,
            learner=options.learner,
            wanted=options.wanted,
            adapting=adapting,
        )
        if "identify" in approaches:
            trials += identification.plan(changes, of_arm, arm, *run_with)
    return trials


def _tell_of_other_bases(records: Sequence[Any], store: Any) -> None:
    """Says of which models the adaptation is not that of their records."""
    from emssl_bench.records.trial import numbers

    for record in records:
        there = store.find(record.trial)
        if record.status == "done" and there is not None and numbers(there) != numbers(record):
            store.tell(f"{record.trial.label}: adapted is the model just trained, which is not of that record.")


def _trainings(
    options: argparse.Namespace, methods: Sequence[str], arm, device: str, judged_on: Any = "test"
) -> list[Any]:
    """The trials that train methods as the options say; names the joints of which the ranges leave little."""
    from emssl_bench.experiments import accuracy
    from emssl_bench.joint_space import narrowed
    from emssl_bench.methods import registry

    trials = accuracy.plan(
        methods,
        arm,
        once(options.joint_range),
        once(options.seeds),
        accuracy.budget(options.budget),
        _settings(options.set, methods, registry),
        options.forward,
        device,
        options.threads,
        judged_on,
    )
    for joint_range in once(options.joint_range):
        if cut := narrowed(arm, joint_range):
            print(f"emssl-bench: {arm.name}: {cut}", file=sys.stderr)
    return trials


def _refuse_beside_models(options: argparse.Namespace) -> None:
    """Options of a training that the models already had."""
    for name, default in options.of_training.items():
        if getattr(options, name) != default:
            raise InvalidValue(f"--{name.replace('_', '-')} does not go with --from: it is as the models were trained.")


def _read(paths: Sequence[Path], arms: Sequence[Any]) -> list[tuple[Any, Any, Any]]:
    """Models of the arms as they lie on disk, the trials that learned them, and which arm each is of; each once."""
    from emssl_bench.records import saved_model

    models: dict[str, tuple[Any, Any, Any]] = {}
    for path in once(paths):
        model = saved_model.opened(path, arms[0] if len(arms) == 1 else None)
        trial = model.trial
        arm = next((arm for arm in arms if (arm.name, arm.digest) == (trial.robot, trial.arm_digest)), arms[0])
        if arm.digest != trial.arm_digest:
            names = ", ".join(arm.name for arm in arms)
            raise ModelError(f"{path}: a model of the arm {trial.arm} ({trial.arm_digest}), which is none of {names}.")
        known, *_ = models.setdefault(trial.digest, (model, trial, arm))
        if not known.same_as(model):
            raise InvalidValue(
                f"{path}: --from gives another model of the same training; adapt each in a folder of its own."
            )
    return list(models.values())


def _take(model: Any, trial: Any, store: Any) -> None:
    """Puts a model where the trials that adapt it look for it, unless that would lose another."""
    from emssl_bench.records import model_files, saved_model

    path = store.model_path(trial)
    if _learned(path, None) and not saved_model.opened(path).same_as(model):
        raise InvalidValue(f"{path} is another model of that training than --from gives; name another folder by --out.")
    model_files.copy(model.path, path)


def _learned(path: Any, robot: Any) -> bool:
    """Whether a model can be had: one whose process was killed while it was written is learned again."""
    from emssl_bench.records import model_files

    try:
        model_files.read(path, robot)
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
        others = [name for name in sorted(given) if name != learner and name not in approaches]
        hint = f" (--learner {others[0]} starts from these)" if others else ""
        raise InvalidValue(
            f"the approach {missing[0]!r} starts from a model of {base_method(missing[0], learner)}; --from gives "
            f"{', '.join(sorted(given))}{hint}."
        )
    return startable


def _run_trials(
    options: argparse.Namespace, waiting: list[Any], of: int, arms: Sequence[Any], store: Any, later: int = 0
) -> list[Any]:
    """Runs what is waiting, of so many trials, and returns their records; so many are to run after these.

    Raises:
        Interrupted: nobody reads any more how they are doing.
    """
    from emssl_bench.cli import display
    from emssl_bench.engine import local
    from emssl_bench.records import machine

    cores = machine.physical_cores()
    jobs = min(len(waiting), max(1, cores // options.threads) if options.jobs == "auto" else options.jobs) or 1
    workers = max(1, cores // jobs) if options.workers == "auto" else options.workers
    console = display.open_console()
    first_line = (
        f"{len(waiting)} of {of} trials to run on {', '.join(arm.name for arm in arms)}, {jobs} at a time, "
        f"{workers} forward-model {'process' if workers == 1 else 'processes'} each; results in {store.folder}"
        + _plugins_among(waiting)
    )
    with ending_unheard():
        console.print(first_line, highlight=False, soft_wrap=True)
        with display.shown(waiting, console, jobs, later) as shown:
            return local.run_trials(waiting, arms, store, jobs, workers, shown)


def _plugins_among(trials: Sequence[Any]) -> str:
    """Which of the methods to run are of other packages, in words."""
    from emssl_bench.experiments import accuracy
    from emssl_bench.methods import plugins, registry

    found = plugins.found(registry.METHODS).methods
    names = sorted({trial.method for trial in trials if trial.experiment == accuracy.NAME} & found.keys())
    if not names:
        return ""
    return f"; among the methods are plug-ins: {', '.join(f'{name} ({found[name].package})' for name in names)}"


def _chosen_methods(chosen: Sequence[str]) -> tuple[list[str], list[str]]:
    """The methods meant, each once; and where they are all, a line for each plug-in that is left out."""
    from emssl_bench.methods import registry

    valid = [*registry.names(), "all"]
    for name in chosen:
        if name not in valid:
            raise UnknownName("method", name, valid)
    if "all" in chosen:
        return registry.usable()
    return once(chosen), []


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
