"""The inverse network of Table I, and the inverse model that it makes."""

from collections.abc import Callable
from itertools import pairwise
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from emssl_bench.arrays import JointAngles, Positions, checked
from emssl_bench.data import Normaliser

HIDDEN_WIDTHS = (1024, 512, 256, 128)

Initialisation = Literal["he_uniform", "xavier_uniform", "torch_default"]


def fully_connected(
    widths: tuple[int, ...],
    initialisation: Initialisation,
    generator: torch.Generator,
    activation: Callable[[], nn.Module] = nn.ReLU,
) -> nn.Sequential:
    """Linear layers of the given widths with activations between them; biases start at zero.

    Args:
        widths: inputs, hidden layers, outputs.
        initialisation: "he_uniform" keeps the variance of what passes through; with the others the outputs of
            a fresh network vary less and less from layer to layer (docs/tuning.md).
        generator: of the weights.
        activation: makes what stands between two layers.
    """
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        linear = nn.Linear(inputs, outputs)
        with torch.no_grad():
            if initialisation == "torch_default":
                bound = inputs**-0.5
                linear.weight.uniform_(-bound, bound, generator=generator)
                linear.bias.uniform_(-bound, bound, generator=generator)
            else:
                if initialisation == "he_uniform":
                    nn.init.kaiming_uniform_(linear.weight, nonlinearity="relu", generator=generator)
                else:
                    nn.init.xavier_uniform_(linear.weight, generator=generator)
                linear.bias.zero_()
        layers += [linear, activation()]
    return nn.Sequential(*layers[:-1])


class InverseNetwork(nn.Module):
    """Normalised positions (\\*, 3) in [-1, 1] -> normalised joint angles (\\*, dof) in [0, 1].

    With `latent_size` it is the generator of a CGAN: it takes latent values (\\*, latent_size) beside the
    positions.

    Source: Table I, 3 -> 1024 -> 512 -> 256 -> 128 -> 6, ReLU, sigmoid.
    """

    def __init__(self, dof: int, initialisation: Initialisation, generator: torch.Generator, latent_size: int = 0):
        super().__init__()
        self.dof = dof
        self.latent_size = latent_size
        self.layers = fully_connected((3 + latent_size, *HIDDEN_WIDTHS, dof), initialisation, generator)

    @torch.no_grad()
    def spread_outputs(self, positions: Tensor, spread: float, offset: float, generator: torch.Generator) -> None:
        """Shifts and scales the last layer, so that a fresh network's answers lie well within the joint space.

        Afterwards every output, before the sigmoid, has standard deviation `spread` over the normalised
        positions (n, 3), around a mean drawn uniformly from ±offset. No label of the data is used.

        Source: the last step of Mishkin & Matas, "All you need is a good init" (2016); the means are ours.
        """
        latent = torch.randn(len(positions), self.latent_size, generator=generator)
        answers = self.layers(torch.cat([positions, latent], dim=-1))
        last = self.layers[-1]
        assert isinstance(last, nn.Linear)
        scale = spread / answers.std(dim=0)
        last.weight.mul_(scale[:, None])
        last.bias.sub_(answers.mean(dim=0)).mul_(scale)
        last.bias.add_((2 * torch.rand(self.dof, generator=generator) - 1) * offset)

    def forward(self, positions: Tensor, latent: Tensor | None = None) -> Tensor:
        inputs = positions if latent is None else torch.cat([positions, latent], dim=-1)
        return torch.sigmoid(self.layers(inputs))


class NetworkInverse:
    """An inverse model made of an `InverseNetwork` and the scales of its inputs and outputs."""

    def __init__(
        self, network: InverseNetwork, positions_scale: Normaliser, joints_scale: Normaliser, inference_batch: int
    ):
        self.network = network
        self.positions_scale = positions_scale
        self.joints_scale = joints_scale
        self.inference_batch = inference_batch

    def same_as(self, other: "NetworkInverse") -> bool:
        """Whether both give the same answers, having the same weights and scales."""
        mine, others = self.network.state_dict(), other.network.state_dict()
        return (
            mine.keys() == others.keys()
            and all(torch.equal(mine[name].cpu(), others[name].cpu()) for name in mine)
            and (self.positions_scale, self.joints_scale) == (other.positions_scale, other.joints_scale)
        )

    def joint_angles(self, positions: Positions) -> JointAngles:
        """Joint angles that should bring the end effector to the positions.

        A generator (`latent_size > 0`) draws one latent vector a position, the same ones in every call.

        Args:
            positions: (n, 3) [m], robot base frame.

        Returns:
            (n, dof) [rad], within the joint space it was trained for.

        Raises:
            ShapeError: not (n, 3), or not finite.

        Source: Algorithm 1, lines 5 to 9.
        """
        return self.inferred(self.prepared(positions))

    def candidates(self, positions: Positions, count: int) -> np.ndarray:
        """`count` answers a position, (n, count, dof) [rad]; all the same unless the network is a generator."""
        inputs = self.prepared(positions).repeat_interleave(count, dim=0)
        return self.inferred(inputs).reshape(-1, count, self.network.dof)

    def prepared(self, positions: Positions) -> Tensor:
        """Positions (n, 3) [m] as the network takes them: normalised, in float32, on its device."""
        rows = checked(positions, 3, "positions")
        device = next(self.network.parameters()).device
        return torch.as_tensor(self.positions_scale.normalise(rows), dtype=torch.float32).to(device)

    def inferred(self, inputs: Tensor) -> JointAngles:
        """Joint angles (n, dof) [rad] for prepared positions (n, 3), `inference_batch` at a time."""
        device = inputs.device
        latent = None
        if self.network.latent_size:
            generator = torch.Generator().manual_seed(0)
            latent = torch.randn(len(inputs), self.network.latent_size, generator=generator).to(device)
        outputs = torch.empty(len(inputs), self.network.dof, device=device)
        with torch.no_grad():
            for start in range(0, len(inputs), self.inference_batch):
                batch = slice(start, start + self.inference_batch)
                outputs[batch] = self.network(inputs[batch], None if latent is None else latent[batch])
        found = self.joints_scale.restore(outputs.cpu().numpy().astype(np.float64))
        return np.clip(found, self.joints_scale.lower, self.joints_scale.upper)  # rounding, at the very ends
