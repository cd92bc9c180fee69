"""The inverse network of Table I."""

from collections.abc import Callable
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from emssl_bench.numerics import ordinary_numerics
from emssl_bench.tasks import POSITION

HIDDEN_WIDTHS = (1024, 512, 256, 128)

Initialisation = Literal["he_uniform", "xavier_uniform", "torch_default"]


@ordinary_numerics()
def fully_connected(
    widths: tuple[int, ...],
    initialisation: Initialisation,
    generator: torch.Generator,
    activation: Callable[[], nn.Module] = nn.ReLU,
) -> nn.Sequential:
    """Linear layers of the given widths with activations between them; biases start at zero.

    They are in single precision, on the CPU. The global random generator of torch is not used.

    Args:
        widths: inputs, hidden layers, outputs.
        initialisation: "he_uniform" keeps the variance from layer to layer; with the others the outputs of a randomly
            initialised network vary less and less (docs/tuning.md).
        generator: draws the weights.
        activation: makes the module between two layers.
    """
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        linear = skip_init(nn.Linear, inputs, outputs, device="cpu", dtype=torch.float32)
        assert isinstance(linear, nn.Linear)
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
    """The network from normalised features of targets (\\*, inputs) to normalised joint angles (\\*, dof) in [0, 1].

    With `latent_size` it is the generator of a CGAN: it takes latent values (\\*, latent_size) beside the features.

    Source: Table I, 3 -> 1024 -> 512 -> 256 -> 128 -> 6, ReLU, sigmoid.
    """

    def __init__(
        self,
        dof: int,
        initialisation: Initialisation,
        generator: torch.Generator,
        latent_size: int = 0,
        inputs: int = POSITION.columns,
        outputs: int = 0,
    ):
        """
        Args:
            dof: joint angles in an answer.
            initialisation, generator: as of `fully_connected`.
            latent_size: latent values beside the features.
            inputs: size of the features.
            outputs: of the last layer; 0: as many as joint angles.
        """
        super().__init__()
        self.dof = dof
        self.latent_size = latent_size
        self.inputs = inputs
        self.layers = fully_connected((inputs + latent_size, *HIDDEN_WIDTHS, outputs or dof), initialisation, generator)

    @ordinary_numerics()
    @torch.no_grad()
    def spread_outputs(self, inputs: Tensor, spread: float, offset: float, generator: torch.Generator) -> None:
        """Shifts and scales the last layer, so that first predictions lie well within the joint space.

        Afterwards every output before the sigmoid has standard deviation `spread` over the inputs (n, inputs), around
        a mean drawn uniformly from ±offset. No label is used.

        Source: the last step of Mishkin & Matas, "All you need is a good init" (2016); the means are ours.
        """
        latent = torch.randn(
            len(inputs), self.latent_size, generator=generator, dtype=inputs.dtype, device=inputs.device
        )
        answers = self.layers(torch.cat([inputs, latent], dim=-1))
        last = self.layers[-1]
        assert isinstance(last, nn.Linear)
        scale = spread / answers.std(dim=0)
        last.weight.mul_(scale[:, None])
        last.bias.sub_(answers.mean(dim=0)).mul_(scale)
        means = torch.rand(len(last.bias), generator=generator, dtype=inputs.dtype, device=inputs.device)
        last.bias.add_((2 * means - 1) * offset)

    def forward(self, inputs: Tensor, latent: Tensor | None = None) -> Tensor:
        together = inputs if latent is None else torch.cat([inputs, latent], dim=-1)
        return torch.sigmoid(self.layers(together))
