"""The latent vectors of a generator: random, and a function of the target."""

import numpy as np
from scipy.special import ndtri

from emssl_bench.tasks.base import Features

CELL_M = 1e-4
"""Targets in one cell of this size have the same latent vectors, so that rounding does not change them."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def latent_values(features: Features, count: int, size: int) -> np.ndarray:
    """Standard normal latent vectors that depend on the target and their number alone.

    The k-th vector of a target is thus the same whatever other targets there are, in whatever order, and however many
    vectors are drawn. Different targets have independent vectors. So an error over many targets is a mean over the
    generator's predictions, not the error of the one branch that a common vector would pick everywhere.

    Args:
        features: (n, k) of the targets, equal for equal targets.
        count: vectors of each target.
        size: numbers in a vector.

    Returns:
        (n, count, size), float32.

    Source: the generator is SplitMix64, Steele, Lea & Flood, "Fast splittable pseudorandom number generators" (2014),
    seeded by a hash of the target's cell. Normal values are made by the inverse of their distribution function.
    """
    cells = np.rint(np.asarray(features) / CELL_M).astype(np.int64).view(np.uint64)
    start = np.zeros(len(cells), dtype=np.uint64)
    for axis in cells.T:
        start = _mixed(start + _GOLDEN + axis)
    numbers = np.arange(1, count * size + 1, dtype=np.uint64)
    drawn = _mixed(start[:, None] + numbers * _GOLDEN)
    uniform = ((drawn >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return ndtri(uniform).astype(np.float32).reshape(len(cells), count, size)


def _mixed(values: np.ndarray) -> np.ndarray:
    """Every bit of the result depends on all bits of the value. Source: SplitMix64's finaliser."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
