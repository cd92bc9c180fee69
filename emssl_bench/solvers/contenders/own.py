"""The suite's own solvers: least squares by where they start, a trained model, a lookup."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from emssl_bench.exceptions import InvalidValue
from emssl_bench.joint_space import JointSpace
from emssl_bench.shapes import JointAngles, Solutions, Targets
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.contenders.base import Answer, Contender
from emssl_bench.solvers.kinematics import Chain, CompiledArm
from emssl_bench.solvers.levenberg_marquardt import LevenbergMarquardt, Starts
from emssl_bench.solvers.lookup import LookupSolver
from emssl_bench.tasks import Task
from robots.spec import RobotSpec

FEW, MANY = 14_000, 210_000
"""Samples: the labels of the budget `quick`, and as many as self-supervised learning makes there."""
_COPIED = 60_000
"""Positions on which a network is copied."""


class FromTable(Contender):
    """From stored samples, then from random configurations."""

    title: ClassVar[str] = "Levenberg-Marquardt, from a table of samples"
    tolerance: ClassVar[str] = "1 µm, 1e-4 rad"
    search: ClassVar[Mapping[str, int]] = {}
    """Settings of `LevenbergMarquardt` that are not as usual."""
    draws: bool = True

    def __init__(self, robot: RobotSpec, space: JointSpace, task: Task, model: Solver | None = None):
        self.dof = robot.dof
        self._solver = LevenbergMarquardt(robot, space, task, self.starts(robot, space, task, model), **self.search)

    def starts(self, robot: RobotSpec, space: JointSpace, task: Task, model: Solver | None) -> Starts | None:
        """Where it starts; None is the solver's own table."""
        return None

    def answer(self, target: np.ndarray) -> Answer:
        found = self._solver.answer(target)
        return Answer(found.joint_angles, found.reached, found.steps, found.tries)

    def follow(self, target: np.ndarray, before: np.ndarray) -> Answer:
        found = self._solver.answer(target, before)
        return Answer(found.joint_angles, found.reached, found.steps, found.tries)

    def answers(self, targets: Targets) -> JointAngles:
        return self._solver.answers(targets).joint_angles

    def solutions(self, targets: Targets, samples: int) -> Solutions:
        return self._solver.solve(targets, samples)


class FromRandom(FromTable):
    """From random configurations alone."""

    title: ClassVar[str] = "Levenberg-Marquardt, from random configurations"

    def starts(self, robot: RobotSpec, space: JointSpace, task: Task, model: Solver | None) -> Starts:
        nothing = np.empty((1, 0, robot.dof))
        return lambda targets: nothing.repeat(len(targets), axis=0)


class FromNetwork(FromTable):
    """From a trained model's solution, then from random configurations."""

    title: ClassVar[str] = "Levenberg-Marquardt, from a network's solution"
    knows: ClassVar[str] = "geometry, limits, a trained model"
    needs_model: ClassVar[bool] = True
    draws: bool = False  # the network has one, and further ones would start elsewhere

    def starts(self, robot: RobotSpec, space: JointSpace, task: Task, model: Solver | None) -> Starts:
        return lambda targets: given(model).joint_angles(targets)[:, None]


class OneStep(FromNetwork):
    """A trained model's solution after one step of least squares, and nothing else."""

    title: ClassVar[str] = "The trained model, 1 step of Levenberg-Marquardt"
    search: ClassVar[Mapping[str, int]] = {"restarts": 0, "most_steps": 1}


class ThreeSteps(FromNetwork):
    """As `OneStep`, after three."""

    title: ClassVar[str] = "The trained model, 3 steps of Levenberg-Marquardt"
    search: ClassVar[Mapping[str, int]] = {"restarts": 0, "most_steps": 3}


class TenSteps(FromNetwork):
    """As `OneStep`, after ten at most."""

    title: ClassVar[str] = "The trained model, 10 steps of Levenberg-Marquardt"
    search: ClassVar[Mapping[str, int]] = {"restarts": 0, "most_steps": 10}


class FromDistilled(FromNetwork):
    """From a small copy of a trained model, which is made in seconds."""

    title: ClassVar[str] = "Levenberg-Marquardt, from a small copy of a network"

    def starts(self, robot: RobotSpec, space: JointSpace, task: Task, model: Solver | None) -> Starts:
        from emssl_bench.solvers.distilled import Distilled

        angles = space.sample(_COPIED, np.random.default_rng((22, 3)))
        return Distilled(given(model), task.reached(CompiledArm(Chain.of(robot, space)), angles))


class Learned(Contender):
    """A trained model alone."""

    title: ClassVar[str] = "The trained model alone"
    knows: ClassVar[str] = "a trained model"
    tolerance: ClassVar[str] = "none"
    needs_model: ClassVar[bool] = True
    draws: bool = True  # where its model has several answers

    def __init__(self, robot: RobotSpec, space: JointSpace, task: Task, model: Solver | None = None):
        self.dof, self._model = robot.dof, given(model)
        self.draws = self._model.several

    def answer(self, target: np.ndarray) -> Answer:
        return Answer(self._model.joint_angles(target))

    def solutions(self, targets: Targets, samples: int) -> Solutions:
        return self._model.solve(targets, samples)

    def answers(self, targets: Targets) -> JointAngles:
        return self._model.joint_angles(targets)


class Lookup(Contender):
    """Stored samples with a fitted Jacobian, as the floor `babbling` has them."""

    title: ClassVar[str] = "Lookup in 210,000 samples, one step"
    training_queries = MANY
    knows: ClassVar[str] = "210,000 samples, limits"
    tolerance: ClassVar[str] = "none"
    draws: bool = True  # from the next nearest samples

    def __init__(self, robot: RobotSpec, space: JointSpace, task: Task, model: Solver | None = None):
        self.dof = robot.dof
        self._lookup = stored_samples(robot, space, task, MANY)

    def answer(self, target: np.ndarray) -> Answer:
        return Answer(self._lookup.joint_angles(target))

    def answers(self, targets: Targets) -> JointAngles:
        return self._lookup.joint_angles(targets)

    def solutions(self, targets: Targets, samples: int) -> Solutions:
        return self._lookup.solve(targets, samples)


def given(model: Solver | None) -> Solver:
    """
    Raises:
        InvalidValue: there is no model.
    """
    if model is None:
        raise InvalidValue("this solver starts from a trained model: give one by --model.")
    return model


def stored_samples(robot: RobotSpec, space: JointSpace, task: Task, count: int) -> LookupSolver:
    """A lookup in so many random samples of the exact arm."""
    angles = space.sample(count, np.random.default_rng((22, 4)))
    reached = task.reached(CompiledArm(Chain.of(robot, space)), angles)
    return LookupSolver(reached, angles, space.lower, space.upper, task=task)
