"""A check that a simulator has read an arm rightly: its end effector against forward kinematics in NumPy."""

import math
from collections.abc import Callable

import numpy as np

from emssl_bench.exceptions import RobotError
from emssl_bench.shapes import JointAngles, Positions
from robots.reach import positions
from robots.spec import RobotSpec

READ_WITHIN = 1e-5
"""The largest error allowed, as a share of the arm's size: numbers may be read in single precision."""

_COMPARED = 5


def require_as_given(robot: RobotSpec, read: Callable[[JointAngles], Positions], what: str) -> None:
    """Compares a few configurations in which every joint is somewhere else.

    Args:
        robot: the arm.
        read: positions of the simulator that has read it.
        what: the name of what was read, for the error.

    Raises:
        RobotError: the simulator has another arm.
    """
    # Golden-ratio steps: never the same angle twice, never a multiple of a right angle.
    steps = np.arange(1, _COMPARED * robot.dof + 1).reshape(_COMPARED, robot.dof)
    joint_angles = math.tau * ((steps * 0.6180339887498949) % 1) - math.pi
    expected, found = positions(robot, joint_angles), read(joint_angles)
    size_m = robot.reach_bound_m + math.hypot(*robot.joints[0].origin_xyz_m)
    slides = [joint for joint in robot.joints if joint.kind == "prismatic"]
    size_m += sum(math.pi * abs(joint.multiplier) + abs(joint.offset) for joint in slides)  # as far as they go here
    apart_m = np.linalg.norm(found - expected, axis=1)
    worst = int(np.argmax(np.where(np.isfinite(apart_m), apart_m, np.inf)))
    if not apart_m[worst] <= READ_WITHIN * size_m:
        angles, here, there = (_numbers(row) for row in (joint_angles[worst], found[worst], expected[worst]))
        raise RobotError(
            f"PyBullet has read {what} wrongly: at joint angles {angles} it has the end effector at {here} m, "
            f"not at {there} m. Use --forward chain, and report this."
        )


def _numbers(values: np.ndarray) -> str:
    return "[" + ", ".join(f"{value:.4g}" for value in values) + "]"
