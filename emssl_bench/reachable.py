"""Which positions an arm can reach at all: what is not reachable, no method can be blamed for missing."""

import numpy as np
import torch
from scipy.spatial import KDTree
from torch import Tensor

from emssl_bench.arrays import Positions, checked
from emssl_bench.data import JointSpace
from emssl_bench.forward.chain import ChainArm
from emssl_bench.numerics import ordinary_numerics
from robots.spec import RobotSpec

WITHIN_M = 0.001
STARTS = 6
"""Nearest of the random configurations, from which a position is searched for."""
RANDOM_CONFIGURATIONS = 400_000
STEPS = 12
_DAMPING = 1e-6
_LONGEST_STEP = 0.5


@ordinary_numerics()
def reachable(robot: RobotSpec, space: JointSpace, positions: Positions) -> np.ndarray:
    """Whether the arm comes within `WITHIN_M` of each position, with joint angles in the space.

    A search: near every position's nearest of many random configurations, by damped least squares on the exact
    chain. What it finds is reached; what it does not find is, as far as it has been checked, out of reach.

    Args:
        robot: the arm.
        space: where its joint angles must lie.
        positions: (n, 3) [m].

    Returns:
        (n,) of bool.

    Raises:
        ShapeError: not (n, 3), not finite, or much too far away.

    Source: Wampler, "Manipulator inverse kinematic solutions based on ... damped least-squares methods" (1986).
    """
    positions = checked(positions, 3, "positions")
    chain = ChainArm(robot).requires_grad_(False)
    configurations = space.sample(RANDOM_CONFIGURATIONS, np.random.default_rng(0))
    nearest = np.asarray(KDTree(chain.positions(configurations)).query(positions, k=STARTS)[1])
    found = np.zeros(len(positions), dtype=bool)
    for starts in nearest.T:
        missing = np.flatnonzero(~found)
        if not len(missing):
            break
        joint_angles = torch.from_numpy(configurations[starts[missing]])
        wanted = torch.from_numpy(positions[missing])
        for _ in range(STEPS):
            joint_angles = _stepped(chain, joint_angles, wanted, space)
        found[missing] = (chain(joint_angles) - wanted).norm(dim=1).numpy() <= WITHIN_M
    return found


def _stepped(chain: ChainArm, joint_angles: Tensor, wanted: Tensor, space: JointSpace) -> Tensor:
    """One damped least-squares step of all rows; a joint that would leave the space is held where it is."""
    bounds = space.lower, space.upper
    lower, upper = (torch.tensor(each, dtype=torch.float32, device="cpu") for each in bounds)  # as a network answers
    joint_angles.requires_grad_(True)
    reached = chain(joint_angles)
    rows = [torch.autograd.grad(reached[:, i].sum(), joint_angles, retain_graph=True)[0] for i in range(3)]
    jacobian, missed = torch.stack(rows, dim=1), (wanted - reached.detach())[:, :, None]
    joint_angles = joint_angles.detach()
    free, step = torch.ones_like(joint_angles), torch.zeros_like(joint_angles)
    for _ in range(2):
        of_free = jacobian * free[:, None, :]
        damped = of_free @ of_free.transpose(1, 2) + _DAMPING * torch.eye(3, dtype=jacobian.dtype, device="cpu")
        step = (of_free.transpose(1, 2) @ torch.linalg.solve(damped, missed))[:, :, 0]
        free = free * ((joint_angles + step >= lower) & (joint_angles + step <= upper))
        step = step * free
    return torch.clamp(joint_angles + step.clamp(-_LONGEST_STEP, _LONGEST_STEP), lower, upper)
