"""A network with several answers to a target, of which the heaviest counts.

A continuous function cannot follow one branch of solutions everywhere: somewhere branches meet, and between them it
passes through joint angles that reach another place. A network with several components keeps each of them to a branch,
and its weights say which one is meant: from one target to the next, the answer can jump.

Joint angles are points on circles, so that a joint that turns all the way around has no ends, and no sigmoid is flat
there.

Source: Bishop, "Mixture density networks" (1994); points on circles as in Zhou et al., "On the continuity of rotation
representations in neural networks" (2019).
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from emssl_bench.numerics import ordinary_numerics
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.circles import from_circles, on_circles, spans_of
from emssl_bench.solvers.network import HIDDEN_WIDTHS, Initialisation, InverseNetwork, shapes_of

_LEAST = 1e-3
"""Length below which a point is not brought to the circle any more: its direction means nothing there."""
_WEIGHTS_SPREAD = 0.2
"""How unlike the weights are at first, as a share of how unlike the other outputs are."""


class MixtureNetwork(InverseNetwork):
    """The network of Table I with another last layer: for each component a point (sine, cosine) of every joint, and its
    weight."""

    whole: ClassVar[Mapping[str, int]] = {**InverseNetwork.whole, "components": 1}

    spans: Tensor
    """See `spans_of`."""

    def __init__(
        self,
        joints_scale: Normaliser,
        initialisation: Initialisation,
        generator: torch.Generator,
        inputs: int,
        components: int,
    ):
        """
        Args:
            joints_scale: of the joint space.
            initialisation, generator: as of `InverseNetwork`.
            inputs: size of the features of a target.
            components: answers to each.
        """
        dof = len(joints_scale.lower)
        super().__init__(dof, initialisation, generator, inputs=inputs, outputs=outputs_of(dof, components))
        self.components = components
        self.register_buffer("spans", spans_of(joints_scale), persistent=False)

    @ordinary_numerics()
    @torch.no_grad()
    def spread_outputs(self, inputs: Tensor, spread: float, offset: float, generator: torch.Generator) -> None:
        """As of `InverseNetwork`; then every component gets a mean of its own, drawn from the joint space."""
        super().spread_outputs(inputs, spread, offset, generator)
        last = self.layers[-1]
        assert isinstance(last, nn.Linear)
        shares = torch.rand(self.components, self.dof, generator=generator, dtype=inputs.dtype, device=inputs.device)
        last.bias[: -self.components] += on_circles(shares, self.spans).reshape(-1)
        last.weight[-self.components :] *= _WEIGHTS_SPREAD
        last.bias[-self.components :] *= _WEIGHTS_SPREAD

    def answers(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """All components: points (n, components, dof, 2), and the logarithms of their weights (n, components)."""
        outputs = self.layers(inputs)
        points = outputs[:, : -self.components].unflatten(1, (self.components, self.dof, 2))
        return normalize(points, dim=-1, eps=_LEAST), outputs[:, -self.components :].log_softmax(dim=1)

    def forward(self, inputs: Tensor, latent: Tensor | None = None) -> Tensor:
        points, weights = self.answers(inputs)
        return self._angles(points, weights.argmax(dim=1))

    def ranked(self, inputs: Tensor, ranks: Tensor) -> Tensor:
        """Normalised joint angles (n, dof) of one component each: the heaviest has rank 0, and after the lightest the
        heaviest comes again.

        Args:
            inputs: (n, inputs).
            ranks: (n,) of int.
        """
        points, weights = self.answers(inputs)
        order = weights.topk(self.components, dim=1).indices
        return self._angles(points, order.gather(1, (ranks % self.components)[:, None])[:, 0])

    def drawn(self, inputs: Tensor, generator: torch.Generator) -> Tensor:
        """Normalised joint angles (n, dof) of one component each, drawn by the weights."""
        points, weights = self.answers(inputs)
        return self._angles(points, torch.multinomial(weights.exp(), 1, generator=generator)[:, 0])

    def _angles(self, points: Tensor, components: Tensor) -> Tensor:
        """Normalised joint angles (n, dof) of one component (n,) each."""
        chosen = components[:, None, None, None].expand(-1, 1, self.dof, 2)
        return from_circles(points.gather(1, chosen)[:, 0], self.spans)

    def squared_distances(self, points: Tensor, joint_angles: Tensor) -> Tensor:
        """From joint angles (n, dof) to each component (n, components): means over joints, in shares of ranges."""
        apart = (points - on_circles(joint_angles, self.spans)[:, None]).square().sum(dim=-1)
        return (apart / self.spans.square()).mean(dim=-1)

    @property
    def settings(self) -> dict[str, Any]:
        return {**super().settings, "components": self.components}

    @classmethod
    def restored(cls, settings: Mapping[str, Any], inputs: int, joints_scale: Normaliser) -> Self:
        return cls(joints_scale, "he_uniform", torch.Generator("cpu"), inputs, settings["components"])

    @staticmethod
    def shapes(settings: Mapping[str, Any], inputs: int) -> dict[str, tuple[int, ...]]:
        last = outputs_of(settings["dof"], settings["components"])
        return shapes_of((inputs, *HIDDEN_WIDTHS, last))


def outputs_of(dof: int, components: int) -> int:
    """The size of the last layer."""
    return components * (2 * dof + 1)
