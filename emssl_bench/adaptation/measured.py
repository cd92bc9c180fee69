"""The changed arm as a black box: positions can be measured, and nothing else is known."""

import numpy as np

from emssl_bench.forward import ForwardModel
from emssl_bench.shapes import Frames, JointAngles, Positions


class NoisyArm:
    """An arm that is known by measured positions alone, with noise if there is any."""

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
        """Positions as of `positions`, with orientations that have no noise."""
        frames = self._arm.frames(joint_angles)
        if self._noise_m:
            frames = frames.copy()
            frames[:, :3] += self._generator.normal(scale=self._noise_m, size=(len(frames), 3))
        return frames

    def close(self) -> None:
        """Does nothing: whoever has opened the arm closes it."""
