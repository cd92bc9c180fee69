"""Targets that a user gives to an environment: whether they are any, and whether the arm can reach them."""

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from emssl_bench.exceptions import InvalidValue, ShapeError
from emssl_bench.joint_space import JointSpace
from emssl_bench.shapes import Targets
from emssl_bench.tasks import Task
from robots.reach import farthest_m
from robots.spec import RobotSpec

if TYPE_CHECKING:
    from emssl_bench.solvers.least_squares import Search
    from emssl_bench.solvers.levenberg_marquardt import LevenbergMarquardt

WITHIN_M = 0.001
"""A target counts as reached within this distance [m], that of `emssl_bench.solvers.least_squares`."""
WITHIN_DEG = 0.57
"""And, where it has an orientation, within this angle [degrees], that of `emssl_bench.solvers.reaching`."""


class GivenTargets:
    """What may be given as targets of an arm. Solvers are imported, and search, only when targets are given."""

    def __init__(self, robot: RobotSpec, joint_space: JointSpace, task: Task):
        """Args:
        robot: the arm.
        joint_space: where its joint angles must lie.
        task: what a target is. Where it is neither a position nor a pose, nothing is searched for.
        """
        self._robot, self._joint_space, self._task = robot, joint_space, task

    def checked(self, targets: Any, count: int) -> Targets:
        """Targets (count, columns).

        Raises:
            ShapeError: not (count, columns), not finite, or a quaternion does not have the length 1.
            InvalidValue: a target is out of reach: no joint angles in the joint space that bring the end effector
                within `WITHIN_M` and `WITHIN_DEG` of it are found.
        """
        rows = self._task.normalised(self._task.checked(targets))
        if len(rows) != count:
            raise ShapeError(f"targets must have shape ({count}, {self._task.columns}), not {rows.shape}.")
        if self._task.columns in (3, 7):
            self._require_in_reach(rows)
        return rows

    def _require_in_reach(self, rows: Targets) -> None:
        distances_m = np.linalg.norm(self._task.positions(rows) - self._robot.joints[0].origin_xyz_m, axis=1)
        for row, distance_m in enumerate(distances_m):
            if distance_m > self.reach_m + WITHIN_M:
                raise InvalidValue(
                    f"target {row} is {distance_m:.3f} m from the first joint, and {self._robot.shown} reaches "
                    f"{self.reach_m:.3f} m."
                )
        missed_m, missed_deg = self._missed(rows)
        for row in np.flatnonzero((missed_m > WITHIN_M) | (missed_deg > WITHIN_DEG)):
            turned = f" and {missed_deg[row]:.2f}°" if missed_deg[row] > WITHIN_DEG else ""
            raise InvalidValue(
                f"target {row}, {distances_m[row]:.3f} m from the first joint, cannot be "
                f"reached: {self._robot.shown} comes no nearer to it than {missed_m[row]:.3f} m{turned}, as far as a "
                "search of its joint space has found."
            )

    def _missed(self, rows: Targets) -> tuple[np.ndarray, np.ndarray]:
        """How far a search ends from each of the targets: (n,) [m], and (n,) [degrees]."""
        if self._task.columns == 3:
            return self._search.missed_m(rows), np.zeros(len(rows))
        answers = self._solver.answers(rows)
        return answers.error_m, np.degrees(answers.error_rad)

    @functools.cached_property
    def reach_m(self) -> float:
        """The greatest distance of the end effector from the first joint with joint angles in the joint space [m]."""
        return farthest_m(self._robot, self._joint_space.lower, self._joint_space.upper)

    @functools.cached_property
    def _search(self) -> "Search":
        from emssl_bench.solvers.least_squares import Search

        return Search(self._robot, self._joint_space)

    @functools.cached_property
    def _solver(self) -> "LevenbergMarquardt":
        from emssl_bench.solvers.levenberg_marquardt import LevenbergMarquardt

        arm, within_rad = (self._robot, self._joint_space), math.radians(WITHIN_DEG)
        return LevenbergMarquardt(*arm, self._task, tolerance_m=WITHIN_M, tolerance_rad=within_rad)
