"""The command `adapt`: learned models are adapted to changed arms."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emssl_bench.cli.common import once, opened, reported
from emssl_bench.cli.trials import run_trials, settings_by_method, trainings
from emssl_bench.exceptions import InvalidValue, ModelError


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
        bases = [(trial, arm) for arm in arms for trial in trainings(options, methods, arm, device)]
    trials = _adaptations(options, approaches, once(changes), bases, device)
    with store.claimed():
        for model, trial, _ in models:
            _take(model, trial, store)
        waiting = [trial for trial in trials if not store.done(trial)]
        needed = {getattr(trial.settings, "base", None) for trial in waiting}
        untrained = [base for base, arm in bases if base.digest in needed and not _learned(store.model_path(base), arm)]
        records = []
        if untrained:
            records += run_trials(options, untrained, len(bases), arms, store, later=len(waiting))
            failed = {record.trial.digest for record in records if record.status == "failed"}
            waiting = [trial for trial in waiting if getattr(trial.settings, "base", None) not in failed]
            _tell_of_other_bases(records, store)
        records += run_trials(options, waiting, len(trials), arms, store)
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
    adapting = settings_by_method(
        options.adapt_with, sorted({base.name for base, _ in bases}), registry, "--adapt-with"
    )
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
            targets=options.targets,
            hyperparameters=adapting,
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
        arm = next((arm for arm in arms if (arm.name, arm.digest) == (trial.robot, trial.settings.arm_digest)), arms[0])
        if arm.digest != trial.settings.arm_digest:
            names = ", ".join(arm.name for arm in arms)
            raise ModelError(
                f"{path}: a model of the arm {trial.arm} ({trial.settings.arm_digest}), which is none of {names}."
            )
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

    given = {trial.name for trial in bases}
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
