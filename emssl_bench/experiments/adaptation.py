"""Table IV: what it costs to adapt a learned inverse model when the arm has changed.

`plan` says which trials there are; `run` runs one. A trial starts from a model of the unchanged arm, which lies
in the store under the digest of the trial that learned it, and tries one approach on one change.

Validation positions decide when a trial stops and which of its models is kept. The test set is evaluated once, after
that.
"""

import copy
import itertools
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any, Literal

import numpy as np

from emssl_bench.adaptation.alignment import align
from emssl_bench.adaptation.measured import Measured
from emssl_bench.adaptation.stopping import StopRule
from emssl_bench.data import Dataset, TrainingData
from emssl_bench.exceptions import CheckpointError, InvalidValue, UnknownName, one_line
from emssl_bench.experiments import evaluation, identification
from emssl_bench.experiments.progress import Course, Standing, timed
from emssl_bench.experiments.resuming import Resuming
from emssl_bench.forward import Counted, ForwardKind, ForwardModel, open_forward
from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods import registry
from emssl_bench.methods.base import Adaptable, InverseModel, Method, busy_with
from emssl_bench.methods.trainer import Schedule
from emssl_bench.records import Record, Store, Trial, machine, model_files
from emssl_bench.seeding import Seeds
from emssl_bench.shapes import Positions
from emssl_bench.solvers.least_squares import reachable
from emssl_bench.solvers.network_inverse import NetworkInverse
from robots.changes import Change
from robots.spec import RobotSpec

NAME = "adaptation"
FINE_TUNED = ("direct", "distal")
"""Approaches that are named after the method whose model they fine-tune; the others are the chosen learner's."""
APPROACHES = ("identify", "replace", "align", "scratch", *FINE_TUNED)
"""In the order of the tables; "scratch" has the learner's settings, but a fresh network."""
MEASURING = ("identify", "align")
"""Approaches that begin with a few measurements."""
Wanted = Literal["reachable", "all"]
VALIDATION_SAMPLES = 2_000
"""Positions that decide when adaptation stops and which model is kept; neither trained on nor tested on."""


def chosen(approaches: Sequence[str]) -> list[str]:
    """The approaches named, each once; "all" names all.

    Raises:
        UnknownName: no approach of that name.
    """
    for name in approaches:
        if name not in (*APPROACHES, "all"):
            raise UnknownName("approach", name, [*APPROACHES, "all"])
    return list(APPROACHES) if "all" in approaches else list(dict.fromkeys(approaches))


def base_method(approach: str, learner: str) -> str:
    """The method whose model an approach starts from."""
    return approach if approach in FINE_TUNED else learner


