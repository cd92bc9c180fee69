"""Conditional flow matching: a network learns the velocity at which normal numbers become joint angles.

Normal numbers and the joint angles of a label are joined by a straight line, which is walked in one unit of time. The
network is fitted, by least squares, to the velocity of all lines that pass a place at a time, given the target. Where
lines of two branches cross it learns their mean, and the paths that follow it part there without crossing.

Source: Lipman et al., "Flow matching for generative modeling" (2023); Liu et al., "Flow straight and fast" (2023).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from emssl_bench.methods.base import Problem, Progress, setting
from emssl_bench.methods.generative_method import GenerativeMethod
from emssl_bench.solvers.flow_matching import FlowMatchingNetwork
from emssl_bench.solvers.unbounded import unbounded


@dataclass(frozen=True, kw_only=True)
class FlowMatching(GenerativeMethod):
    """Flow matching: the velocity from random numbers to joint angles, learned from labelled pairs."""

    title: ClassVar[str] = "Flow matching"

    learning_rate: float = setting(0.004, "initial learning rate of Adam", above=0)
    hidden_widths: tuple[int, ...] = setting((512, 512, 512), "hidden layers", least=1)
    steps: int = setting(8, "steps of the midpoint rule from random numbers to joint angles", least=1)

    def learn(self, problem: Problem) -> Iterator[Progress]:
        seeds, device = problem.seeds, problem.device
        sizes = problem.joint_space.dof, problem.task.features_size, self.hidden_widths, self.steps
        network, random = FlowMatchingNetwork(*sizes, seeds.torch("weights")), seeds.torch("latent", device)

        def loss(inputs: Tensor, joint_angles: Tensor) -> Tensor:
            ends, given = unbounded(joint_angles), {"dtype": torch.float32, "device": device}
            starts = torch.randn(ends.shape, generator=random, **given)
            times = torch.rand(len(ends), 1, generator=random, **given)
            places = starts + times * (ends - starts)
            return (network.velocity(inputs, places, times) - (ends - starts)).square().mean()

        yield from self.fitted(self.solver_of(network, problem), problem, loss, random)
