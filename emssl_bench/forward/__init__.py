"""Forward models: joint angles in, the end effector's positions or frames out.

Nothing here imports torch or pybullet before one is opened: worker processes import this package.
"""

import time
from collections.abc import Callable
from typing import Literal, Protocol, runtime_checkable

import numpy as np

from emssl_bench.exceptions import InvalidValue, MissingDependency, RobotError
from emssl_bench.shapes import Frames, JointAngles, Positions
from emssl_bench.system.opened import Opened
from robots.spec import RobotSpec

ForwardKind = Literal["bullet", "chain"]

MOST_BULLET_JOINTS = 126
"""PyBullet takes 127 links after the base, of which one is the tip. It loads more, and fails when they are queried."""


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


def open_forward(kind: ForwardKind, robot: RobotSpec, workers: int = 1, device: str = "cpu") -> ForwardModel:
    """The forward model of an arm, ready to be called.

    Args:
        kind: "bullet", a `BulletPool`: PyBullet, the ground truth; or "chain", a float64 `ChainArm`.
        robot: the arm.
        workers: processes of the pool.
        device: where the chain computes, "cpu" or "cuda".

    Raises:
        MissingDependency: PyBullet is not installed.
        RobotError: PyBullet cannot hold so long an arm.
        InvalidValue: no such kind.
    """
    if kind == "bullet":
        from emssl_bench.forward.pool import BulletPool

        return BulletPool(robot, workers)
    if kind == "chain":
        from emssl_bench.forward.chain import ChainArm

        return ChainArm(robot).to(device)
    raise InvalidValue(f"unknown forward model {kind!r}: bullet or chain.")


def require_pybullet(robot: RobotSpec) -> None:
    """Raises:
    MissingDependency: PyBullet is not installed.
    RobotError: it cannot hold so long an arm.
    """
    import importlib.util

    if importlib.util.find_spec("pybullet") is None:
        raise MissingDependency(
            "the forward model 'bullet' needs PyBullet: pip install pybullet (Python 3.11), or use --forward chain."
        )
    if len(robot.joints) > MOST_BULLET_JOINTS:
        raise RobotError(
            f"{robot.shown} has {len(robot.joints)} moving joints, and PyBullet holds at most {MOST_BULLET_JOINTS}: "
            "use --forward chain."
        )
