"""The models that a command starts from: those that --from gives, and where they are put."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from emssl_bench.cli.common import once
from emssl_bench.exceptions import InvalidValue, ModelError


def refuse_training_options(options: argparse.Namespace) -> None:
    """Refuses options of the training, which the models have behind them.

    Raises:
        InvalidValue: one is given; says which.
    """
    for name, default in options.of_training.items():
        if getattr(options, name) != default:
            raise InvalidValue(f"--{name.replace('_', '-')} cannot be combined with --from: the models fix it.")


def read(paths: Sequence[Path], arms: Sequence[Any]) -> list[tuple[Any, Any, Any]]:
    """The models in the files, each once, with the trial that learned it and the one of the arms that it is of.

    Raises:
        ModelError: a file holds no model, or one of none of the arms.
        InvalidValue: two files hold different models of the same training.
    """
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
                f"{path} is another model of a training that an earlier file is of, too; give each a folder of its own."
            )
    return list(models.values())


def read_all(paths: Sequence[Path], arms: Sequence[Any], tell: Callable[[str], None]) -> list[tuple[Any, Any, Any]]:
    """As `read`, where folders of runs stand for their models that are of one of the arms.

    Args:
        paths: files of models, and folders.
        arms: whose models are meant.
        tell: told of a model in a folder that cannot be read.

    Raises:
        ModelError, InvalidValue: as of `read`, of a file.
    """
    from emssl_bench.records import saved_model

    digests = {arm.digest for arm in arms}
    files = [path for path in paths if not path.is_dir()]
    named = {path.resolve() for path in files}
    for folder in (path for path in paths if path.is_dir()):
        for path in sorted([*folder.glob("*.safetensors"), *folder.glob("models/*.safetensors")]):
            if path.resolve() in named:
                continue
            try:
                of = saved_model.opened(path).trial.settings.arm_digest
            except ModelError as error:
                tell(f"{error} It is left out.")
                continue
            if of in digests:
                files.append(path)
    return read(files, arms)


def startable(approaches: Sequence[str], learner: str, bases: Sequence[Any], all_of_them: bool) -> list[str]:
    """The approaches that can start from the models given.

    Args:
        approaches: what is to be done.
        learner: the method that adapts, where an approach is not of one method.
        bases: the trials that learned the models.
        all_of_them: whether the user asked for all approaches, so that some may be left out.

    Raises:
        InvalidValue: there is no model for an approach; says whose it starts from.
    """
    from emssl_bench.experiments.adaptation import base_method

    given = {trial.name for trial in bases}
    chosen = [approach for approach in approaches if base_method(approach, learner) in given]
    missing = [approach for approach in approaches if approach not in chosen]
    if missing and not (all_of_them and chosen):
        others = [name for name in sorted(given) if name != learner and name not in approaches and _adapts(name)]
        hint = f" (--learner {others[0]} starts from these)" if others else ""
        raise InvalidValue(
            f"the approach {missing[0]!r} starts from a model of {base_method(missing[0], learner)}; --from gives "
            f"{', '.join(sorted(given))}{hint}."
        )
    return chosen


def _adapts(method: str) -> bool:
    from emssl_bench.methods import registry
    from emssl_bench.methods.base import Adaptable

    return issubclass(registry.method_class(method), Adaptable)


def put(model: Any, trial: Any, store: Any) -> None:
    """Puts a model where the trials that use it look for it.

    Raises:
        InvalidValue: another model of the same training lies there, which would be lost.
    """
    from emssl_bench.records import model_files, saved_model

    path = store.model_path(trial)
    if usable(path, None) and not saved_model.opened(path).same_as(model):
        raise InvalidValue(f"{path} is another model of that training than {model.path}; name another folder by --out.")
    model_files.copy(model.path, path)


def put_used(models: Sequence[tuple[Any, Any, Any]], trials: Sequence[Any], store: Any) -> None:
    """Puts those of the models that trials measure where these look for them.

    Raises:
        InvalidValue: as of `put`.
    """
    used = {trial.settings.model["digest"] for trial in trials if trial.settings.model}
    for model, trained, _ in models:
        if trained.digest in used:
            put(model, trained, store)


def usable(path: Any, robot: Any) -> bool:
    """Whether a model can be read: one whose process was killed while it was written is learned again."""
    from emssl_bench.records import model_files

    try:
        model_files.read(path, robot)
    except ModelError:
        return False
    return True
