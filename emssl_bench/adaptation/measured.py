"""The changed arm as its owner sees it."""

import numpy as np

from emssl_bench.forward import ForwardModel
from emssl_bench.shapes import Frames, JointAngles, Positions


class NoisyArm:
    """An arm as its owner sees it: positions measured, with noise if there is any, and nothing else."""

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
        """As `positions`, with orientations, which are without noise."""
        frames = self._arm.frames(joint_angles)
        if self._noise_m:
            frames = frames.copy()
            frames[:, :3] += self._generator.normal(scale=self._noise_m, size=(len(frames), 3))
        return frames

    def close(self) -> None:
        """The arm is its opener's to close."""
