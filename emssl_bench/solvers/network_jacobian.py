"""A network's solutions and how they change as the targets move: its Jacobian.

Of the network of Table I it has a closed form. Small changes of the inputs go through the layers beside the inputs
themselves, as further rows of the same matrix products. So the Jacobian costs little more than the solutions. Networks
of another form are differentiated automatically.
"""

from itertools import repeat
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import linear, pad

from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import JointAngles, Targets
from emssl_bench.solvers.mixture import MixtureNetwork
from emssl_bench.solvers.network import InverseNetwork, SolutionNetwork
from emssl_bench.solvers.network_solver import NetworkSolver


class Linearised(NamedTuple):
    """A network near targets."""

    joint_angles: JointAngles
    """(n, dof) [rad]; those of `NetworkSolver.joint_angles`, rounding aside."""
    changes: Float[np.ndarray, "n dof m"]
    """[rad for each unit of a direction]; at a kink of the network, those of one of its sides."""


@ordinary_numerics()
@torch.no_grad()
def linearised(solver: NetworkSolver, targets: Targets, directions: Float[np.ndarray, "n features m"]) -> Linearised:
    """The first solution of each target, and how it changes with the target.

    Args:
        solver: the network, with its scales.
        targets: (n, columns) of its task.
        directions: (n, features, m), changes of the targets' features. A generator's latent values stay.

    Raises:
        ShapeError, Diverged: as of `NetworkSolver.solve`.
    """
    inputs, gain = solver.prepared(targets), solver.inputs_scale.gain_and_shift[0]
    changes = torch.from_numpy((directions * gain[:, None]).swapaxes(1, 2)).to(inputs)
    latent, size = solver.latent(solver.task.features(targets), 1), solver.inference_batch
    latents = repeat(None) if latent is None else latent.split(size)
    blocks = zip(inputs.split(size), changes.split(size), latents, strict=False)
    found = torch.cat([_with_changes(solver.network, *block) for block in blocks])
    angles = solver.restored_angles(found[:, 0])
    if not np.isfinite(angles).all():
        solver.solve(targets)  # raises, and says why
    width = np.subtract(solver.joints_scale.upper, solver.joints_scale.lower)
    return Linearised(angles, (found[:, 1:].cpu().double().numpy() * width).swapaxes(1, 2))


def _with_changes(network: SolutionNetwork, inputs: Tensor, changes: Tensor, latent: Tensor | None) -> Tensor:
    """Outputs and their changes (n, 1 + m, dof), for inputs (n, inputs) and changes of them (n, m, inputs)."""
    fixed = () if latent is None else (latent,)
    if isinstance(network, InverseNetwork):
        rows = torch.cat([inputs, *fixed], dim=1)[:, None], pad(changes, (0, network.latent_size))
        return through_layers(network, torch.cat(rows, dim=1))

    def outputs(row: Tensor, *latent: Tensor) -> tuple[Tensor, Tensor]:
        found = network(row[None], *(each[None] for each in latent))[0]
        return found, found

    slopes, found = torch.func.vmap(torch.func.jacrev(outputs, has_aux=True))(inputs, *fixed)
    return torch.cat([found[:, None], changes @ slopes.mT], dim=1)


def through_layers(network: InverseNetwork, rows: Tensor) -> Tensor:
    """Normalised joint angles and their changes (n, 1 + m, dof), for inputs and changes of them (n, 1 + m, k)."""
    for layer in network.layers:
        if isinstance(layer, nn.Linear):
            rows = linear(rows, layer.weight)
            rows[:, 0] += layer.bias
        else:
            rows *= rows[:, :1] > 0  # what ReLU holds at zero does not change
    if isinstance(network, MixtureNetwork):
        return _of_heaviest(network, rows)
    shares = torch.sigmoid(rows[:, :1])
    return torch.cat([shares, rows[:, 1:] * shares * (1 - shares)], dim=1)


def _of_heaviest(network: MixtureNetwork, rows: Tensor) -> Tensor:
    """As `through_layers`, for outputs of a network with several answers; which of them counts does not change."""
    chosen = rows[:, 0, -network.components :].argmax(dim=1)
    points = rows[:, :, : -network.components].unflatten(2, (network.components, network.dof, 2))
    sine, cosine = points.take_along_dim(chosen[:, None, None, None, None], dim=2)[:, :, 0].unbind(dim=3)
    angles = 0.5 + torch.atan2(sine[:, :1], cosine[:, :1]) / network.spans
    turned = sine[:, 1:] * cosine[:, :1] - cosine[:, 1:] * sine[:, :1]
    length2 = sine[:, :1].square() + cosine[:, :1].square()
    inside = (angles > 0) & (angles < 1)  # at a limit nothing changes
    return torch.cat([angles.clamp(0, 1), turned / length2 / network.spans * inside], dim=1)
