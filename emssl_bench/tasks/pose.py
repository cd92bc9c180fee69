"""Bring the end effector to a position with an orientation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

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
_NEARLY_UNIT = 1e-2
"""That the length of a quaternion may differ from 1: it was printed with few digits."""


@dataclass(frozen=True)
class PoseTask(Task):
    """Targets are frames (n, 7): x y z [m] and a unit quaternion x y z w, in the robot's base frame.

    A quaternion and its negative mean the same orientation, and nothing here depends on which of them is given.
    """

    name: ClassVar[str] = "pose"
    columns: ClassVar[int] = 7
    oriented: ClassVar[bool] = True
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

    def feature_bounds(self, nearest: np.ndarray, farthest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ones = np.ones(self.features_size - 3)
        return np.concatenate([nearest, -ones]), np.concatenate([farthest, ones])

    def checked(self, targets: Any, what: str = "target") -> Frames:
        """See `Task.checked`.

        Raises:
            InvalidValue: a quaternion does not have the length 1; one that nearly has is given it.
        """
        rows = super().checked(targets, what).copy()
        for number, row in enumerate(rows):
            normalise(row, f"{what} {number}")
        return rows

    def errors(self, reached: Frames, targets: Frames) -> Mapping[str, Errors]:
        """Distances, and the angles of the rotations between both."""
        distances = np.linalg.norm(reached[:, :3] - targets[:, :3], axis=1)
        return {"error_{}_cm": distances * 100, "angle_{}_deg": np.degrees(angles_rad(reached, targets))}

    def cost_cm(self, errors: Mapping[str, Errors]) -> Errors:
        """The distance, plus `metres_a_radian` for each radian of angle."""
        return errors["error_{}_cm"] + 100 * self.metres_a_radian * np.radians(errors["angle_{}_deg"])

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

    def frames(self, targets: Frames) -> Frames:
        return targets


def normalise(target: np.ndarray, where: str) -> None:
    """Gives the quaternion of a pose (7,) the length 1.

    Raises:
        InvalidValue: it has quite another length; `where` says of which pose.
    """
    length = float(np.linalg.norm(target[3:]))
    if abs(length - 1) > _NEARLY_UNIT:
        raise InvalidValue(f"{where}: its quaternion x y z w has the length {length:.4g}, not 1.")
    target[3:] /= length


def angles_rad(ours: Frames, theirs: Frames) -> Errors:
    """The angles (n,) [rad] of the rotations between frames, exact for small ones too.

    The product of the one quaternion's conjugate with the other is written out: ten times as fast as by SciPy.
    """
    x, y, z, w = ours[:, 3:].T
    a, b, c, d = theirs[:, 3:].T
    turned = w * a - d * x - y * c + z * b, w * b - d * y - z * a + x * c, w * c - d * z - x * b + y * a
    return 2 * np.arctan2(np.linalg.norm(turned, axis=0), np.abs(x * a + y * b + z * c + w * d))


def _rotations(frames: Frames) -> Rotation:
    return Rotation.from_quat(frames[:, 3:])


def _matrices(frames: Frames) -> np.ndarray:
    return _rotations(frames).as_matrix() if len(frames) else np.empty((0, 3, 3))


POSE = PoseTask()
