"""Solvers that only ask the arm where it is: no geometry is known of it, or one that is wrong."""

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from emssl_bench.exceptions import CannotSolve
from emssl_bench.joint_space import JointSpace
from emssl_bench.shapes import JointAngles, Targets
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.black_box import Refined, refine
from emssl_bench.solvers.contenders.base import Answer, Contender
from emssl_bench.solvers.contenders.own import FEW, MANY, given, stored_samples
from emssl_bench.solvers.guesses import ChainGuesses, Guesses, LookupGuesses, RandomGuesses, guesses_of
from emssl_bench.solvers.kinematics import Chain, CompiledArm
from emssl_bench.solvers.levenberg_marquardt import LevenbergMarquardt
from emssl_bench.tasks import Task
from robots.changes import Change
from robots.spec import RobotSpec

LEVELS_M = (1e-3, 1e-4)
"""Errors to which queries are counted."""
MOST_QUERIES = 60
WRONG = "calibration=5"
"""How the model differs from the arm where a wrong one is known: by 5 mm and half a degree in every link parameter."""


class BlackBox(Contender):
    """Broyden's method from what a subclass guesses."""

    tolerance: ClassVar[str] = "0.1 mm"

    def __init__(self, robot: RobotSpec, space: JointSpace, task: Task, model: Solver | None = None):
        self.dof, self._space, self._task = robot.dof, space, task
        self._arm = CompiledArm(Chain.of(robot, space))
        self._guesses = self.guesses(robot, space, task, model)

    @abstractmethod
    def guesses(self, robot: RobotSpec, space: JointSpace, task: Task, model: Solver | None) -> Guesses:
        """Where it starts."""

    def _refined(self, targets: Targets) -> Refined:
        return refine(
            *(self._arm, targets, self._guesses, self._space),
            within_m=LEVELS_M[-1],
            most_queries=MOST_QUERIES,
            levels_m=LEVELS_M,
            task=self._task,
        )

    def answer(self, target: np.ndarray) -> Answer:
        found = self._refined(target[None])
        queries, to = int(found.queries[0]), tuple(found.queries_to[0].tolist())
        return Answer(found.joint_angles[0], bool(found.reached[0]), queries=queries, queries_to=to)

    def answers(self, targets: Targets) -> JointAngles:
        return self._refined(targets).joint_angles


class FromFewSamples(BlackBox):
    """From a lookup with a fitted Jacobian."""

    title: ClassVar[str] = "Black box, from a lookup in 14,000 samples"
    knows: ClassVar[str] = "14,000 samples, limits"
    count: ClassVar[int] = FEW

    def guesses(self, robot: RobotSpec, space: JointSpace, task: Task, model: Solver | None) -> Guesses:
        self.training_queries = self.count
        return LookupGuesses(stored_samples(robot, space, task, self.count))


class FromManySamples(FromFewSamples):
    """As `FromFewSamples`, from as many samples as self-supervised learning makes."""

    title: ClassVar[str] = "Black box, from a lookup in 210,000 samples"
    knows: ClassVar[str] = "210,000 samples, limits"
    count: ClassVar[int] = MANY


class FromModel(BlackBox):
    """From a trained network and its Jacobian: see `guesses_of`."""

    title: ClassVar[str] = "Black box, from a network and its Jacobian"
    knows: ClassVar[str] = "a trained model, 14,000 of its samples, limits"
    needs_model: ClassVar[bool] = True

    def guesses(self, robot: RobotSpec, space: JointSpace, task: Task, model: Solver | None) -> Guesses:
        from emssl_bench.solvers.network_solver import NetworkSolver

        solver = given(model)
        if not isinstance(solver, NetworkSolver):
            raise CannotSolve(f"its model is a {type(solver).__name__} and no network.")
        self._task = solver.task  # with its own settings, such as what a radian counts
        return guesses_of(solver, space, stored_samples(robot, space, solver.task, FEW))


class FromWrongChain(BlackBox):
    """From a model of the arm that is wrong, as it is."""

    title: ClassVar[str] = "Black box, from a wrong model (5 mm, 0.5°)"
    knows: ClassVar[str] = "a wrong geometry, limits"
    tasks: ClassVar[tuple[str, ...]] = ("position",)

    def guesses(self, robot: RobotSpec, space: JointSpace, task: Task, model: Solver | None) -> Guesses:
        return guesses_of_model(wrong(robot), space)


class FromNothing(BlackBox):
    """From random configurations, with Jacobians by finite differences."""

    title: ClassVar[str] = "Black box, from random configurations"
    knows: ClassVar[str] = "limits"

    def guesses(self, robot: RobotSpec, space: JointSpace, task: Task, model: Solver | None) -> Guesses:
        return RandomGuesses(space, task)


def wrong(robot: RobotSpec) -> RobotSpec:
    """The model that is known where the arm is another."""
    return Change.parse(WRONG).applied(robot, np.random.default_rng((22, 5)))


def guesses_of_model(robot: RobotSpec, space: JointSpace) -> Guesses:
    """The guesses of an arm's model that may be wrong."""
    solver = LevenbergMarquardt(robot, space)
    return ChainGuesses(solver.chain, solver)
