"""An inverse network that slides over the features of a target as over the pixels of an image with one row."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar, Self

import torch
from torch import nn
from torch.nn.utils import skip_init

from emssl_bench.numerics import ordinary_numerics
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.network import FeedforwardNetwork, Initialisation, fully_connected, initialised
from emssl_bench.solvers.saved_settings import check_widths

_KERNEL = 3
"""Features that a filter sees at a time: one, and its neighbours."""
_MOST_LAYERS, _MOST_CHANNELS = 100, 10**6
"""Of a saved network."""


class ConvolutionalNetwork(FeedforwardNetwork):
    """Convolutions over the features, then a hidden layer; ReLU, and sigmoid in the end."""

    whole: ClassVar[Mapping[str, int]] = {"dof": 1, "hidden_width": 1}
    others: ClassVar[tuple[str, ...]] = ("channels",)

    @ordinary_numerics()
    def __init__(
        self,
        dof: int,
        inputs: int,
        channels: tuple[int, ...],
        hidden_width: int,
        initialisation: Initialisation,
        generator: torch.Generator,
    ):
        """
        Args:
            dof: joint angles in an answer.
            inputs: size of the features.
            channels: of each convolution.
            hidden_width: of the layer after them.
            initialisation, generator: as of `fully_connected`.
        """
        super().__init__()
        self.dof, self.inputs, self.latent_size = dof, inputs, 0
        self.channels, self.hidden_width = tuple(channels), hidden_width
        layers: list[nn.Module] = [nn.Unflatten(1, (1, inputs))]
        for before, after in pairwise((1, *channels)):
            sizes = {"padding": _KERNEL // 2, "device": "cpu", "dtype": torch.float32}
            layer = skip_init(nn.Conv1d, before, after, _KERNEL, **sizes)
            layers += [initialised(layer, initialisation, generator), nn.ReLU()]
        widths = inputs * (1, *channels)[-1], hidden_width, dof
        self.layers = nn.Sequential(*layers, nn.Flatten(), *fully_connected(widths, initialisation, generator))

    @property
    def settings(self) -> dict[str, Any]:
        return {"dof": self.dof, "channels": list(self.channels), "hidden_width": self.hidden_width}

    @classmethod
    def restored(cls, settings: Mapping[str, Any], inputs: int, joints_scale: Normaliser) -> Self:
        own = tuple(settings["channels"]), settings["hidden_width"]
        return cls(settings["dof"], inputs, *own, "he_uniform", torch.Generator("cpu"))

    @staticmethod
    def shapes(settings: Mapping[str, Any], inputs: int) -> dict[str, tuple[int, ...]]:
        channels = (1, *settings["channels"])
        found: dict[str, tuple[int, ...]] = {}
        for layer, (before, after) in enumerate(pairwise(channels)):
            place = f"layers.{1 + 2 * layer}"
            found |= {f"{place}.weight": (after, before, _KERNEL), f"{place}.bias": (after,)}
        widths = inputs * channels[-1], settings["hidden_width"], settings["dof"]
        for layer, (before, after) in enumerate(pairwise(widths)):
            place = f"layers.{2 * (len(channels) + layer)}"
            found |= {f"{place}.weight": (after, before), f"{place}.bias": (after,)}
        return found

    @staticmethod
    def check(settings: Mapping[str, Any]) -> None:
        check_widths("channels", settings["channels"], _MOST_LAYERS, _MOST_CHANNELS)
