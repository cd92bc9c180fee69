"""All joint angles that reach a pose: the branches of a six-joint arm, the self-motion of a seven-joint one.

Both are in closed form, by EAIK. Nothing is believed that our own forward kinematics does not confirm.
"""

import importlib.util
import math
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Any

import numpy as np
from scipy.spatial import KDTree

from emssl_bench.exceptions import CannotSolve, MissingDependency, error_line
from emssl_bench.joint_space import JointSpace
from emssl_bench.shapes import Frames, JointAngles
from emssl_bench.solvers.contenders.eaik import decomposed, matrices
from emssl_bench.solvers.judge import brought_inside, judged
from emssl_bench.solvers.kinematics import Chain
from emssl_bench.solvers.marquardt import frames_of
from emssl_bench.tasks.pose import POSE
from robots.spec import RobotSpec

EXACT_MM, EXACT_DEG = 1e-3, 1e-3
"""How near to its target a closed-form solution must be."""
_TRIED = 20
"""Configurations that a locked arm must find again."""
_SAME_RAD = 1e-4


class ClosedForm(ABC):
    """All solutions of poses, within the joints' limits."""

    def __init__(self, robot: RobotSpec, space: JointSpace):
        """
        Args:
            robot: the arm.
            space: its joints' limits.

        Raises:
            MissingDependency: EAIK is not installed.
            CannotSolve: there is no closed form of this arm.
        """
        if importlib.util.find_spec("eaik") is None:
            raise MissingDependency("all solutions of a pose need EAIK: pip install 'emssl-bench[peers]'.")
        self.chain = Chain.of(robot, space)
        self.open(robot, space)

    @abstractmethod
    def open(self, robot: RobotSpec, space: JointSpace) -> None:
        """Finds the closed form.

        Raises:
            CannotSolve: there is none.
        """

    @abstractmethod
    def solutions(self, targets: Frames) -> list[np.ndarray]:
        """The solutions (k, dof) [rad] of each target (n, 7); k may be 0."""

    def solved(self, arm: Any, tool: np.ndarray, targets: Frames) -> tuple[np.ndarray, np.ndarray]:
        """The solutions of all targets by EAIK that are within the limits after whole turns, and exact.

        Args:
            arm, tool: of `decomposed`.
            targets: (n, 7).

        Returns:
            Joint angles (k, dof) [rad], and the row (k,) of the target of each.
        """
        found = arm.IK_batched(matrices(targets) @ tool.T, 1)
        counts = [len(solution.Q) for solution in found]
        rows = [np.reshape(solution.Q, (-1, self.chain.dof)) for solution in found]
        angles = brought_inside(self.chain, np.concatenate([np.empty((0, self.chain.dof)), *rows]))
        of_target = np.repeat(np.arange(len(targets)), counts)
        kept = judged(self.chain, angles, targets[of_target], POSE).within(EXACT_MM, EXACT_DEG)
        return angles[kept], of_target[kept]


class Branches(ClosedForm):
    """The finitely many solutions of an arm of six revolute joints: eight at most if it has a spherical wrist."""

    def open(self, robot: RobotSpec, space: JointSpace) -> None:
        try:
            self._arm, self._tool = decomposed(self.chain)
        except RuntimeError as error:
            raise CannotSolve(f"EAIK does not take {robot.shown}: {error_line(error)}") from None
        if not self._arm.hasKnownDecomposition():
            raise CannotSolve(f"EAIK knows no closed form of {robot.shown}, so that its branches are not known.")

    def solutions(self, targets: Frames) -> list[np.ndarray]:
        angles, of_target = self.solved(self._arm, self._tool, targets)
        return [angles[of_target == row] for row in range(len(targets))]


class SelfMotion(ClosedForm):
    """The curves of solutions of an arm of seven revolute joints, as points on them.

    One joint is locked at angles on a grid, and the other six are solved in closed form: so with every joint that
    leaves a closed form, since a curve may turn back in one of them, where its points would be far apart. Points are
    then thinned out, so that they are about equally far from each other.
    """

    step_deg = 2.0
    """Of the grid."""
    apart_deg = 5.0
    """Between points that are kept, by the joint that differs most."""

    def open(self, robot: RobotSpec, space: JointSpace) -> None:
        angles = space.sample(_TRIED, np.random.default_rng(0))
        self.locked = [joint for joint in range(self.chain.dof) if self._finds(joint, angles)]
        if not self.locked:
            raise CannotSolve(
                f"EAIK knows no closed form of {robot.shown} with a joint locked, so that its self-motion is not known."
            )

    def _finds(self, joint: int, angles: JointAngles) -> bool:
        """Whether each of some configurations (n, dof) is among the solutions of its pose, with that joint locked."""
        for row, target in zip(angles, frames_of(angles, self.chain.links), strict=True):
            found, _ = self._with_locked(joint, row[joint], target[None])
            if not (np.abs(found - row).max(axis=1) < _SAME_RAD).any():
                return False
        return True

    def _with_locked(self, joint: int, angle: float, targets: Frames) -> tuple[np.ndarray, np.ndarray]:
        """As `solved`, with a joint at an angle [rad]; nothing where there is no closed form."""
        with suppress(RuntimeError):
            arm, tool = decomposed(self.chain, ((joint, float(angle)),))
            if arm.hasKnownDecomposition():
                return self.solved(arm, tool, targets)
        return np.empty((0, self.chain.dof)), np.empty(0, dtype=int)

    def solutions(self, targets: Frames) -> list[np.ndarray]:
        swept = [self._with_locked(joint, angle, targets) for joint in self.locked for angle in self._grid(joint)]
        angles, of_target = (np.concatenate(parts) for parts in zip(*swept, strict=True))
        return [thinned(angles[of_target == row], self.apart_deg) for row in range(len(targets))]

    def _grid(self, joint: int) -> np.ndarray:
        lower, upper = self.chain.bounds[:, joint]
        return np.linspace(lower, upper, math.ceil(np.degrees(upper - lower) / self.step_deg) + 1)


def thinned(joint_angles: JointAngles, apart_deg: float) -> np.ndarray:
    """Of joint angles (n, dof) [rad] as many as are farther from each other than that, by the joint that differs most.

    They are taken in order; each of the others is as near as that to one that is kept.
    """
    if not len(joint_angles):
        return joint_angles
    near = KDTree(joint_angles).query_ball_point(joint_angles, math.radians(apart_deg), p=np.inf)
    left, kept = np.ones(len(joint_angles), dtype=bool), []
    for row, around in enumerate(near):
        if left[row]:
            kept.append(row)
            left[around] = False
    return joint_angles[kept]
