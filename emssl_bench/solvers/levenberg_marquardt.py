"""The numerical solver: damped least squares on an arm whose model is known."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from emssl_bench.exceptions import InvalidValue, ShapeError
from emssl_bench.joint_space import JointSpace
from emssl_bench.shapes import LARGEST, JointAngles, Solutions, Targets, checked
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.compiled import warn_if_slow
from emssl_bench.solvers.kinematics import Chain
from emssl_bench.solvers.marquardt import MOST_STEPS, solve_all
from emssl_bench.solvers.sample_table import FOR_POSES, FOR_POSITIONS, SEED, SampleTable
from emssl_bench.tasks import POSITION, Task
from emssl_bench.tasks.pose import METRES_A_RADIAN
from robots.spec import RobotSpec

Starts = Callable[[Targets], np.ndarray]
"""Joint angles (n, k, dof) to start from, for targets (n, columns); k may be 0."""


@dataclass(frozen=True)
class Answers:
    """Joint angles for targets, and how near they come to them by the model of the arm."""

    joint_angles: JointAngles
    """(n, dof) [rad], or [m] on a prismatic joint; of the try that came nearest."""
    error_m: np.ndarray
    """(n,) [m]"""
    error_rad: np.ndarray
    """(n,) [rad]; 0 for positions."""
    reached: np.ndarray
    """(n,) of bool: both errors are within the tolerance."""
    steps: np.ndarray
    """(n,), of all tries together."""
    tries: np.ndarray
    """(n,)"""


class OneAnswer(NamedTuple):
    """As `Answers`, for one target."""

    joint_angles: np.ndarray
    """(dof,)"""
    error_m: float
    error_rad: float
    reached: bool
    steps: int
    tries: int


class LevenbergMarquardt(Solver):
    """Damped least squares in float64, a target at a time, in compiled loops.

    A target is tried from the nearest of stored samples, then from random configurations, until it is reached or the
    tries are used up. A solution depends on its target and its sample number alone.

    >>> import numpy as np
    >>> import robots
    >>> from emssl_bench.joint_space import JointSpace
    >>> arm = robots.load("paper6")
    >>> solver = LevenbergMarquardt(arm, JointSpace.of(arm, 90))
    >>> bool(solver.answers(np.array([[0.20, 0.10, 0.30]])).reached[0])
    True
    """

    def __init__(
        self,
        robot: RobotSpec,
        space: JointSpace,
        task: Task = POSITION,
        starts: Starts | None = None,
        *,
        tolerance_m: float = 1e-6,
        tolerance_rad: float = 1e-4,
        restarts: int = 120,
        most_steps: int = MOST_STEPS,
    ):
        """
        Args:
            robot: the arm.
            space: where its joint angles must lie.
            task: what a target is: a position, or a frame with a unit quaternion.
            starts: what is tried first; None is a table of stored samples, which is made here.
            tolerance_m: distance at which a target is reached.
            tolerance_rad: angle at which a target with a rotation is reached.
            restarts: random configurations that are tried after those. With 0 a solver has its starts alone.
            most_steps: of a try.

        Raises:
            InvalidValue: the task has targets of another kind.
        """
        if task.columns not in (3, 7):
            raise InvalidValue(f"least squares solve positions and poses, not {task.name}.")
        warn_if_slow()
        self.task, self.robot, self.space = task, robot, space
        self.chain = Chain.of(robot, space)
        poses = task.columns == 7
        sizes = FOR_POSES if poses else FOR_POSITIONS
        self.starts: Starts = SampleTable(self.chain, poses, *sizes) if starts is None else starts
        self._shares = np.random.default_rng(SEED).random((restarts, robot.dof))
        self._no_shares = np.empty((0, robot.dof))
        self._tolerance_m, self._tolerance_rad = tolerance_m, tolerance_rad
        end = tolerance_m**2, tolerance_rad**2, most_steps
        self._criteria = np.array([6 if poses else 3, METRES_A_RADIAN, *end])

    @property
    def stochastic(self) -> bool:
        """Solutions with other sample numbers start elsewhere."""
        return True

    def solve(self, targets: Targets, samples: int = 1) -> Solutions:
        """See `Solver.solve`. A target that is out of reach gets the joint angles that come nearest to it.

        Raises:
            ShapeError: not (n, columns), or not finite.
        """
        return np.stack([self.answers(targets, sample).joint_angles for sample in range(samples)], axis=1)

    def answers(self, targets: Targets, sample: int = 0) -> Answers:
        """Solves the targets (n, columns), and says of each whether it is reached.

        Args:
            targets: what to reach.
            sample: the number of the solution; those after 0 are searched from random configurations alone.

        Raises:
            ShapeError: not (n, columns), or not finite.
        """
        rows = self.task.checked(targets)
        if not sample:
            return self._answers(rows, self.starts(rows), self._shares)
        shares = np.random.default_rng((*SEED, sample)).random(self._shares.shape)
        return self._answers(rows, np.empty((len(rows), 0, self.chain.dof)), shares)

    def answer(self, target: np.ndarray, before: np.ndarray | None = None) -> OneAnswer:
        """As `answers`, of one target and with little beside the search, for loops that ask for one at a time.

        Args:
            target: (columns,) of float64.
            before: joint angles (dof,) to start from, such as the answer to the target before.

        Raises:
            ShapeError: not (columns,), not finite, or `before` is not (dof,).
        """
        row = target.reshape(1, -1)
        plain = row.shape[1] == self.task.columns and row.dtype == np.float64
        if not (plain and math.hypot(*row[0].tolist()) <= LARGEST):
            row = self.task.checked(row)
        if before is not None:
            answer = self._one(row, before.reshape(1, 1, -1), self._no_shares)
            if answer.reached:
                return answer
        return self._one(row, self.starts(row), self._shares)

    def _one(self, row: np.ndarray, starts: np.ndarray, shares: np.ndarray) -> OneAnswer:
        angles, found = self._searched(row, starts, shares)
        error_m, error_rad, steps, tries = found[0].tolist()
        reached = error_m <= self._tolerance_m and error_rad <= self._tolerance_rad
        return OneAnswer(angles[0], error_m, error_rad, reached, int(steps), int(tries))

    def path(self, targets: Targets, start: np.ndarray | None = None) -> Answers:
        """Solves targets (n, columns) that follow each other: each is tried from the solution before it first.

        Args:
            targets: what to reach, in order.
            start: joint angles (dof,) before the first target, where they are known.

        Raises:
            ShapeError: not (n, columns), or not finite.
        """
        rows = self.task.checked(targets)
        starts = self.starts(rows)
        if start is not None and len(rows):
            own = checked(np.asarray(start)[None], self.chain.dof, "start")
            first = self._answers(rows[:1], np.concatenate([own[None], starts[:1]], axis=1), self._shares)
            rest = self._following(rows[1:], starts[1:], first.joint_angles)
            return Answers(*(np.concatenate(both) for both in zip(_parts(first), _parts(rest), strict=True)))
        return self._answers(rows, starts, self._shares, follow=True)

    def _following(self, rows: np.ndarray, starts: np.ndarray, before: np.ndarray) -> Answers:
        if len(rows):
            shape = (len(rows), 1, self.chain.dof)
            starts = np.concatenate([np.broadcast_to(before, shape), starts], axis=1)
        return self._answers(rows, starts, self._shares, follow=True)

    def _searched(
        self, rows: np.ndarray, starts: np.ndarray, shares: np.ndarray, follow: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        if starts.shape[::2] != (len(rows), self.chain.dof):
            raise ShapeError(f"starts must have shape ({len(rows)}, k, {self.chain.dof}), not {starts.shape}.")
        return solve_all(rows, starts, shares, follow, self.chain.links, self.chain.bounds, self._criteria)

    def _answers(self, rows: np.ndarray, starts: np.ndarray, shares: np.ndarray, follow: bool = False) -> Answers:
        angles, found = self._searched(rows, starts, shares, follow)
        error_m, error_rad, steps, tries = found.T
        reached = (error_m <= self._tolerance_m) & (error_rad <= self._tolerance_rad)
        return Answers(angles, error_m, error_rad, reached, steps.astype(int), tries.astype(int))


def _parts(answers: Answers) -> tuple[np.ndarray, ...]:
    return (
        *(answers.joint_angles, answers.error_m, answers.error_rad),
        *(answers.reached, answers.steps, answers.tries),
    )


def improved(robot: RobotSpec, space: JointSpace, task: Task, targets: Targets, joint_angles: JointAngles) -> Answers:
    """What least squares make of joint angles (n, dof), one for each target (n, columns), without any other start.

    Raises:
        ShapeError: as of `LevenbergMarquardt.answers`.
    """
    starts = joint_angles[:, None]
    return LevenbergMarquardt(robot, space, task, lambda rows: starts, restarts=0).answers(targets)
