"""Forward models: joint angles in, the end effector's positions or frames out.

Nothing here imports torch or pybullet before one is opened: worker processes import this package.
"""

import importlib
import time
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import numpy as np

from emssl_bench.exceptions import InvalidValue
from emssl_bench.shapes import Frames, JointAngles, Positions
from emssl_bench.system.opened import Opened
from robots.spec import RobotSpec

FORWARD_MODELS = {"bullet": "emssl_bench.forward.pool", "chain": "emssl_bench.forward.chain"}
"""The module of each forward model: its `opened(robot, workers, device)` opens one, and its `require_usable(robot)`
says beforehand why it could not. To add one, write its file and its line here."""


@runtime_checkable
class ForwardModel(Protocol):
    """A model of the arm: the position of the end effector, for given joint angles."""

    def positions(self, joint_angles: JointAngles) -> Positions:
        """Positions (n, 3) [m] in the base frame, for joint angles (n, dof) [rad]."""
        ...

    def frames(self, joint_angles: JointAngles) -> Frames:
        """Positions and orientations (n, 7) [m, unit quaternion x y z w]; the positions are those of `positions`."""
        ...

    def close(self) -> None:
        """Ends processes and simulators; calling it again does nothing."""
        ...


class Counted:
    """A forward model that counts the queries of the arm, so that no method has to, or can."""

    def __init__(self, forward: ForwardModel):
        self._forward = forward
        self.calls = 0
        """Configurations computed so far."""
        self.seconds = 0.0
        """Time [s] that computing them has taken."""
        self._opened = Opened("the forward model")

    def positions(self, joint_angles: JointAngles) -> Positions:
        """See `ForwardModel.positions`."""
        return self._counted(self._forward.positions, joint_angles)

    def frames(self, joint_angles: JointAngles) -> Frames:
        """See `ForwardModel.frames`."""
        return self._counted(self._forward.frames, joint_angles)

    def _counted(self, compute: Callable[[JointAngles], np.ndarray], joint_angles: JointAngles) -> np.ndarray:
        with self._opened:
            start = time.perf_counter()
            found = compute(joint_angles)
            self.seconds += time.perf_counter() - start
            self.calls += len(found)
            return found

    def close(self) -> None:
        self._opened.end()
        self._forward.close()


def open_forward(kind: str, robot: RobotSpec, workers: int = 1, device: str = "cpu") -> ForwardModel:
    """The forward model of an arm, ready to be called.

    Args:
        kind: of `FORWARD_MODELS`: "bullet", a `BulletPool`, is PyBullet and the ground truth; "chain" a float64
            `ChainArm`.
        robot: the arm.
        workers: processes of one that has processes.
        device: where one of torch computes, "cpu" or "cuda".

    Raises:
        MissingDependency, RobotError: as of `require_usable`.
        InvalidValue: no such kind.
    """
    return _module(kind).opened(robot, workers, device)


def require_usable(kind: str, robot: RobotSpec) -> None:
    """
    Raises:
        MissingDependency: what the forward model needs is not installed.
        RobotError: it cannot hold such an arm.
        InvalidValue: no such kind.
    """
    _module(kind).require_usable(robot)


def _module(kind: str) -> Any:
    if kind not in FORWARD_MODELS:
        raise InvalidValue(f"unknown forward model {kind!r}: {' or '.join(FORWARD_MODELS)}.")
    return importlib.import_module(FORWARD_MODELS[kind])
