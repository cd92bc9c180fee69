"""Table IV: what it costs to adapt a learned inverse model when the arm has changed.

`plan` says which trials there are; `run` runs one. A trial starts from a model of the unchanged arm, which lies
in the store under the digest of the trial that learned it, and tries one approach on one change.

Validation positions decide when a trial stops and which of its models is kept. The test set is evaluated once, after
that.
"""

import copy
import math
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

import numpy as np
import torch

from emssl_bench.adaptation.approaches import APPROACHES, FINE_TUNED, approach
from emssl_bench.adaptation.approaches.base import Situation
from emssl_bench.adaptation.measured import NoisyArm
from emssl_bench.adaptation.stopping import StopRule
from emssl_bench.data import Dataset
from emssl_bench.exceptions import CheckpointError, InvalidValue, error_line
from emssl_bench.experiments import evaluation, identification
from emssl_bench.experiments.adaptation_plan import (
    base_method,
    chosen,
    learned_with,
    plan,
)
from emssl_bench.experiments.curve import LearningCurve, TrialStatus
from emssl_bench.experiments.resuming import Resuming
from emssl_bench.experiments.training import timed, train, validated
from emssl_bench.forward import Counted, ForwardModel, open_forward
from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods import registry
from emssl_bench.methods.base import Adaptable, Problem
from emssl_bench.methods.checkpoint import UNINTERRUPTED
from emssl_bench.methods.phases import busy_with
from emssl_bench.records import Record, Store, Trial, machine, model_files
from emssl_bench.records.settings import AdaptationSettings
from emssl_bench.seeding import Seeds
from emssl_bench.shapes import Targets
from emssl_bench.solvers.base import SavableSolver, Solver
from emssl_bench.solvers.network_solver import NetworkSolver
from emssl_bench.solvers.reaching import within_reach
from emssl_bench.tasks import Task, task
from robots.changes import Change
from robots.spec import RobotSpec

__all__ = ["APPROACHES", "FINE_TUNED", "base_method", "chosen", "plan", "run"]


def run(
    trial: Trial, robot: RobotSpec, store: Store, workers: int, on_progress: Callable[[TrialStatus], None]
) -> tuple[Record, Solver | None]:
    """Adapts one solver to one changed arm; the caller has set torch's threads.

    Both arms are opened here and evaluate solvers; what adapts gets the changed one as a black box that counts.
    Targets are those of the unchanged arm: its task is still the same.

    Args:
        trial: what to do.
        robot: the arm before it changed.
        store: where the base model is.
        workers: processes of a forward model; they change no number.
        on_progress: called after each iteration.

    Returns:
        The record and the solver with the least validation cost, None if no file can hold it. The record's curve is
        of validation errors. Of its metrics, those named `validation_..._cm` are of the one number that decides, the
        cost, and errors and costs that are named after none are of test targets.

    Raises:
        ModelError: no base model, or one of another arm.
        InvalidValue: the changed arm can reach none of the targets, or the solver does not suit the approach.
        MethodError: the learner is of other code than the trial says.
        Diverged: the training loss, or what was identified, is no longer finite.
    """
    settings, seeds = trial.settings, Seeds(trial.seed)
    assert isinstance(settings, AdaptationSettings)
    own_seeds = Seeds(seeds.number(f"adaptation by {settings.approach}"))
    described, commit = machine.description(), machine.commit()
    how = approach(settings.approach)
    registry.require_code(settings.learner, settings.plugin)
    method = registry.configured(settings.learner, learned_with(settings))
    assert isinstance(method, Adaptable)
    solver, _ = model_files.read(store.model_of(settings.base), robot)
    if isinstance(solver, NetworkSolver):
        solver.network.requires_grad_(True)
        solver.to(settings.device)
    before = copy.deepcopy(solver)
    changed_robot = identification.changed_arm(robot, Change.parse(settings.change), trial.seed)
    space = JointSpace.of(robot, settings.joint_range_deg)

    def opened(arm: RobotSpec) -> closing[ForwardModel]:
        return closing(open_forward(settings.forward, arm, workers, settings.device))

    with opened(robot) as unchanged, opened(changed_robot) as changed:
        busy_with("measuring the data")
        of_task = task(settings.task)
        data = Dataset.sample(unchanged, space, settings.train_samples, settings.test_samples, seeds, of_task)
        seen = data.train if method.uses_joint_angles else data.train.unlabelled()
        drawn = space.sample(settings.validation_samples, seeds.numpy("validation"))
        test, validation, metrics = data.test_targets, of_task.reached(unchanged, drawn), {}
        if settings.targets == "reachable":
            busy_with("finding out what is within reach")
            can_reach = _within_reach(changed_robot, space, of_task, test, "test")
            test, metrics["reachable_share"] = test[can_reach], float(can_reach.mean())
            validation = validation[_within_reach(changed_robot, space, of_task, validation, "validation")]

        def errors(solver: Solver, arm: ForwardModel, targets: Targets) -> evaluation.Errors:
            return evaluation.evaluate(solver, of_task, arm, targets, space)

        rule = StopRule(errors(solver, unchanged, validation).mean_cm)
        noise, sampler = own_seeds.numpy("measurement noise"), Counted(changed)
        measured = NoisyArm(sampler, settings.noise_mm / 1000, noise)
        busy_with("measuring the changed arm")
        start, few = time.perf_counter(), settings.measurements
        situation = Situation(solver, robot, measured, seen, space, few, own_seeds)
        forward = how.prepare(situation)
        preparing_seconds = time.perf_counter() - start if how.measures else 0.0
        at_first = errors(solver, changed, validation)
        best = _Best(solver, at_first.mean_cm)
        aligned = copy.deepcopy(solver)
        if isinstance(forward, ChainArm):
            unseen = identification.held_out(changed, space, seeds, of_task)
            metrics |= identification.evaluated(forward, changed_robot, of_task, *unseen)
            forward.to(settings.device)
        if how.measures:
            metrics["preparing_seconds"] = preparing_seconds

        resuming = Resuming(trial, store) if how.learns and method.resumable else None
        checkpoint = resuming.checkpoint if resuming else UNINTERRUPTED
        units = method.units if how.learns else 1
        curve = LearningCurve(units, sampler, on_progress)
        problem = Problem(seen, forward, own_seeds, settings.device, checkpoint)
        if how.from_scratch:
            learning = timed(validated(method.learn(problem), units), first=checkpoint.already + 1)
            best.validation_cm = math.inf
        elif not how.learns:
            learning = timed(validated(how.solvers(situation, forward), units))
            curve.begin(at_first.means(), preparing_seconds, 0.0)
        else:
            adapting = validated(method.adapt(solver, problem, settings.samples), units + 1, "adapt")
            learning = timed(adapting, first=checkpoint.already)
            _, clock_seconds = next(learning)
            curve.begin(at_first.means(), preparing_seconds, clock_seconds)
        if resuming and resuming.extra_state:
            curve.go_on(resuming.extra_state)
            _restore(noise, best, resuming.extra_state)
            best.validation_cm = errors(best.solver, changed, validation).mean_cm

        for progress, found in train(
            learning,
            lambda solver: errors(solver, changed, validation),
            curve,
            resuming,
            extra_state=lambda: {"noise": noise.bit_generator.state, "best": best.state()},
            ends=rule.ends,
        ):
            best.consider(progress.solver, found.mean_cm)

        metrics |= {
            **evaluation.summarised(errors(best.solver, changed, test), of_task),
            **errors(before, unchanged, test).means("unchanged"),
            **errors(before, changed, test).means("before"),
        }
        if settings.approach == "align":
            metrics |= errors(aligned, changed, test).means("aligned")
    last = {name: values[-1] for name, values in curve.curve.items()}
    metrics |= {
        "validation_unchanged_cm": rule.unchanged_cm,
        "validation_mean_cm": best.validation_cm,
        "validation_calls": len(validation) * len(curve.curve["iteration"]),
        "reached": float(rule.reached(best.validation_cm)),
        "iterations": last["iteration"],
        "forward_calls": last["forward_calls"],
        "fit_seconds": last["fit_seconds"],
        "gradient_steps": last["gradient_steps"],
    }
    record = Record(trial, "done", metrics, curve.curve, machine=described, commit=commit)
    return record, best.solver if isinstance(best.solver, SavableSolver) else None


