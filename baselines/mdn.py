"""A mixture density network: a mixture of normal distributions over joint angles, fitted by its likelihood.

A target has several branches of solutions. Each becomes a component or more, with a weight and a width of its own. The
one answer is the mean of the heaviest component; further ones are drawn from the mixture. The most precise component
would be a worse answer: where a component is narrow by accident, it is far from the arm's solutions.

Its network differs from that of Table I in the last layer. It does not share the answers on circles that `emssl-plus`
has for poses (`solvers/mixture.py`): those have no widths, so that nothing can be drawn from them.

Source: Bishop, "Mixture density networks" (1994).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from emssl_bench.methods.base import Problem, Progress, setting
from emssl_bench.methods.generative_method import GenerativeMethod
from emssl_bench.solvers.mixture_density import Covariance, MixtureDensityNetwork


@dataclass(frozen=True, kw_only=True)
class MixtureDensity(GenerativeMethod):
    """Mixture density network: normal distributions around several solutions, fitted to labelled pairs."""

    title: ClassVar[str] = "MDN"

    components: int = setting(128, "normal distributions in the mixture of a target", least=1)
    covariance: Covariance = setting("diagonal", "of each distribution: diagonal, or full, so that joints are related")

    def learn(self, problem: Problem) -> Iterator[Progress]:
        sizes = problem.joint_space.dof, problem.task.features_size, self.components
        network = MixtureDensityNetwork(*sizes, self.covariance, problem.seeds.torch("weights"))

        def loss(inputs: Tensor, joint_angles: Tensor) -> Tensor:
            return -network.log_density(inputs, joint_angles).mean()

        yield from self.fitted(self.solver_of(network, problem), problem, loss)
