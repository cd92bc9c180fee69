"""What the solvers of other packages share: a check of what they have read of the arm, starts, and whole turns."""

import importlib
import math
from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np

from emssl_bench.exceptions import CannotSolve, MissingDependency
from emssl_bench.joint_space import JointSpace
from emssl_bench.shapes import JointAngles
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.contenders.base import Answer, Contender
from emssl_bench.solvers.kinematics import Chain
from emssl_bench.solvers.marquardt import frames_of
from emssl_bench.tasks import Task
from robots.spec import RobotSpec

SEED = 0
"""Of random starts: every run has the same ones."""
SAME_WITHIN = 1e-6
"""[m], and of elements of rotation matrices: how near a package's forward kinematics must be to ours."""
ROUNDING = 1e-9
"""That joint angles may be outside the limits [rad, or m]."""
_COMPARED = 4
_FULL_TURN = 2 * math.pi


class Peer(Contender):
    """A solver of another package."""

    follows: ClassVar[bool] = False
    """Whether it can hold joints that follow others."""
    slides: ClassVar[bool] = True
    """Whether it can hold prismatic joints."""
    dof: int

    def __init__(self, robot: RobotSpec, space: JointSpace, task: Task, model: Solver | None = None):
        self._require_installed()
        self._require_able(robot, task)
        self.dof = robot.dof
        self.chain = Chain.of(robot, space)
        self.lower, self.upper = self.chain.bounds
        self.middle = (self.lower + self.upper) / 2
        self.half_width = (self.upper - self.lower) / 2 + ROUNDING
        self.poses = task.columns == 7
        self._turns = np.array([_FULL_TURN * (each.kind == "revolute") for each in robot.coordinates])
        self.first_start = self.middle
        self.open(robot, space)
        self._require_same_arm(robot, space)

    @abstractmethod
    def open(self, robot: RobotSpec, space: JointSpace) -> None:
        """Has the package read the arm.

        Raises:
            CannotSolve: it cannot.
        """

    @abstractmethod
    def solved(self, target: np.ndarray, start: np.ndarray) -> Answer | None:
        """As `answer`, from joint angles (dof,)."""

    def answer(self, target: np.ndarray) -> Answer | None:
        return self.solved(target, self.first_start)

    def follow(self, target: np.ndarray, before: np.ndarray) -> Answer | None:
        """As `answer`, from joint angles (dof,) for a target nearby."""
        return self.solved(target, before)

    @abstractmethod
    def reached(self, joint_angles: np.ndarray) -> np.ndarray:
        """Where the package has the end effector at joint angles (dof,): a homogeneous matrix (4, 4) [m]."""

    def restarts(self, count: int) -> JointAngles:
        """Random joint angles (count, dof) within limits, always the same."""
        return np.random.default_rng(SEED).uniform(self.lower, self.upper, (count, self.dof))

    def turned(self, joint_angles: np.ndarray) -> np.ndarray:
        """Joint angles (..., dof) brought by whole turns as near as can be to the middle of the joints' ranges."""
        return joint_angles - np.rint((joint_angles - self.middle) / _FULL_TURN) * self._turns

    def inside(self, joint_angles: np.ndarray) -> np.ndarray:
        """Which of joint angles (..., dof) are within the limits, up to rounding: (...) of bool."""
        return (np.abs(joint_angles - self.middle) <= self.half_width).all(axis=-1)

    def _require_installed(self) -> None:
        if names := self.not_installed():
            raise MissingDependency(f"{self.title} needs more than is installed: pip install {' '.join(names)}.")

    def _require_able(self, robot: RobotSpec, task: Task) -> None:
        if task.name not in self.tasks:
            raise CannotSolve(f"{self.title} is made for the task {' and '.join(self.tasks)}, not for {task.name}.")
        if robot.followers and not self.follows:
            names = ", ".join(joint.name for joint in robot.followers)
            raise CannotSolve(f"{self.title} has no joints that follow others, as {names} of {robot.shown} does.")
        if any(joint.kind == "prismatic" for joint in robot.joints) and not self.slides:
            raise CannotSolve(f"{self.title} has no prismatic joints, as {robot.shown} does.")

    def _require_same_arm(self, robot: RobotSpec, space: JointSpace) -> None:
        rows = space.sample(_COMPARED, np.random.default_rng(SEED))
        apart = max(
            np.abs(self.reached(row) - matrix(frame)).max()
            for row, frame in zip(rows, frames_of(rows, self.chain.links), strict=True)
        )
        if not apart <= SAME_WITHIN:
            raise CannotSolve(f"{self.title} has another arm than {robot.shown}: its end effector is {apart:.2g} away.")


def module(name: str) -> Any:
    """A module of a package that may not be installed.

    Raises:
        MissingDependency: it cannot be imported; says why.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingDependency(f"{name} is installed and cannot be imported: {error}.") from None


def matrix(target: np.ndarray) -> np.ndarray:
    """A frame (7,), or a position (3,) with the orientation of the base, as a homogeneous matrix (4, 4) [m]."""
    if len(target) == 3:
        x, y, z = target.tolist()
        return np.array([[1.0, 0, 0, x], [0, 1, 0, y], [0, 0, 1, z], [0, 0, 0, 1]])
    x, y, z, a, b, c, d = target.tolist()
    return np.array(
        [
            [1 - 2 * (b * b + c * c), 2 * (a * b - c * d), 2 * (a * c + b * d), x],
            [2 * (a * b + c * d), 1 - 2 * (a * a + c * c), 2 * (b * c - a * d), y],
            [2 * (a * c - b * d), 2 * (b * c + a * d), 1 - 2 * (a * a + b * b), z],
            [0, 0, 0, 1],
        ]
    )
