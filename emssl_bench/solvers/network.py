"""The inverse network of Table I, and what any network has that a `NetworkSolver` can have its solutions from."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, ClassVar, Literal, Self

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from emssl_bench.numerics import ordinary_numerics
from emssl_bench.scaling import Normaliser
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
        layers += [initialised(linear, initialisation, generator), activation()]
    return nn.Sequential(*layers[:-1])


@torch.no_grad()
def initialised(layer: nn.Module, initialisation: Initialisation, generator: torch.Generator) -> nn.Module:
    """The layer, linear or convolutional, with its weights drawn as `fully_connected` says."""
    assert isinstance(layer, nn.Linear | nn.Conv1d)
    assert layer.bias is not None
    if initialisation == "torch_default":
        bound = layer.weight[0].numel() ** -0.5
        layer.weight.uniform_(-bound, bound, generator=generator)
        layer.bias.uniform_(-bound, bound, generator=generator)
    else:
        if initialisation == "he_uniform":
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=generator)
        else:
            nn.init.xavier_uniform_(layer.weight, generator=generator)
        layer.bias.zero_()
    return layer


def shapes_of(widths: tuple[int, ...], prefix: str = "layers.") -> dict[str, tuple[int, ...]]:
    """The weights of `fully_connected` layers of these widths, and their shapes."""
    found: dict[str, tuple[int, ...]] = {}
    for layer, (inputs, outputs) in enumerate(pairwise(widths)):
        found |= {f"{prefix}{2 * layer}.weight": (outputs, inputs), f"{prefix}{2 * layer}.bias": (outputs,)}
    return found


class SolutionNetwork(nn.Module, ABC):
    """A network from normalised features of targets (n, inputs) to normalised joint angles (n, dof) in [0, 1].

    A generator takes latent values (n, latent_size) beside the features, standard normal unless it says otherwise.
    """

    whole: ClassVar[Mapping[str, int]]
    """Those of its `settings` that are whole numbers, with the least that each can be."""
    others: ClassVar[tuple[str, ...]] = ()
    """The rest of its `settings`, which `check` knows."""

    dof: int
    inputs: int
    latent_size: int
    first_latent: tuple[float, ...] | None = None
    """Latent values of the first solution of every target, where they are not drawn as those of the others are."""

    @property
    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """What `restored` makes a network of this kind of, in what JSON can hold."""

    @classmethod
    @abstractmethod
    def restored(cls, settings: Mapping[str, Any], inputs: int, joints_scale: Normaliser) -> Self:
        """A network of these settings, with weights that do not matter."""

    @staticmethod
    @abstractmethod
    def shapes(settings: Mapping[str, Any], inputs: int) -> dict[str, tuple[int, ...]]:
        """The weights that a network of these settings has, and their shapes; no memory is taken for them."""

    @staticmethod
    def check(settings: Mapping[str, Any]) -> None:
        """Raises:
        ModelError: one of the `others` is of the wrong kind or impossible.
        """


class FeedforwardNetwork(SolutionNetwork):
    """A network of layers one after another, and a sigmoid in the end.

    With `latent_size` it takes latent values (\\*, latent_size) beside the features.
    """

    layers: nn.Sequential
    """All but the sigmoid. The last of them is linear."""

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


class InverseNetwork(FeedforwardNetwork):
    """The network from normalised features of targets (\\*, inputs) to normalised joint angles (\\*, dof) in [0, 1].

    With `latent_size` it is the generator of a CGAN: it takes latent values (\\*, latent_size) beside the features.

    Source: Table I, 3 -> 1024 -> 512 -> 256 -> 128 -> 6, ReLU, sigmoid.
    """

    whole: ClassVar[Mapping[str, int]] = {"dof": 1, "latent_size": 0}

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

    @property
    def settings(self) -> dict[str, Any]:
        return {"dof": self.dof, "latent_size": self.latent_size}

    @classmethod
    def restored(cls, settings: Mapping[str, Any], inputs: int, joints_scale: Normaliser) -> Self:
        return cls(settings["dof"], "he_uniform", torch.Generator("cpu"), settings["latent_size"], inputs)

    @staticmethod
    def shapes(settings: Mapping[str, Any], inputs: int) -> dict[str, tuple[int, ...]]:
        return shapes_of((inputs + settings["latent_size"], *HIDDEN_WIDTHS, settings["dof"]))
