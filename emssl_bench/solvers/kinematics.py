"""An arm as numbers for compiled loops: the chain of its joints, packed into arrays."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from emssl_bench.joint_space import JointSpace
from emssl_bench.shapes import Frames, JointAngles, Positions, checked
from emssl_bench.solvers.kernel import place
from emssl_bench.solvers.marquardt import frames_of
from robots.spec import RobotSpec

ROTATION, OFFSET, PRISMATIC, PLACE, TIMES, PLUS = 0, 9, 12, 13, 14, 15
"""Columns of `Chain.links`: where each part of a row begins."""
COLUMNS = 16


@dataclass(frozen=True)
class Chain:
    """An arm and its joint space. Every joint turns about, or slides along, the z axis of its own frame."""

    links: np.ndarray
    """(joints + 1, 16), a row a joint and one for the tip: the rotation (9) and the offset (3) [m] of its frame in the
    frame before it, whether it slides, the place of its coordinate, and that coordinate's multiplier and offset."""
    bounds: np.ndarray
    """(2, dof), lower and upper [rad], or [m] if prismatic."""

    @property
    def dof(self) -> int:
        return self.bounds.shape[1]

    @classmethod
    def of(cls, robot: RobotSpec, space: JointSpace) -> "Chain":
        links = np.zeros((len(robot.joints) + 1, COLUMNS))
        turned_before = np.eye(3)
        for row, joint, driven in zip(links, robot.joints, robot.driven, strict=False):
            turned = _turning_z_to(np.array(joint.axis))
            rotation = turned_before.T @ Rotation.from_euler("xyz", joint.origin_rpy_rad).as_matrix() @ turned
            _place(row, rotation, turned_before.T @ joint.origin_xyz_m)
            row[PRISMATIC:] = joint.kind == "prismatic", *driven
            turned_before = turned
        tip = Rotation.from_euler("xyz", robot.tip_rpy_rad).as_matrix()
        _place(links[-1], turned_before.T @ tip, turned_before.T @ robot.tip_xyz_m)
        return cls(links, np.array([space.lower, space.upper]))


def _place(row: np.ndarray, rotation: np.ndarray, offset: np.ndarray) -> None:
    row[ROTATION:OFFSET] = rotation.ravel()
    row[OFFSET:PRISMATIC] = offset


def _turning_z_to(axis: np.ndarray) -> np.ndarray:
    """A rotation (3, 3) that takes the z axis to the unit vector `axis`."""
    across = np.array([-axis[1], axis[0], 0.0])  # z x axis
    sine = np.linalg.norm(across)
    if not sine:
        return np.eye(3) if axis[2] > 0 else np.diag([1.0, -1.0, -1.0])
    return Rotation.from_rotvec(across / sine * np.arctan2(sine, axis[2])).as_matrix()


class CompiledArm:
    """The exact arm as a forward model, by compiled loops; its `close` has nothing to end."""

    def __init__(self, chain: Chain):
        self._chain = chain

    def positions(self, joint_angles: JointAngles) -> Positions:
        """See `ForwardModel.positions`."""
        return self.frames(joint_angles)[:, :3]

    def frames(self, joint_angles: JointAngles) -> Frames:
        """See `ForwardModel.frames`."""
        return frames_of(checked(joint_angles, self._chain.dof, "joint angles"), self._chain.links)

    def close(self) -> None:
        """Does nothing."""


def joint_points(chain: Chain, angles: np.ndarray) -> np.ndarray:
    """The base, the origin of every joint and the end effector at joint angles (dof,): (joints + 2, 3) [m]."""
    joints = len(chain.links) - 1
    axes, origins = np.empty((joints, 3)), np.empty((joints, 3))
    tip, turn = np.empty(3), np.empty((3, 3))
    place(np.ascontiguousarray(angles), chain.links, axes, origins, np.empty(joints), tip, turn)
    return np.vstack([np.zeros(3), origins, tip])
