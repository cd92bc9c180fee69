"""Bring the end effector to a position with an orientation."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from scipy.spatial.transform import Rotation

from emssl_bench.forward import ForwardModel
from emssl_bench.shapes import Frames, JointAngles, Positions
from emssl_bench.tasks.base import Errors, Features, Task

METRES_A_RADIAN = 0.3
"""What an angle counts beside a distance where one number is needed [m/rad]."""


class PoseTask(Task):
    """Targets are frames (n, 7): x y z [m] and a unit quaternion x y z w, in the robot's base frame.

    A quaternion and its negative mean the same orientation, and nothing here depends on which of them is given.
    """

    name: ClassVar[str] = "pose"
    columns: ClassVar[int] = 7
    features_size: ClassVar[int] = 9
    success: ClassVar[Mapping[str, Mapping[str, float]]] = {
        name: {"error_{}_cm": cm, "angle_{}_deg": degrees}
        for name, cm, degrees in (("1mm", 0.1, 0.57), ("5mm", 0.5, 2.0), ("1cm", 1.0, 5.0))
    }

    def reached(self, forward: ForwardModel, joint_angles: JointAngles) -> Frames:
        return forward.frames(joint_angles)

    def features(self, targets: Frames) -> Features:
        """The position, and the first two columns of the rotation matrix. Source: Zhou et al. (2019), 6D."""
        return np.concatenate([targets[:, :3], _matrices(targets)[:, :, :2].swapaxes(1, 2).reshape(-1, 6)], axis=1)

    def errors(self, reached: Frames, targets: Frames) -> Mapping[str, Errors]:
        """Distances, and the angles of the rotations between both."""
        distances = np.linalg.norm(reached[:, :3] - targets[:, :3], axis=1)
        return {"error_{}_cm": distances * 100, "angle_{}_deg": np.degrees(angles_rad(reached, targets))}

    def cost_cm(self, reached: Frames, targets: Frames) -> Errors:
        """The distance, plus 0.3 m for each radian of angle."""
        distances = np.linalg.norm(reached[:, :3] - targets[:, :3], axis=1)
        return (distances + METRES_A_RADIAN * angles_rad(reached, targets)) * 100

    def coordinates(self, targets: Frames) -> Features:
        """Positions and rotation matrices (n, 12), scaled so that small angles count as in `cost_cm`."""
        return np.concatenate(
            [targets[:, :3], _matrices(targets).reshape(-1, 9) * (METRES_A_RADIAN / np.sqrt(2))], axis=1
        )

    def positions(self, targets: Frames) -> Positions:
        return targets[:, :3]


def angles_rad(ours: Frames, theirs: Frames) -> Errors:
    """The angles (n,) [rad] of the rotations between frames, exact for small ones too."""
    if not len(ours):
        return np.empty(0)
    return (Rotation.from_quat(ours[:, 3:]).inv() * Rotation.from_quat(theirs[:, 3:])).magnitude()


def _matrices(frames: Frames) -> np.ndarray:
    return Rotation.from_quat(frames[:, 3:]).as_matrix() if len(frames) else np.empty((0, 3, 3))


POSE = PoseTask()
