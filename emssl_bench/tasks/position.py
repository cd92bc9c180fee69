"""The paper's task: bring the end effector to a position."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from emssl_bench.forward import ForwardModel
from emssl_bench.shapes import JointAngles, Positions
from emssl_bench.tasks.base import Errors, Motions, Task

if TYPE_CHECKING:
    from torch import Tensor

    from emssl_bench.forward.chain import ChainArm


class PositionTask(Task):
    """Targets are positions (n, 3) [m], in the robot's base frame."""

    name: ClassVar[str] = "position"
    columns: ClassVar[int] = 3
    success: ClassVar[Mapping[str, Mapping[str, float]]] = {
        name: {"error_{}_cm": bound} for name, bound in (("1mm", 0.1), ("5mm", 0.5), ("1cm", 1.0), ("5cm", 5.0))
    }

    @property
    def features_size(self) -> int:
        return self.columns

    def reached(self, forward: ForwardModel, joint_angles: JointAngles) -> Positions:
        return forward.positions(joint_angles)

    def features(self, targets: Positions) -> Positions:
        return targets

    def feature_bounds(self, nearest: np.ndarray, farthest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return nearest, farthest

    def errors(self, reached: Positions, targets: Positions) -> Mapping[str, Errors]:
        """Distances. Source: Section IV-A, "predicted end position distance error"."""
        return {"error_{}_cm": np.linalg.norm(reached - targets, axis=1) * 100}

    def cost_cm(self, errors: Mapping[str, Errors]) -> Errors:
        """The distance itself."""
        return errors["error_{}_cm"]

    def cost_m(self, reached: Positions, targets: Positions) -> Errors:
        """The distance, which is not rounded to centimetres and back."""
        x, y, z = (targets - reached).T
        return np.sqrt(x * x + y * y + z * z)

    def coordinates(self, targets: Positions) -> Positions:
        return targets

    def motions(self, targets: Positions) -> Motions:
        """Along x, y and z."""
        axes = np.broadcast_to(np.eye(3), (len(targets), 3, 3))
        return Motions(axes, axes)

    def differentiable(self, chain: "ChainArm", joint_angles: "Tensor") -> "Tensor":
        return chain(joint_angles)

    def positions(self, targets: Positions) -> Positions:
        return targets


POSITION = PositionTask()
