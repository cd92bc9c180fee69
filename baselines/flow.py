"""A conditional normalising flow: joint angles as an invertible function of normal numbers and the target.

It is fitted by its likelihood, which an invertible function gives exactly. All its answers are drawn, as the CGAN's
are: where branches meet, the middle of the normal numbers lies between them, and is no better answer than others.

It needs zuko: pip install 'emssl-bench[flows]'.

Source: Ardizzone et al., "Analyzing inverse problems with invertible neural networks" (2019); the splines: Durkan et
al., "Neural spline flows" (2019).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from emssl_bench.methods.base import Problem, Progress, setting
from emssl_bench.methods.generative_method import GenerativeMethod
from emssl_bench.solvers.flow import FlowNetwork


@dataclass(frozen=True, kw_only=True)
class Flow(GenerativeMethod):
    """Normalising flow: joint angles as an invertible function of random numbers, fitted to labelled pairs."""

    title: ClassVar[str] = "Flow"
    requires: ClassVar[Mapping[str, str]] = {"zuko": "flows"}

    learning_rate: float = setting(0.008, "initial learning rate of Adam", above=0)
    transforms: int = setting(3, "layers of splines, each with a network of its own", least=1)
    bins: int = setting(8, "bins of a spline", least=2)
    hidden_widths: tuple[int, ...] = setting((256, 256), "hidden layers of each of these networks", least=1)

    def learn(self, problem: Problem) -> Iterator[Progress]:
        sizes = problem.joint_space.dof, problem.task.features_size, self.transforms, self.bins
        network = FlowNetwork(*sizes, self.hidden_widths, problem.seeds.torch("weights"))

        def loss(inputs: Tensor, joint_angles: Tensor) -> Tensor:
            return -network.log_density(inputs, joint_angles).mean()

        yield from self.fitted(self.solver_of(network, problem), problem, loss)
