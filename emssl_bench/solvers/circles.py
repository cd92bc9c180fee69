"""Joint angles as points on circles, so that a joint that turns all the way around has no ends."""

import math

import torch
from torch import Tensor

from emssl_bench.scaling import Normaliser


def spans_of(joints_scale: Normaliser) -> Tensor:
    """(dof,) [rad], the angle that each joint's range takes on its circle: the range itself, at least half a turn."""
    widths = [high - low for low, high in zip(joints_scale.lower, joints_scale.upper, strict=True)]
    return torch.tensor(widths, dtype=torch.float32, device="cpu").clamp(min=math.pi)


def on_circles(joint_angles: Tensor, spans: Tensor) -> Tensor:
    """The points (\\*, dof, 2), sine and cosine, of normalised joint angles (\\*, dof)."""
    angles = (joint_angles - 0.5) * spans
    return torch.stack([angles.sin(), angles.cos()], dim=-1)


def from_circles(points: Tensor, spans: Tensor) -> Tensor:
    """Normalised joint angles (\\*, dof) within the joint space, of points (\\*, dof, 2)."""
    return (0.5 + torch.atan2(points[..., 0], points[..., 1]) / spans).clamp(0, 1)
