"""Bring the end effector to a position with an orientation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from scipy.spatial.transform import Rotation

from emssl_bench.exceptions import InvalidValue
from emssl_bench.forward import ForwardModel
from emssl_bench.shapes import Frames, JointAngles, Positions
from emssl_bench.tasks.base import Errors, Features, Task

if TYPE_CHECKING:
    from torch import Tensor

    from emssl_bench.forward.chain import ChainArm

METRES_A_RADIAN = 0.3
"""What an angle counts beside a distance where one number is needed [m/rad]."""


@dataclass(frozen=True)
class PoseTask(Task):
    """Targets are frames (n, 7): x y z [m] and a unit quaternion x y z w, in the robot's base frame.

    A quaternion and its negative mean the same orientation, and nothing here depends on which of them is given.
    """

    name: ClassVar[str] = "pose"
    columns: ClassVar[int] = 7
    metric: ClassVar[bool] = True
    cost: ClassVar[str] = "cost_{}_cm"
    success: ClassVar[Mapping[str, Mapping[str, float]]] = {
        name: {"error_{}_cm": cm, "angle_{}_deg": degrees}
        for name, cm, degrees in (("1mm", 0.1, 0.57), ("5mm", 0.5, 2.0), ("1cm", 1.0, 5.0))
    }

    orientation: Literal["rot6d", "quaternion"] = "rot6d"
    """What a network is given of an orientation: two columns of its matrix, or the quaternion whose w is positive."""
    metres_a_radian: float = METRES_A_RADIAN
    """What an angle counts beside a distance where one number is needed [m/rad]."""

    def __post_init__(self) -> None:
        """Raises:
        InvalidValue: an angle cannot count so much.
        """
        if not 0 < self.metres_a_radian <= 1000:
            raise InvalidValue(f"pose:metres_a_radian must be over 0 and at most 1000, not {self.metres_a_radian}.")

    @property
    def features_size(self) -> int:
        return {"rot6d": 9, "quaternion": 7}[self.orientation]

    def reached(self, forward: ForwardModel, joint_angles: JointAngles) -> Frames:
        return forward.frames(joint_angles)

    def features(self, targets: Frames) -> Features:
        """The position, and the orientation as `orientation` says. Source: Zhou et al. (2019), 6D."""
        if self.orientation == "quaternion":
            turned = _rotations(targets).as_quat(canonical=True) if len(targets) else targets[:, 3:]
        else:
            turned = _matrices(targets)[:, :, :2].swapaxes(1, 2).reshape(-1, 6)
        return np.concatenate([targets[:, :3], turned], axis=1)

    def errors(self, reached: Frames, targets: Frames) -> Mapping[str, Errors]:
        """Distances, and the angles of the rotations between both."""
        distances = np.linalg.norm(reached[:, :3] - targets[:, :3], axis=1)
        return {"error_{}_cm": distances * 100, "angle_{}_deg": np.degrees(angles_rad(reached, targets))}

    def cost_cm(self, errors: Mapping[str, Errors]) -> Errors:
        """The distance, plus `metres_a_radian` for each radian of angle."""
        return errors["error_{}_cm"] + 100 * self.metres_a_radian * np.radians(errors["angle_{}_deg"])

    @property
    def cost_in_words(self) -> str:
        return f"distance plus {self.metres_a_radian:g} m for each radian of angle"

    def coordinates(self, targets: Frames) -> Features:
        """Positions and rotation matrices (n, 12), scaled so that small angles count as in `cost_cm`."""
        return np.concatenate([targets[:, :3], _matrices(targets).reshape(-1, 9) * self._matrix_scale], axis=1)

    def differentiable(self, chain: "ChainArm", joint_angles: "Tensor") -> "Tensor":
        import torch

        positions, matrices = chain.placed(joint_angles)
        return torch.cat([positions, matrices.reshape(-1, 9) * self._matrix_scale], dim=1)

    @property
    def _matrix_scale(self) -> float:
        """Turned by a small angle, a matrix changes by the square root of 2 times that."""
        return self.metres_a_radian / float(np.sqrt(2))

    def positions(self, targets: Frames) -> Positions:
        return targets[:, :3]

    def directions(self, targets: Frames) -> Positions:
        """The z axes of the frames."""
        return _matrices(targets)[:, :, 2]


def angles_rad(ours: Frames, theirs: Frames) -> Errors:
    """The angles (n,) [rad] of the rotations between frames, exact for small ones too."""
    if not len(ours):
        return np.empty(0)
    return (_rotations(ours).inv() * _rotations(theirs)).magnitude()


def _rotations(frames: Frames) -> Rotation:
    return Rotation.from_quat(frames[:, 3:])


def _matrices(frames: Frames) -> np.ndarray:
    return _rotations(frames).as_matrix() if len(frames) else np.empty((0, 3, 3))


POSE = PoseTask()
