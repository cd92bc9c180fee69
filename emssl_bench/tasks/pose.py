"""Bring the end effector to a position with an orientation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.transform import Rotation

from emssl_bench.exceptions import InvalidValue, ShapeError
from emssl_bench.forward import ForwardModel
from emssl_bench.shapes import Frames, JointAngles, Positions
from emssl_bench.tasks.base import Errors, Features, Motions, Task

if TYPE_CHECKING:
    from torch import Tensor

    from emssl_bench.forward.chain import ChainArm

METRES_A_RADIAN = 0.3
"""What an angle counts beside a distance where one number is needed [m/rad]."""
NEARLY_UNIT = 1e-3
"""That the length of a quaternion may differ from 1: it was printed with few digits."""
_TURNS = np.cross(np.eye(3)[:, None], np.eye(3)).swapaxes(1, 2)
"""Matrices (3, 3, 3): the products with x, y and z, which are the changes by a turn about each."""


@dataclass(frozen=True)
class PoseTask(Task):
    """Targets are frames (n, 7): x y z [m] and a unit quaternion x y z w, in the robot's base frame.

    A quaternion and its negative mean the same orientation, and nothing here depends on which of them is given.
    """

    name: ClassVar[str] = "pose"
    columns: ClassVar[int] = 7
    described: ClassVar[str] = "poses, x y z and a quaternion x y z w,"
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

    def checked(self, targets: ArrayLike) -> Frames:
        """See `Task.checked`.

        Raises:
            ShapeError: also where a quaternion is not of length 1, to `NEARLY_UNIT`.
        """
        rows = super().checked(targets)
        lengths = np.linalg.norm(rows[:, 3:], axis=1)
        if (wrong := np.abs(lengths - 1) > NEARLY_UNIT).any():
            row = int(np.argmax(wrong))
            raise ShapeError(f"row {row} of the poses has a {length_told(rows[row, 3:])}.")
        return rows

    def normalised(self, targets: Frames) -> Frames:
        """The same with quaternions of length 1."""
        return np.concatenate(
            [targets[:, :3], targets[:, 3:] / np.linalg.norm(targets[:, 3:], axis=1)[:, None]], axis=1
        )

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
        return np.concatenate([targets[:, :3], _matrices(targets).reshape(-1, 9) * self.matrix_scale], axis=1)

    def motions(self, targets: Frames) -> Motions:
        """Shifts along x, y and z, then turns about them, `metres_a_radian` a radian; all in the base frame.

        A column R_j of the rotation matrix changes by w x R_j with a turn by w, and a quaternion q by (w, 0) q / 2.
        """
        features, coordinates = (np.zeros((len(targets), size, 6)) for size in (self.features_size, 12))
        features[:, :3, :3] = coordinates[:, :3, :3] = np.eye(3)
        turned = _TURNS @ _matrices(targets)[:, None] / self.metres_a_radian
        if self.orientation == "quaternion":
            moved = _half_products(self.features(targets)[:, 3:]) / self.metres_a_radian
        else:
            moved = turned[:, :, :, :2].swapaxes(2, 3).reshape(-1, 3, 6)
        features[:, 3:, 3:] = moved.swapaxes(1, 2)
        coordinates[:, 3:, 3:] = turned.reshape(-1, 3, 9).swapaxes(1, 2) * self.matrix_scale
        return Motions(features, coordinates)

    def between(self, starts: Frames, ends: Frames, shares: Errors) -> Frames:
        """On the way positions move along a line, while orientations turn about one axis at a constant rate."""
        found = super().between(starts, ends, shares)
        if len(found):
            first = _rotations(starts)
            turned = first * Rotation.from_rotvec(shares[:, None] * (first.inv() * _rotations(ends)).as_rotvec())
            found[:, 3:] = turned.as_quat()
        return found

    def differentiable(self, chain: "ChainArm", joint_angles: "Tensor") -> "Tensor":
        import torch

        positions, matrices = chain.placed(joint_angles)
        return torch.cat([positions, matrices.reshape(-1, 9) * self.matrix_scale], dim=1)

    @property
    def matrix_scale(self) -> float:
        """Turned by a small angle, a matrix changes by the square root of 2 times that."""
        return self.metres_a_radian / float(np.sqrt(2))

    def positions(self, targets: Frames) -> Positions:
        return targets[:, :3]

    def directions(self, targets: Frames) -> Positions:
        """The z axes of the frames."""
        return _matrices(targets)[:, :, 2]

    def frames(self, targets: Frames) -> Frames:
        return targets


def angles_rad(ours: Frames, theirs: Frames) -> Errors:
    """The angles (n,) [rad] of the rotations between frames, exact for small ones too.

    The product of the one quaternion's conjugate with the other is written out: ten times as fast as by SciPy.
    """
    x, y, z, w = ours[:, 3:].T
    a, b, c, d = theirs[:, 3:].T
    turned = w * a - d * x - y * c + z * b, w * b - d * y - z * a + x * c, w * c - d * z - x * b + y * a
    return 2 * np.arctan2(np.linalg.norm(turned, axis=0), np.abs(x * a + y * b + z * c + w * d))


def length_told(quaternion: np.ndarray) -> str:
    """What is wrong with a quaternion (4,) that is not of length 1, and what would be right."""
    length = float(np.linalg.norm(quaternion))
    if not length:
        return "quaternion of length 0, which is no orientation: 0 0 0 1 turns nothing"
    unit = " ".join(f"{value:.6g}" for value in quaternion / length)
    return f"quaternion of length {length:.6g} and not 1: scaled it is {unit}"


def _half_products(quaternions: np.ndarray) -> np.ndarray:
    """Half the products (n, 3, 4) of the units i, j and k with quaternions (n, 4), x y z w."""
    x, y, z, w = quaternions.T
    rows = (w, -z, y, -x), (z, w, -x, -y), (-y, x, w, -z)
    return np.stack([np.stack(row, axis=1) for row in rows], axis=1) / 2


def _rotations(frames: Frames) -> Rotation:
    return Rotation.from_quat(frames[:, 3:])


def _matrices(frames: Frames) -> np.ndarray:
    return _rotations(frames).as_matrix() if len(frames) else np.empty((0, 3, 3))


POSE = PoseTask()
