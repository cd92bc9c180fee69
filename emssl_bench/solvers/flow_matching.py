"""A network that says how normal numbers must move, from time 0 to 1, to become joint angles that reach a target.

Source: Lipman et al., "Flow matching for generative modeling" (2023), with straight paths, as in Liu et al., "Flow
straight and fast" (2023).
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from emssl_bench.exceptions import ModelError
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.network import SolutionNetwork, fully_connected, shapes_of
from emssl_bench.solvers.saved_settings import check_widths
from emssl_bench.solvers.unbounded import bounded

_MOST_STEPS, _MOST_LAYERS, _MOST_WIDTH = 10_000, 100, 10**6
"""Of a saved network."""


class FlowMatchingNetwork(SolutionNetwork):
    """A velocity for every target, place and time; a solution is where `steps` steps of the midpoint rule end."""

    whole: ClassVar[Mapping[str, int]] = {"dof": 1, "steps": 1}
    others: ClassVar[tuple[str, ...]] = ("hidden_widths",)

    @ordinary_numerics()
    def __init__(self, dof: int, inputs: int, hidden_widths: tuple[int, ...], steps: int, generator: torch.Generator):
        """
        Args:
            dof: joint angles in an answer.
            inputs: size of the features of a target.
            hidden_widths: hidden layers.
            steps: of integration, each two evaluations of the network.
            generator: draws the weights.
        """
        super().__init__()
        self.dof, self.inputs, self.latent_size = dof, inputs, dof
        self.hidden_widths, self.steps = tuple(hidden_widths), steps
        widths = (inputs + dof + 1, *hidden_widths, dof)
        self.layers = fully_connected(widths, "he_uniform", generator, nn.SiLU)  # smooth, as velocities are

    def velocity(self, inputs: Tensor, places: Tensor, times: Tensor) -> Tensor:
        """Velocities (n, dof) at features (n, inputs), places (n, dof) and times (n, 1) from 0 to 1."""
        return self.layers(torch.cat([inputs, places, 2 * times - 1], dim=-1))

    def forward(self, inputs: Tensor, latent: Tensor) -> Tensor:
        places, length = latent, 1 / self.steps
        for step in range(self.steps):
            start = torch.full_like(latent[:, :1], step * length)
            middle = places + self.velocity(inputs, places, start) * length / 2
            places = places + self.velocity(inputs, middle, start + length / 2) * length
        return bounded(places)

    @property
    def settings(self) -> dict[str, Any]:
        return {"dof": self.dof, "hidden_widths": list(self.hidden_widths), "steps": self.steps}

    @classmethod
    def restored(cls, settings: Mapping[str, Any], inputs: int, joints_scale: Normaliser) -> Self:
        own = tuple(settings["hidden_widths"]), settings["steps"]
        return cls(settings["dof"], inputs, *own, torch.Generator("cpu"))

    @staticmethod
    def shapes(settings: Mapping[str, Any], inputs: int) -> dict[str, tuple[int, ...]]:
        dof = settings["dof"]
        return shapes_of((inputs + dof + 1, *settings["hidden_widths"], dof))

    @staticmethod
    def check(settings: Mapping[str, Any]) -> None:
        if settings["steps"] > _MOST_STEPS:
            raise ModelError(f"its steps must be at most {_MOST_STEPS:,}")
        check_widths("hidden_widths", settings["hidden_widths"], _MOST_LAYERS, _MOST_WIDTH)
