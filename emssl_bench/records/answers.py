"""What a trained model says: its answers, what they are worth, and what error to expect."""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np


class _Answers(NamedTuple):
    joint_angles: np.ndarray
    """(n, samples, dof) [rad], or [m] on a prismatic joint."""
    error_m: np.ndarray
    """(n, samples) [m], by the arm's own model."""
    reached: np.ndarray
    """(n, samples) of bool"""


class Answers(_Answers):
    """Solutions of targets. Of a single target, the first axis is not there."""

    error_deg: np.ndarray | None = None
    """(n, samples) [degrees], of poses; it is not among what a tuple of answers is unpacked to."""


class _Refined(NamedTuple):
    joint_angles: np.ndarray
    """(n, dof) [rad], or [m] on a prismatic joint."""
    error_m: np.ndarray
    """(n,) [m], by the arm's own model; or as measured, where the arm was queried."""
    reached: np.ndarray
    """(n,) of bool"""
    queries: np.ndarray
    """(n,), of the arm."""


class Refined(_Refined):
    """One refined solution a target. Of a single target, the first axis is not there."""

    error_deg: np.ndarray | None = None
    """(n,) [degrees], of poses, known as `error_m` is; it is not among what the tuple is unpacked to."""


Told = TypeVar("Told", Answers, Refined)


def told_of(kind: type[Told], arrays: Sequence[np.ndarray], error_deg: np.ndarray | None, single: bool) -> Told:
    """Answers that know their angles.

    Args:
        kind: what they are.
        arrays: what they are unpacked to.
        error_deg: of poses.
        single: whether they are of a single target, so that the first axis goes.
    """
    found = kind(*(each[0] if single else each for each in arrays))
    if error_deg is not None:
        found.error_deg = error_deg[0] if single else error_deg
    return found


class Expected(NamedTuple):
    """The errors of a model on the test targets of its training, whose joint angles are uniform in its joint range."""

    error_mean_cm: float | None = None
    error_p95_cm: float | None = None
    angle_mean_deg: float | None = None
    """Of poses."""
    angle_p95_deg: float | None = None
