"""A network that gives, for every target, a mixture of normal distributions over joint angles.

Unlike the answers of `mixture.MixtureNetwork`, components have scales of their own. So the mixture is a density, which
can be fitted by its likelihood and drawn from: what a target leaves open becomes a wide component.

Source: Bishop, "Mixture density networks" (1994); full covariances by the Cholesky factor of their inverse, Williams,
"Using neural networks to model conditional multivariate densities" (1996).
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, NamedTuple, Self, get_args

import torch
from torch import Tensor, nn

from emssl_bench.exceptions import ModelError
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.network import HIDDEN_WIDTHS, SolutionNetwork, fully_connected, shapes_of

Covariance = Literal["diagonal", "full"]

_LOG_SCALES = (-6.0, 2.0)
"""The least and the largest logarithm of a deviation, in halves of a joint range: likelihoods stay finite."""
_FIRST_LOG_SCALE = -0.7
_FIRST_MEANS = 0.8
"""First means are drawn from plus or minus this, so that components differ."""
_FIRST_WEIGHTS = 0.1
"""The last layer's weights are this much smaller than others, so that the first mixture is nearly the same for all."""


class Mixture(NamedTuple):
    """Mixtures of n targets. Joint angles are normalised to [-1, 1] here."""

    logits: Tensor
    """(n, components), of the weights."""
    means: Tensor
    """(n, components, dof)"""
    log_scales: Tensor
    """(n, components, dof)"""
    factors: Tensor | None
    """(n, components, dof, dof), lower triangular with ones on the diagonal: divided by its scales, F (q - mean) is
    standard normal. None: the identity."""


class MixtureDensityNetwork(SolutionNetwork):
    """The network of Table I with another last layer: for each component its weight, means and covariance.

    The first solution of a target is the mean of its heaviest component, the others are drawn from the mixture. Of
    their latent values the first picks a component, and the rest are the normal distribution's.
    """

    whole: ClassVar[Mapping[str, int]] = {"dof": 1, "components": 1}
    others: ClassVar[tuple[str, ...]] = ("covariance",)

    @ordinary_numerics()
    def __init__(self, dof: int, inputs: int, components: int, covariance: Covariance, generator: torch.Generator):
        """
        Args:
            dof: joint angles in an answer.
            inputs: size of the features of a target.
            components: of the mixture.
            covariance: "diagonal": the joints of a component are independent.
            generator: draws the weights.
        """
        super().__init__()
        self.dof, self.inputs, self.components, self.covariance = dof, inputs, components, covariance
        self.latent_size = 1 + dof
        self.first_latent = (-math.inf, *[0.0] * dof)
        widths = (inputs, *HIDDEN_WIDTHS, outputs_of(dof, components, covariance))
        self.layers = fully_connected(widths, "he_uniform", generator)
        last = self.layers[-1]
        assert isinstance(last, nn.Linear)
        with torch.no_grad():
            last.weight.mul_(_FIRST_WEIGHTS)
            means = torch.rand(components, dof, generator=generator, dtype=torch.float32, device="cpu")
            bias = last.bias.view(components, -1)
            bias[:, 1 : 1 + dof] = (2 * means - 1) * _FIRST_MEANS
            bias[:, 1 + dof : 1 + 2 * dof] = _FIRST_LOG_SCALE

    def mixture(self, inputs: Tensor) -> Mixture:
        """The mixtures of normalised features (n, inputs)."""
        outputs = self.layers(inputs).unflatten(-1, (self.components, -1))
        logits, means, log_scales, below = outputs.tensor_split([1, 1 + self.dof, 1 + 2 * self.dof], dim=-1)
        factors = None
        if self.covariance == "full":
            factors = torch.diag_embed(torch.ones_like(means))
            rows, columns = torch.tril_indices(self.dof, self.dof, -1, device=below.device)
            factors[..., rows, columns] = below
        return Mixture(logits[..., 0], means, log_scales.clamp(*_LOG_SCALES), factors)

    def log_density(self, inputs: Tensor, joint_angles: Tensor) -> Tensor:
        """The log density (n,) of normalised joint angles (n, dof), at features (n, inputs); a constant aside."""
        logits, means, log_scales, factors = self.mixture(inputs)
        apart = (2 * joint_angles - 1)[:, None] - means
        if factors is not None:
            apart = (factors @ apart[..., None])[..., 0]
        exponents = (apart * torch.exp(-log_scales)).square().sum(dim=-1) / 2
        return torch.logsumexp(logits.log_softmax(dim=-1) - log_scales.sum(dim=-1) - exponents, dim=-1)

    def forward(self, inputs: Tensor, latent: Tensor | None = None) -> Tensor:
        if latent is None:
            latent = torch.tensor(self.first_latent, dtype=inputs.dtype, device=inputs.device).expand(len(inputs), -1)
        logits, means, log_scales, factors = self.mixture(inputs)
        picked = _component(logits, latent[:, 0])
        noise = _of_component(torch.exp(log_scales), picked) * latent[:, 1:]
        if factors is not None:
            triangular = _of_component(factors, picked)
            noise = torch.linalg.solve_triangular(triangular, noise[..., None], upper=False, unitriangular=True)[..., 0]
        return ((_of_component(means, picked) + noise + 1) / 2).clamp(0, 1)

    @property
    def settings(self) -> dict[str, Any]:
        return {"dof": self.dof, "components": self.components, "covariance": self.covariance}

    @classmethod
    def restored(cls, settings: Mapping[str, Any], inputs: int, joints_scale: Normaliser) -> Self:
        own = settings["components"], settings["covariance"]
        return cls(settings["dof"], inputs, *own, torch.Generator("cpu"))

    @staticmethod
    def shapes(settings: Mapping[str, Any], inputs: int) -> dict[str, tuple[int, ...]]:
        last = outputs_of(settings["dof"], settings["components"], settings["covariance"])
        return shapes_of((inputs, *HIDDEN_WIDTHS, last))

    @staticmethod
    def check(settings: Mapping[str, Any]) -> None:
        if settings["covariance"] not in get_args(Covariance):
            raise ModelError(f"its covariance must be {' or '.join(get_args(Covariance))}")


def outputs_of(dof: int, components: int, covariance: Covariance) -> int:
    """The size of the last layer."""
    return components * (1 + 2 * dof + (dof * (dof - 1) // 2 if covariance == "full" else 0))


def _component(logits: Tensor, latent: Tensor) -> Tensor:
    """The number (n,) of a component, by the share of all weight that is below a normal latent value (n,).

    Components are ordered by weight, so that the least latent value gives the heaviest.
    """
    heaviest_first = logits.argsort(dim=-1, descending=True)
    reached = logits.gather(-1, heaviest_first).softmax(dim=-1).cumsum(dim=-1)
    place = (reached < torch.special.ndtr(latent)[:, None]).sum(dim=-1, keepdim=True).clamp(max=logits.shape[-1] - 1)
    return heaviest_first.gather(-1, place)[:, 0]


def _of_component(values: Tensor, picked: Tensor) -> Tensor:
    """Of values (n, components, \\*) those of the component picked (n,) for each row: (n, \\*)."""
    index = picked.reshape(-1, 1, *[1] * (values.ndim - 2)).expand(-1, 1, *values.shape[2:])
    return values.gather(1, index)[:, 0]
