"""Measures of sets of solutions: how a solver's solutions of one target compare with all that there are."""

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial.distance import cdist

from emssl_bench.shapes import Solutions

Samples = Float[np.ndarray, "samples dof"]
"""A solver's solutions of one target [rad]."""

References = Float[np.ndarray, "reference dof"]
"""The solutions that there are [rad], or a sample of them."""

Widths = Float[np.ndarray, " dof"]
"""Of the joint ranges [rad]."""

Distances = Float[np.ndarray, "samples reference"]
"""From each of a solver's solutions of a target to each solution of its reference."""


def energy_distance(samples: Samples, reference: References, width: Widths) -> float:
    """How far the distributions of two sets of joint angles are apart; 0 for equal sets, and never negative.

    Joint angles are scaled by the joint ranges, so that no unit is left. A small set is far from any distribution,
    also from its own: the `floor` tells how far.

    Args:
        samples: (samples, dof) [rad].
        reference: (reference, dof) [rad].
        width: (dof,), of the joint ranges [rad].

    Source: Szekely and Rizzo (2013), Energy statistics: 2 E|a - b| - E|a - a'| - E|b - b'|, with means over all pairs.
    """
    ours, theirs = samples / width, reference / width
    apart = 2 * cdist(ours, theirs).mean() - cdist(ours, ours).mean() - cdist(theirs, theirs).mean()
    return max(0.0, float(apart))


def floor(reference: References, count: int, width: Widths) -> float:
    """The energy distance between two halves of a reference, of which one has at most `count` solutions.

    Args:
        reference: (reference, dof) [rad], in random order, 2 or more.
        count: solutions that are compared with the reference.
        width: (dof,), of the joint ranges [rad].
    """
    return energy_distance(*halves(reference, count), width)


def halves(reference: References, count: int) -> tuple[Samples, np.ndarray]:
    """The first solutions of the one half (at most `count`, dof), and the other half: what to expect of a perfect
    sampler."""
    half = len(reference) // 2
    return reference[: min(count, half)], reference[half:]


def rms_shares(samples: Samples, reference: References, width: Widths) -> Distances:
    """Distances as shares of the joint ranges, root mean square over the joints.

    Args:
        samples: (samples, dof) [rad].
        reference: (reference, dof) [rad].
        width: (dof,), of the joint ranges [rad].
    """
    return cdist(samples / width, reference / width) / np.sqrt(len(width))


def largest_turns_deg(
    samples: Samples, reference: References, revolute: Bool[np.ndarray, " dof"] | None = None
) -> Distances:
    """Distances [deg] by the joint that differs most. Whole turns of a joint lead to the same posture and do not count.

    Args:
        samples: (samples, dof) [rad].
        reference: (reference, dof) [rad].
        revolute: (dof,), the joints that count; all by default.
    """
    apart = samples[:, None] - reference[None]
    if revolute is not None:
        apart = apart[..., revolute]
    turns = np.abs(np.mod(apart + np.pi, 2 * np.pi) - np.pi)
    return np.degrees(turns.max(axis=-1, initial=0.0))


def recall(distances: Distances, within: float) -> float:
    """The share of the reference that has one of the samples within a distance; 0 where there are no samples.

    Source: Kynkaanniemi et al. (2019), Improved precision and recall metric for assessing generative models, with a
    fixed radius.
    """
    if not len(distances):
        return 0.0
    return float((distances.min(axis=0) <= within).mean())


def precision(distances: Distances, within: float) -> float:
    """The share of the samples that have a solution of the reference within a distance. Source: as of `recall`."""
    return float((distances.min(axis=1) <= within).mean())


def best_of(cost: Float[np.ndarray, "n samples"], count: int) -> np.ndarray:
    """The number (n,) of the sample of least cost among the first `count`."""
    return cost[:, :count].argmin(axis=1)


def largest_moves_deg(
    before: Solutions, after: Solutions, revolute: Bool[np.ndarray, " dof"]
) -> Float[np.ndarray, "n samples"]:
    """How far the joint that moves most goes from one solution to the other [deg]; a whole turn counts as one.

    Args:
        before, after: (n, samples, dof) [rad].
        revolute: (dof,), the joints that count.
    """
    return np.degrees(np.abs(after - before)[..., revolute].max(axis=-1, initial=0.0))


def outside(solutions: Solutions, lower: np.ndarray, upper: np.ndarray, tolerance: float = 1e-5) -> np.ndarray:
    """Whether a joint is outside its limits (dof,) [rad, or m] by more than rounding: (n, samples) of bool."""
    return np.any((solutions < lower - tolerance) | (solutions > upper + tolerance), axis=-1)


def at_limit(solutions: Solutions, lower: np.ndarray, upper: np.ndarray, tolerance: float = 1e-5) -> np.ndarray:
    """Whether a joint lies on a limit (dof,), up to rounding: (n, samples) of bool.

    Solutions drawn from a joint space hardly ever do. They do where a solver moves to the limit what it drew beyond it.
    """
    near = (np.abs(solutions - lower) <= tolerance) | (np.abs(solutions - upper) <= tolerance)
    return np.any(near, axis=-1)