def _within_reach(changed_robot: RobotSpec, space: JointSpace, task: Task, targets: Targets, what: str) -> np.ndarray:
    """Whether the changed arm can reach each of the targets (n, columns), (n,) of bool.

    Raises:
        InvalidValue: it can reach none.
    """
    found = within_reach(changed_robot, space, task, targets)
    if not found.any():
        raise InvalidValue(f"the changed arm can reach none of the {what} targets (--targets all keeps them).")
    return found


def _restore(noise: np.random.Generator, best: "_Best", extra_state: Mapping[str, Any]) -> None:
    """
    Raises:
        CheckpointError: the state is of something else.
    """
    try:
        noise.bit_generator.state = extra_state["noise"]
        best.restore(extra_state["best"])
    except Exception as error:  # of any solver's own way to be restored
        raise CheckpointError(f"its checkpoint does not fit the adaptation ({error_line(error)})") from None


class _Best:
    """A copy of the best solver so far, and its mean cost on the changed arm's validation targets [cm]."""

    def __init__(self, solver: Solver, validation_cm: float):
        self.solver, self.validation_cm = copy.deepcopy(solver), validation_cm

    def consider(self, solver: Solver, validation_cm: float) -> None:
        if validation_cm < self.validation_cm:
            self.solver, self.validation_cm = copy.deepcopy(solver), validation_cm

    def state(self) -> dict[str, Any]:
        """What `restore` needs: tensors and plain values, as a checkpoint holds them."""
        assert isinstance(self.solver, SavableSolver), "it was read from a file"
        arrays, settings = self.solver.saved()
        return {
            "arrays": {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()},
            "settings": dict(settings),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        assert isinstance(self.solver, SavableSolver), "it was read from a file"
        arrays = {name: tensor.numpy() for name, tensor in state["arrays"].items()}
        before, self.solver = self.solver, type(self.solver).restored(arrays, state["settings"])
        if isinstance(before, NetworkSolver) and isinstance(self.solver, NetworkSolver):
            self.solver.to(next(before.network.parameters()).device)
