"""Direct regression by a convolutional network, which takes a target for an image with one row.

It fails as direct regression does, and for the same reason: a target has many solutions, and least squares learns their
mean, which is none of them. What the network is made of changes nothing about that.

Source: Elkholy, Shahin, Shaarawy et al., "Solving inverse kinematics of a 7-DOF manipulator using convolutional neural
network" (2020). Its layers are not known to us; these are two convolutions and a hidden layer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch

from emssl_bench.methods.base import Problem, Progress, setting
from emssl_bench.methods.network_method import NetworkMethod, squared_error
from emssl_bench.methods.trainer import Schedule
from emssl_bench.solvers.convolutional import ConvolutionalNetwork


@dataclass(frozen=True, kw_only=True)
class Cnn(NetworkMethod):
    """Convolutional network: direct regression by least squares, with convolutions over the target."""

    title: ClassVar[str] = "CNN"

    schedule: Schedule = setting("cosine", "learning rate over all gradient steps: constant, or cosine to 0")
    channels: tuple[int, ...] = setting((32, 64), "channels of each convolution", least=1)
    hidden_width: int = setting(128, "width of the hidden layer after them", least=1)

    def learn(self, problem: Problem) -> Iterator[Progress]:
        solver = self.new_solver(problem)
        yield from self.fitted(solver, problem, squared_error(solver))

    def new_network(self, dof: int, inputs: int, latent_size: int, generator: torch.Generator) -> ConvolutionalNetwork:
        return ConvolutionalNetwork(dof, inputs, self.channels, self.hidden_width, self.initialisation, generator)
