"""A conditional normalising flow: an invertible map between joint angles and normal numbers, different for each target.

The flow is zuko's neural spline flow, an extra of the suite.

Source: Durkan et al., "Neural spline flows" (2019); for arms Ardizzone et al., "Analyzing inverse problems with
invertible neural networks" (2019), and Ames et al., "IKFlow: generating diverse inverse kinematics solutions" (2022).
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from emssl_bench.exceptions import MissingDependency, ModelError
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.network import SolutionNetwork, shapes_of
from emssl_bench.solvers.saved_settings import check_widths
from emssl_bench.solvers.unbounded import bounded, unbounded

_MOST_TRANSFORMS, _MOST_LAYERS, _MOST_WIDTH = 1_000, 100, 10**6
"""Of a saved flow."""


class FlowNetwork(SolutionNetwork):
    """Splines, one for each joint in turn, whose knots follow from the target and from the joints before."""

    whole: ClassVar[Mapping[str, int]] = {"dof": 1, "transforms": 1, "bins": 2}
    others: ClassVar[tuple[str, ...]] = ("hidden_widths",)

    @ordinary_numerics()
    def __init__(
        self,
        dof: int,
        inputs: int,
        transforms: int,
        bins: int,
        hidden_widths: tuple[int, ...],
        generator: torch.Generator,
    ):
        """
        Args:
            dof: joint angles in an answer.
            inputs: size of the features of a target.
            transforms: layers of splines; the order of the joints is reversed from one to the next.
            bins: of a spline.
            hidden_widths: hidden layers of the network behind each layer of splines.
            generator: draws the weights.

        Raises:
            MissingDependency: zuko is not installed.
        """
        super().__init__()
        self.dof, self.inputs, self.latent_size = dof, inputs, dof
        self.transforms, self.bins, self.hidden_widths = transforms, bins, tuple(hidden_widths)
        zuko = _imported()
        with torch.random.fork_rng(devices=[]), torch.device("cpu"):  # it draws weights, which are not kept
            made = zuko.flows.NSF(dof, inputs, bins, transforms=transforms, hidden_features=self.hidden_widths)
        self.flow = made.transform.to("cpu", torch.float32)
        with torch.no_grad():
            for layer in self.flow.modules():
                if isinstance(layer, nn.Linear | zuko.nn.Linear):
                    bound = layer.in_features**-0.5
                    layer.weight.uniform_(-bound, bound, generator=generator)
                    layer.bias.uniform_(-bound, bound, generator=generator)

    def log_density(self, inputs: Tensor, joint_angles: Tensor) -> Tensor:
        """The log density (n,) of normalised joint angles (n, dof), at features (n, inputs).

        Without what no weight changes: the normal distribution's constant, and the scale of the joint angles.
        """
        normal, volume = self.flow(inputs).call_and_ladj(unbounded(joint_angles))
        return volume - normal.square().sum(dim=-1) / 2

    def forward(self, inputs: Tensor, latent: Tensor) -> Tensor:
        return bounded(self.flow(inputs).inv(latent))

    @property
    def settings(self) -> dict[str, Any]:
        own = {"transforms": self.transforms, "bins": self.bins, "hidden_widths": list(self.hidden_widths)}
        return {"dof": self.dof, **own}

    @classmethod
    def restored(cls, settings: Mapping[str, Any], inputs: int, joints_scale: Normaliser) -> Self:
        own = settings["transforms"], settings["bins"], tuple(settings["hidden_widths"])
        return cls(settings["dof"], inputs, *own, torch.Generator("cpu"))

    @staticmethod
    def shapes(settings: Mapping[str, Any], inputs: int) -> dict[str, tuple[int, ...]]:
        """See `SolutionNetwork.shapes`. A spline has a width and a height for each bin, and slopes between them."""
        dof, knots = settings["dof"], 3 * settings["bins"] - 1
        widths = (inputs + (dof if dof > 1 else 0), *settings["hidden_widths"], dof * knots)
        of_each = shapes_of(widths, "hyper.")
        return {
            f"flow.transforms.{number}.{name}": shape
            for number in range(settings["transforms"])
            for name, shape in of_each.items()
        }

    @staticmethod
    def check(settings: Mapping[str, Any]) -> None:
        if settings["transforms"] > _MOST_TRANSFORMS:
            raise ModelError(f"its transforms must be at most {_MOST_TRANSFORMS:,}")
        check_widths("hidden_widths", settings["hidden_widths"], _MOST_LAYERS, _MOST_WIDTH)


def _imported() -> Any:
    try:
        import zuko
    except ImportError:
        raise MissingDependency("flows need the package zuko: pip install 'emssl-bench[flows]'.") from None
    return zuko