def plan(
    approaches: Sequence[str],
    changes: Sequence[Change],
    bases: Sequence[Trial],
    robot: RobotSpec,
    forward: ForwardKind,
    device: str,
    threads: int,
    *,
    measurements: int,
    noise_mm: float,
    schedule: Schedule,
    samples: int | None = None,
    learner: str = "emssl",
    wanted: Wanted = "reachable",
    adapting: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[Trial]:
    """The trials of the product of changes, base models and the approaches that start from them.

    Args:
        approaches: of `APPROACHES`.
        changes: what happens to the arm.
        bases: the accuracy trials whose models are adapted; seed, joint range, data and settings are theirs.
        robot: the arm before it changes.
        forward, device, threads: as of `accuracy.plan`.
        measurements: on the changed arm, to identify it or to align the network.
        noise_mm: standard deviation of every measured coordinate [mm].
        schedule: of the learning rate in each iteration of adaptation.
        samples: calls of the forward model in an iteration; by default, and from scratch, one for every training
            position.
        learner: "emssl" or "emssl-plus", for the self-supervised approaches.
        wanted: whether to evaluate on those positions alone that the changed arm can reach, or on all.
        adapting: settings by method name; they win over those that the base model was trained with.

    Raises:
        InvalidValue: more samples or measurements than training positions, or a model that was judged on validation.
        RobotError: a change that the arm cannot undergo.
    """
    run_with = {"forward": forward, "device": device, "threads": threads}
    trials = []
    for base, change, approach in itertools.product(bases, changes, approaches):
        if base_method(approach, learner) != base.method:
            continue
        settings = base.settings
        size = settings["train_samples"]
        if "judged_on" in settings:
            raise InvalidValue("a model trained with --judge-on validation is for choosing settings; adapt another.")
        if samples and samples > size:
            raise InvalidValue(f"--samples is at most the {size:,} training positions.")
        if approach == "align" and measurements > size:
            raise InvalidValue(f"--measurements is at most the {size:,} training positions, which align measures.")
        own: dict[str, Any] = {} if approach == "scratch" else {"schedule": schedule}
        trained_on = {key: settings[key] for key, value in run_with.items() if settings[key] != value}
        if trained_on:
            own["trained_on"] = trained_on
        if approach in MEASURING:
            own["measurements"] = measurements
        if base.method == "emssl-plus":
            own["learner"] = base.method
        if wanted == "reachable":
            own["wanted"] = wanted
        if approach != "scratch" and (given := (adapting or {}).get(base.method)):
            registry.configured(base.method, {**settings["method"], **given})
            own["adapting"] = dict(given)
        trials.append(
            Trial(
                NAME,
                approach,
                robot.name,
                base.seed,
                {
                    **settings,
                    **run_with,
                    "base": base.digest,
                    "change": str(change),
                    "changed_digest": identification.changed_arm(robot, change, base.seed).digest,
                    "samples": size if approach == "scratch" else samples or size,
                    "noise_mm": noise_mm,
                    "validation_samples": VALIDATION_SAMPLES,
                    **own,
                },
            )
        )
    return trials


def run(
    trial: Trial, robot: RobotSpec, store: Store, workers: int, tell: Callable[[Standing], None]
) -> tuple[Record, NetworkInverse]:
    """Adapts one model to one changed arm; the caller has set torch's threads.

    Both arms are opened here and evaluate models; what adapts gets the changed one as a black box that counts.
    Target positions are those of the unchanged arm: its task is still the same.

    Args:
        trial: what to do.
        robot: the arm before it changed.
        store: where the base model is.
        workers: processes of a forward model; they change no number.
        tell: called after each iteration.

    Returns:
        The record and the model with the least validation error. The record's curve is of validation errors, its
        metrics named `error_...` are of test errors.

    Raises:
        ModelError: no base model, or one of another arm.
        InvalidValue: the changed arm can reach none of the target positions.
        Diverged: the training loss, or what was identified, is no longer finite.
    """
    settings, seeds = trial.settings, Seeds(trial.seed)
    own_seeds = Seeds(seeds.number(f"adaptation by {trial.method}"))
    described, commit = machine.description(), machine.commit()
    method = _method(trial)
    assert isinstance(method, Adaptable)
    model, _ = model_files.read(store.folder / "models" / f"{settings['base']}.safetensors", robot)
    model.network.requires_grad_(True).to(settings["device"])
    before = copy.deepcopy(model)
    changed_robot = identification.changed_arm(robot, Change.parse(settings["change"]), trial.seed)
    space = JointSpace.of(robot, settings["joint_range_deg"])

    def opened(arm: RobotSpec) -> closing[ForwardModel]:
        return closing(open_forward(settings["forward"], arm, workers, settings["device"]))

    with opened(robot) as unchanged, opened(changed_robot) as changed:
        busy_with("measuring the data")
        data = Dataset.sample(unchanged, space, settings["train_samples"], settings["test_samples"], seeds)
        seen = data.train if method.uses_joint_angles else data.train.unlabelled()
        drawn = space.sample(settings["validation_samples"], seeds.numpy("validation"))
        test, validation, metrics = data.test_positions, unchanged.positions(drawn), {}
        if settings.get("wanted") == "reachable":
            busy_with("finding out what is within reach")
            within_reach = _within_reach(changed_robot, space, test, "test")
            test, metrics["reachable_share"] = test[within_reach], float(within_reach.mean())
            validation = validation[_within_reach(changed_robot, space, validation, "validation")]

        def errors_cm(model: InverseModel, arm: ForwardModel, positions: Positions) -> np.ndarray:
            return evaluation.distance_errors_cm(model, arm, positions, space)

        def mean_cm(model: InverseModel, arm: ForwardModel, positions: Positions) -> float:
            return float(errors_cm(model, arm, positions).mean())

        rule = StopRule(mean_cm(model, unchanged, validation))
        noise, sampler = own_seeds.numpy("measurement noise"), Counted(changed)
        measured = Measured(sampler, settings["noise_mm"] / 1000, noise)
        busy_with("measuring the changed arm")
        forward, preparing_seconds = _prepared(trial, model, robot, measured, space, seen, own_seeds)
        best = _Best(model, mean_cm(model, changed, validation))
        aligned = copy.deepcopy(model)
        if trial.method == "identify":
            assert isinstance(forward, ChainArm)
            metrics |= identification.judged(forward, changed_robot, *identification.held_out(changed, space, seeds))
            forward.to(settings["device"])
        if trial.method in MEASURING:
            metrics["preparing_seconds"] = preparing_seconds

        resuming, course = Resuming(trial, store), Course(method.units, sampler, tell)
        already, beginning_seconds = resuming.checkpoint.already, 0.0
        if trial.method == "scratch":
            learning = method.learn(seen, forward, own_seeds, settings["device"], resuming.checkpoint)
            adapting = timed(learning, first=already + 1)
            best.validation_cm = math.inf
        else:
            adapting = method.adapt(model, seen, forward, settings["samples"], own_seeds, resuming.checkpoint)
            adapting = timed(adapting, first=already)
            _, beginning_seconds = next(adapting)
            course.begin(best.validation_cm, preparing_seconds)
        if resuming.notes:
            course.go_on(resuming.notes)
            _restore(noise, best.model, resuming.notes)
            best.validation_cm = mean_cm(best.model, changed, validation)

        while not rule.ends(course.curve["error_mean_cm"]) and (adapted := next(adapting, None)):
            progress, seconds = adapted
            assert isinstance(progress.model, NetworkInverse)
            found_cm = errors_cm(progress.model, changed, validation)
            course.add(progress, found_cm, course.spent_seconds + seconds - beginning_seconds)
            best.consider(progress.model, float(found_cm.mean()))
            if not (rule.ends(course.curve["error_mean_cm"]) or course.complete):
                resuming.save(**course.state(), noise=noise.bit_generator.state, best=best.model.network.state_dict())

        metrics |= {
            **evaluation.summarised(errors_cm(best.model, changed, test)),
            "error_unchanged_cm": mean_cm(before, unchanged, test),
            "error_before_cm": mean_cm(before, changed, test),
        }
        if trial.method == "align":
            metrics["error_aligned_cm"] = mean_cm(aligned, changed, test)
    metrics |= {
        "validation_unchanged_cm": rule.unchanged_cm,
        "validation_mean_cm": best.validation_cm,
        "validation_calls": len(validation) * len(course.curve["iteration"]),
        "reached": float(rule.reached(best.validation_cm)),
        "iterations": course.curve["iteration"][-1],
        "forward_calls": course.curve["forward_calls"][-1],
        "fit_seconds": course.curve["fit_seconds"][-1],
        "gradient_steps": course.curve["gradient_steps"][-1],
    }
    record = Record(trial, "done", metrics, course.curve, machine=described, commit=commit)
    return record, best.model


def _within_reach(changed_robot: RobotSpec, space: JointSpace, positions: Positions, what: str) -> np.ndarray:
    """Whether the changed arm can reach each of the positions (n, 3) [m], (n,) of bool.

    Raises:
        InvalidValue: it can reach none.
    """
    found = reachable(changed_robot, space, positions)
    if not found.any():
        raise InvalidValue(f"the changed arm can reach none of the {what} positions (--wanted all keeps them).")
    return found


def learned_with(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The method's settings in a trial: of adaptation the base model's, and over them those of adapting."""
    schedule = {"schedule": settings["schedule"]} if "schedule" in settings else {}
    return {**settings["method"], **schedule, **settings.get("adapting", {})}


def _method(trial: Trial) -> Method:
    """What learns in an approach."""
    learner = base_method(trial.method, trial.settings.get("learner", "emssl"))
    return registry.configured(learner, learned_with(trial.settings))


def _prepared(
    trial: Trial,
    model: NetworkInverse,
    robot: RobotSpec,
    measured: Measured,
    space: JointSpace,
    data: TrainingData,
    seeds: Seeds,
) -> tuple[ForwardModel, float]:
    """What the approach adapts to, and the seconds that identifying or aligning took; `align` changes the model."""
    start, forward = time.perf_counter(), measured
    if trial.method == "identify":
        forward = identification.from_measurements(robot, measured, space, trial.settings["measurements"], seeds)
    if trial.method == "align":
        few = data.positions[: trial.settings["measurements"]]
        align(model, measured.positions(model.joint_angles(few)), few)
    return forward, time.perf_counter() - start if trial.method in MEASURING else 0.0


def _restore(noise: np.random.Generator, best: NetworkInverse, notes: Mapping[str, Any]) -> None:
    """
    Raises:
        CheckpointError: the notes are of something else.
    """
    try:
        noise.bit_generator.state = notes["noise"]
        best.network.load_state_dict(notes["best"])
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        said = one_line(f"{type(error).__name__}: {error}")[:300]
        raise CheckpointError(f"its checkpoint does not fit the adaptation ({said})") from None


class _Best:
    """A copy of the best model so far, and its mean error on the changed arm's validation positions [cm]."""

    def __init__(self, model: NetworkInverse, validation_cm: float):
        self.model, self.validation_cm = copy.deepcopy(model), validation_cm

    def consider(self, model: NetworkInverse, validation_cm: float) -> None:
        if validation_cm < self.validation_cm:
            self.model.network.load_state_dict(model.network.state_dict())
            self.validation_cm = validation_cm
