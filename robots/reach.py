"""The reach of an arm, by a search: the greatest distance of its end effector from the first joint."""

import math
from collections.abc import Sequence

import numpy as np

from emssl_bench.exceptions import RobotError
from emssl_bench.shapes import JointAngles, Positions
from robots.rotation import matrix_from_rpy
from robots.spec import RobotSpec

SAMPLED = 4_096
"""Random configurations, always the same; the search starts from the farthest of them."""
STARTS = 12
STILL_M = 1e-9
"""An end effector that moves by less over several configurations does not move."""


def farthest_m(robot: RobotSpec, lower: Sequence[float], upper: Sequence[float]) -> float:
    """The greatest distance [m] of the end effector from the first joint, with coordinates in a box.

    The search goes uphill (L-BFGS-B, exact gradient) from the farthest of many random configurations. It is
    deterministic, and takes some tens of milliseconds.

    Args:
        robot: the arm.
        lower, upper: (dof,) [rad, or m if prismatic]; infinite where a joint turns without end.
    """
    from scipy.optimize import minimize

    low, high = (np.clip(np.asarray(each, float), -math.pi, math.pi) for each in (lower, upper))
    low, high = (np.where(np.isfinite(given), given, own) for given, own in ((lower, low), (upper, high)))
    drawn = np.random.default_rng(0).uniform(low, high, (SAMPLED, robot.dof))
    centre = np.array(robot.joints[0].origin_xyz_m)
    starts = np.argsort(-np.linalg.norm(positions(robot, drawn) - centre, axis=1), kind="stable")[:STARTS]
    size_m, moved = max(robot.reach_bound_m, 1e-9), Jacobian(robot)

    def nearness(coordinates: np.ndarray) -> tuple[float, np.ndarray]:
        position, jacobian = moved(coordinates)
        away = (position - centre) / size_m
        return -float(away @ away), -2 * away @ jacobian / size_m

    bounds = list(zip(low, high, strict=True))
    tolerances = {"ftol": 1e-15, "gtol": 1e-10}
    found = [
        minimize(nearness, start, jac=True, method="L-BFGS-B", bounds=bounds, options=tolerances).fun
        for start in drawn[starts]
    ]
    return size_m * math.sqrt(-min(found))


def require_moving(robot: RobotSpec) -> None:
    """Raises:
    RobotError: the end effector is always in the same place.
    """
    low = [max(each.lower, -math.pi) if each.upper > -math.pi else each.lower for each in robot.coordinates]
    high = [min(each.upper, math.pi) if each.lower < math.pi else each.upper for each in robot.coordinates]
    drawn = np.random.default_rng(0).uniform(low, high, (16, robot.dof))
    if np.ptp(positions(robot, drawn), axis=0).max() <= STILL_M:
        raise RobotError(f"{robot.shown} turns about its end effector, which stays where it is.")


def positions(robot: RobotSpec, coordinates: JointAngles) -> Positions:
    """Positions (n, 3) [m] of the end effector, for coordinates (n, dof)."""
    angles = robot.of_every_joint(coordinates)
    position = np.broadcast_to(np.asarray(robot.tip_xyz_m, np.float64), (len(angles), 3))
    for joint, angle in zip(reversed(robot.joints), angles.T[::-1], strict=True):
        axis, angle = np.asarray(joint.axis), angle[:, None]
        if joint.kind == "prismatic":
            position = position + angle * axis
        else:
            along = (position @ axis)[:, None] * axis
            position = along + (position - along) * np.cos(angle) + np.cross(axis, position) * np.sin(angle)
        position = position @ matrix_from_rpy(joint.origin_rpy_rad).T + joint.origin_xyz_m
    return position


class Jacobian:
    """Positions of an arm's end effector and their derivatives, one configuration at a time.

    What does not depend on the configuration is computed once: a search needs thousands of positions.
    """

    def __init__(self, robot: RobotSpec):
        self._robot, self._tip, self._driven = robot, np.array(robot.tip_xyz_m), robot.driven
        self._begins = np.array([_placement(joint.origin_xyz_m, joint.origin_rpy_rad) for joint in robot.joints])
        self._axes = np.array([joint.axis for joint in robot.joints])
        self._sliding = np.array([joint.kind == "prismatic" for joint in robot.joints])[:, None]
        self._turning = ~self._sliding[:, :, None]
        self._crosses = np.array([_cross(axis) for axis in self._axes])
        self._squares = self._crosses @ self._crosses

    def __call__(self, coordinates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The position (3,) [m], and its derivatives (3, dof) by the coordinates (dof,)."""
        angles = self._robot.of_every_joint(coordinates)[:, None]
        motions = np.zeros((len(angles), 4, 4))
        turned = np.sin(angles)[..., None] * self._crosses + (1 - np.cos(angles))[..., None] * self._squares
        motions[:, :3, :3] = np.eye(3) + turned * self._turning
        motions[:, :3, 3] = angles * self._axes * self._sliding
        motions[:, 3, 3] = 1
        placement, begins = np.eye(4), []
        for begin, motion_there in zip(self._begins, motions, strict=True):
            begins.append(placement @ begin)
            placement = begins[-1] @ motion_there
        position = placement[:3, :3] @ self._tip + placement[:3, 3]
        begun = np.array(begins)
        axes = (begun[:, :3, :3] @ self._axes[:, :, None])[:, :, 0]
        by_joint = np.where(self._sliding, axes, np.cross(axes, position - begun[:, :3, 3]))
        derivatives = np.zeros((3, self._robot.dof))
        for (place, multiplier, _), each in zip(self._driven, by_joint, strict=True):
            derivatives[:, place] += multiplier * each
        return position, derivatives


def _placement(xyz_m: Sequence[float], rpy_rad: Sequence[float]) -> np.ndarray:
    """(4, 4), of a frame."""
    placement = np.eye(4)
    placement[:3, :3] = matrix_from_rpy(rpy_rad)
    placement[:3, 3] = xyz_m
    return placement


def _cross(axis: Sequence[float]) -> np.ndarray:
    """(3, 3), the matrix of the cross product with an axis."""
    x, y, z = axis
    return np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])


def motion(kind: str, axis: Sequence[float], angle: float) -> np.ndarray:
    """(4, 4), what a joint does at an angle [rad], or a displacement [m] where it is prismatic.

    Source: Rodrigues' rotation formula.
    """
    placement = np.eye(4)
    if kind == "prismatic":
        placement[:3, 3] = np.multiply(axis, angle)
        return placement
    cross = _cross(axis)
    placement[:3, :3] += math.sin(angle) * cross + (1 - math.cos(angle)) * cross @ cross
    return placement
