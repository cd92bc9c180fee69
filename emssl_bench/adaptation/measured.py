"""The changed arm as a black box: where its end effector is can be measured, and nothing else is known."""

import numpy as np
from scipy.spatial.transform import Rotation

from emssl_bench.forward import ForwardModel
from emssl_bench.shapes import Frames, JointAngles, Positions
from emssl_bench.tasks.pose import METRES_A_RADIAN


class NoisyArm:
    """An arm that is known by measured positions and orientations alone, with noise if there is any.

    A measured orientation is turned from the true one by a random rotation vector. The deviation of each of its
    coordinates is that of a position's, at `METRES_A_RADIAN`: 1 mm of noise comes with 0.19 degrees.
    """

    def __init__(self, arm: ForwardModel, noise_m: float, generator: np.random.Generator):
        """`noise_m` is the standard deviation of each coordinate's error [m]."""
        self._arm, self._noise_m, self._generator = arm, noise_m, generator

    def positions(self, joint_angles: JointAngles) -> Positions:
        """Positions (n, 3) [m] for joint angles (n, dof) [rad]."""
        positions = self._arm.positions(joint_angles)
        if self._noise_m:
            positions = positions + self._generator.normal(scale=self._noise_m, size=positions.shape)
        return positions

    def frames(self, joint_angles: JointAngles) -> Frames:
        """Positions and orientations (n, 7) [m, unit quaternion x y z w] for joint angles (n, dof) [rad]."""
        frames = self._arm.frames(joint_angles)
        if not self._noise_m or not len(frames):
            return frames
        shifts = self._generator.normal(scale=self._noise_m, size=(len(frames), 3))
        turns = self._generator.normal(scale=self._noise_m / METRES_A_RADIAN, size=(len(frames), 3))
        turned = Rotation.from_rotvec(turns) * Rotation.from_quat(frames[:, 3:])
        return np.concatenate([frames[:, :3] + shifts, turned.as_quat()], axis=1)

    def close(self) -> None:
        """Does nothing: whoever has opened the arm closes it."""
