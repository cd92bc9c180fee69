"""Normalised joint angles without bounds, for models whose outputs have none: every solution is then within limits."""

import torch
from torch import Tensor

_SCALE = 0.55
"""Makes of uniform joint angles nearly standard normal ones: the logistic distribution has a deviation of 1.8."""
_END = 1e-4
"""How near to its ends a joint is told apart, as a share of its range."""


def unbounded(joint_angles: Tensor) -> Tensor:
    """Normalised joint angles in [0, 1] as real numbers, any shape."""
    return _SCALE * torch.logit(joint_angles, eps=_END)


def bounded(numbers: Tensor) -> Tensor:
    """The normalised joint angles that `unbounded` made of these numbers, any shape."""
    return torch.sigmoid(numbers / _SCALE)
