"""Which trials of adaptation there are: changes of the arm, base models, and approaches that start from them."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from emssl_bench.adaptation.approaches import APPROACHES, FINE_TUNED, approach
from emssl_bench.exceptions import InvalidValue
from emssl_bench.experiments import identification
from emssl_bench.methods import registry
from emssl_bench.methods.base import Adaptable
from emssl_bench.methods.trainer import Schedule
from emssl_bench.records import Trial
from emssl_bench.records.settings import AccuracySettings, AdaptationSettings, TrainingSettings
from emssl_bench.records.settings.adaptation import DEFAULT_LEARNER, RUN_SETTINGS, Targets
from emssl_bench.records.settings.base import Matmul
from robots.changes import Change
from robots.spec import RobotSpec


def chosen(approaches: Sequence[str], learner: str = DEFAULT_LEARNER) -> list[str]:
    """The approaches named, each once; "all" names all that the learner can take.

    Raises:
        UnknownName: no approach or no method of that name.
        InvalidValue: the learner cannot take one that is named.
    """
    for name in approaches:
        if name != "all":
            approach(name)
    network = registry.method_class(learner).learns_network
    possible = [name for name in APPROACHES if network or not approach(name).needs_network]
    for name in approaches:
        if name not in ("all", *possible):
            raise InvalidValue(f"{name} needs a network, and {learner} learns none: choose from {', '.join(possible)}.")
    return possible if "all" in approaches else list(dict.fromkeys(approaches))


def base_method(name: str, learner: str) -> str:
    """The method whose solver an approach starts from, in plans as in records."""
    return name if name in FINE_TUNED else learner


def require_adaptable(method: str) -> None:
    """
    Raises:
        UnknownName: no such method.
        InvalidValue: it has no `adapt`.
    """
    if not issubclass(registry.method_class(method), Adaptable):
        able = ", ".join(name for name in registry.usable()[0] if issubclass(registry.method_class(name), Adaptable))
        raise InvalidValue(f"the method {method!r} cannot adapt: it has no adapt(). These have: {able}.")


def plan(
    approaches: Sequence[str],
    changes: Sequence[Change],
    bases: Sequence[Trial],
    robot: RobotSpec,
    forward: str,
    device: str,
    threads: int,
    matmul: Matmul = AdaptationSettings.matmul,
    *,
    measurements: int,
    noise_mm: float,
    schedule: Schedule,
    samples: int | None = None,
    learner: str = DEFAULT_LEARNER,
    targets: Targets = AdaptationSettings.targets,
    hyperparameters: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[Trial]:
    """The trials of the product of changes, base models and the approaches that start from them.

    Args:
        approaches: of `APPROACHES`.
        changes: what happens to the arm.
        bases: the accuracy trials whose models are adapted; seed, joint range, data and settings are theirs.
        robot: the arm before it changes.
        forward, device, threads, matmul: as of `accuracy.plan`.
        measurements: on the changed arm, to identify it or to align the network.
        noise_mm: standard deviation of every measured coordinate [mm].
        schedule: of the learning rate in each iteration of adaptation.
        samples: calls of the forward model in an iteration; by default, and from scratch, one for every training
            position.
        learner: the method that adapts, with `adapt`; approaches that fine-tune have their own.
        targets: whether to evaluate on those targets alone that the changed arm can reach, or on all.
        hyperparameters: of the learner while adapting, by method name; they win over those that the base model was
            trained with.

    Raises:
        UnknownName: no such learner.
        InvalidValue: the learner cannot adapt; more samples or measurements than training positions; or a model that
            was evaluated on validation targets.
        RobotError: a change that the arm cannot undergo.
    """
    trials = []
    for name in approaches:
        require_adaptable(base_method(name, learner))
    for base, change, name in itertools.product(bases, changes, approaches):
        if base_method(name, learner) != base.name:
            continue
        how = approach(name)
        settings = base.settings
        assert isinstance(settings, AccuracySettings)
        size = settings.train_samples
        if settings.evaluated_on != "test":
            raise InvalidValue("a model trained with --evaluate-on validation is for choosing settings; adapt another.")
        if samples and samples > size:
            raise InvalidValue(f"--samples is at most the {size:,} training positions.")
        if name == "align" and measurements > size:
            raise InvalidValue(f"--measurements is at most the {size:,} training positions, which align measures.")
        own = {} if how.from_scratch else dict((hyperparameters or {}).get(base.name, {}))
        registry.configured(base.name, {**settings.hyperparameters, **own})
        trials.append(
            Trial(
                robot.name,
                base.seed,
                AdaptationSettings(
                    approach=name,
                    learner=settings.method,
                    base=base.digest,
                    change=str(change),
                    changed_digest=identification.changed_arm(robot, change, base.seed).digest,
                    robot_digest=settings.robot_digest,
                    joint_range_deg=settings.joint_range_deg,
                    train_samples=size,
                    test_samples=settings.test_samples,
                    hyperparameters=settings.hyperparameters,
                    task=settings.task,
                    plugin=settings.plugin,
                    trained_with={each: getattr(settings, each) for each in RUN_SETTINGS},
                    adaptation_hyperparameters=own,
                    schedule=schedule if not how.from_scratch and "schedule" in settings.hyperparameters else None,
                    samples=size if how.from_scratch else samples or size,
                    measurements=measurements if how.measures else 0,
                    noise_mm=noise_mm,
                    targets=targets,
                    forward=forward,
                    device=device,
                    threads=threads,
                    matmul=matmul,
                ),
            )
        )
    return trials


def learned_with(settings: TrainingSettings) -> dict[str, Any]:
    """The hyperparameters in a trial: of adaptation the base model's, and over them those of adapting."""
    if not isinstance(settings, AdaptationSettings):
        return dict(settings.hyperparameters)
    schedule = {"schedule": settings.schedule} if settings.schedule else {}
    return {**settings.hyperparameters, **schedule, **settings.adaptation_hyperparameters}
