"""EAIK: closed-form solutions, of arms whose geometry it knows to decompose."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from scipy.spatial.transform import Rotation

from emssl_bench.exceptions import CannotSolve, error_line
from emssl_bench.joint_space import JointSpace
from emssl_bench.shapes import Frames, JointAngles, Targets
from emssl_bench.solvers.compiled import compiled
from emssl_bench.solvers.contenders.base import Answer
from emssl_bench.solvers.contenders.peer import Peer, matrix, module
from emssl_bench.solvers.kernel import place
from emssl_bench.solvers.kinematics import Chain
from emssl_bench.solvers.marquardt import frames_of
from robots.spec import RobotSpec


class Eaik(Peer):
    """All closed-form solutions of a target; the first of those that are within limits after whole turns.

    Where joint angles for a target nearby are known, those nearest to them come first.
    """

    title: ClassVar[str] = "EAIK, closed form"
    packages: ClassVar[Mapping[str, str]] = {"eaik": "eaik"}
    tolerance: ClassVar[str] = "none: closed form"
    tasks: ClassVar[tuple[str, ...]] = ("pose",)
    slides: ClassVar[bool] = False

    def open(self, robot: RobotSpec, space: JointSpace) -> None:
        try:
            self._eaik, self._tool = decomposed(self.chain)
        except RuntimeError as error:
            raise CannotSolve(f"EAIK does not take {robot.shown}: {error_line(error)}") from None
        if not self._eaik.hasKnownDecomposition():
            raise CannotSolve(f"EAIK knows no decomposition of {robot.shown}: it has no closed form of it.")
        self._without_tool = self._tool.T

    def reached(self, joint_angles: np.ndarray) -> np.ndarray:
        return self._eaik.fwdKin(joint_angles) @ self._tool

    def answer(self, target: np.ndarray) -> Answer | None:
        return self._chosen(*self._branches(self._eaik.IK(matrix(target) @ self._without_tool)))

    def solved(self, target: np.ndarray, start: np.ndarray) -> Answer | None:
        angles, approximate = self._branches(self._eaik.IK(matrix(target) @ self._without_tool))
        order = np.argsort(np.linalg.norm(self.turned(angles) - start, axis=1))
        return self._chosen(angles[order], approximate[order])

    def answers(self, targets: Targets) -> JointAngles:
        found = np.full((len(targets), self.dof), np.nan)
        if not len(targets):
            return found
        for row, solution in zip(found, self._eaik.IK_batched(matrices(targets) @ self._without_tool, 1), strict=True):
            if answer := self._chosen(*self._branches(solution)):
                row[:] = answer.joint_angles
        return found

    def _branches(self, solution: Any) -> tuple[np.ndarray, np.ndarray]:
        """Joint angles (n, dof), and (n,) of bool: which of them are only the nearest to the target that there is."""
        return np.array(solution.Q, order="C").reshape(-1, self.dof), np.array(solution.is_LS, dtype=bool)

    def _chosen(self, angles: np.ndarray, approximate: np.ndarray) -> Answer | None:
        chosen = _first_within(angles, approximate, self.middle, self.half_width)
        return None if chosen < 0 else Answer(angles[chosen], not approximate[chosen])


def decomposed(chain: Chain, locked: tuple[tuple[int, float], ...] = ()) -> tuple[Any, np.ndarray]:
    """EAIK's model of an arm, and what turns its end effector into ours, (4, 4).

    Its end effector has the orientation of the base where all angles are 0.

    Args:
        chain: the arm, of revolute joints that follow no others.
        locked: joints that do not move, by number, and their angles [rad]. Solutions have them all the same.

    Raises:
        RuntimeError: EAIK does not take such an arm.
        MissingDependency: it cannot be imported.
    """
    axes, origins, zero = np.empty((chain.dof, 3)), np.empty((chain.dof, 3)), np.zeros(chain.dof)
    place(zero, chain.links, axes, origins, np.empty(chain.dof), np.empty(3), np.empty((3, 3)))
    tip = frames_of(zero[None], chain.links)[0]
    offsets = np.diff(np.concatenate([np.zeros((1, 3)), origins, tip[None, :3]]), axis=0)
    tool = np.eye(4)
    tool[:3, :3] = matrix(tip)[:3, :3]
    return module("eaik.IK_HP").HPRobot(axes, offsets, list(locked)), tool


def matrices(frames: Frames) -> np.ndarray:
    """Frames (n, 7) as homogeneous matrices (n, 4, 4) [m]."""
    found = np.zeros((len(frames), 4, 4))
    found[:, :3, :3] = Rotation.from_quat(frames[:, 3:]).as_matrix()
    found[:, :3, 3], found[:, 3, 3] = frames[:, :3], 1.0
    return found


@compiled
def _first_within(angles, approximate, middle, half):
    """Brings joint angles (n, dof) by whole turns as near as can be to the `middle` of the joints' ranges, in place.

    Args:
        angles: the branches of a solution [rad].
        approximate: (n,) of bool.
        middle, half: (dof,), the middle and half the width of the joints' ranges [rad].

    Returns:
        The row of the first that is within limits, exact if there is such a one; -1 if there is none.
    """
    chosen = -1
    for row in range(angles.shape[0]):
        within = True
        for c in range(angles.shape[1]):
            angles[row, c] -= math.tau * math.floor((angles[row, c] - middle[c]) / math.tau + 0.5)
            within = within and abs(angles[row, c] - middle[c]) <= half[c]
        if within and (chosen < 0 or (approximate[chosen] and not approximate[row])):
            chosen = row
    return chosen
