"""How targets and joint angles are scaled for a network."""

import functools
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from emssl_bench.joint_space import JointSpace


@dataclass(frozen=True)
class Normaliser:
    """Maps the box [lower, upper] to [low, high] in every column, and back. An empty width maps to the middle."""

    lower: tuple[float, ...]
    upper: tuple[float, ...]
    low: float
    high: float

    @classmethod
    def of_inputs(cls, rows: Float[np.ndarray, "n columns"]) -> "Normaliser":
        """The box around the rows to [-1, 1]."""
        return cls(tuple(rows.min(axis=0).tolist()), tuple(rows.max(axis=0).tolist()), -1.0, 1.0)

    @classmethod
    def alike(cls, rows: Float[np.ndarray, "n columns"]) -> "Normaliser":
        """Every column by the same factor, which brings the widest to [-1, 1]: distances keep their proportions."""
        lower, upper = rows.min(axis=0), rows.max(axis=0)
        middle, half = (lower + upper) / 2, (upper - lower).max() / 2
        return cls(tuple((middle - half).tolist()), tuple((middle + half).tolist()), -1.0, 1.0)

    @classmethod
    def of_joint_space(cls, space: JointSpace) -> "Normaliser":
        """The joint space to [0, 1], the range of the network's sigmoid."""
        return cls(space.lower, space.upper, 0.0, 1.0)

    def normalise(self, values: np.ndarray) -> np.ndarray:
        lower, width, origin = self._box
        return (values - lower) / width * (self.high - self.low) + origin

    @property
    def gain_and_shift(self) -> tuple[np.ndarray, np.ndarray]:
        """`normalise` as `values * gain + shift`, for tensors that carry gradients."""
        lower, width, origin = self._box
        gain = (self.high - self.low) / width
        return gain, origin - lower * gain

    def restore(self, normalised: np.ndarray) -> np.ndarray:
        lower, width, origin = self._box
        return (normalised - origin) / (self.high - self.low) * width + lower

    @functools.cached_property
    def _box(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where each column begins and how wide it is, and where it begins normalised: bounds map to bounds."""
        lower = np.array(self.lower)
        width = np.array(self.upper) - lower
        return lower, np.where(width > 0, width, 1.0), np.where(width > 0, self.low, (self.low + self.high) / 2)
