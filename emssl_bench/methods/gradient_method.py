"""What every method that trains networks by gradient descent shares: how long, how fast, and in what batches."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from emssl_bench.methods.base import Method, Problem, setting
from emssl_bench.methods.trainer import Schedule
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.network import SolutionNetwork
from emssl_bench.solvers.network_solver import NetworkSolver
from emssl_bench.tasks.base import Features, Task


@dataclass(frozen=True, kw_only=True)
class GradientMethod(Method):
    """A method that trains networks by gradient descent, for `iterations` times `epochs` epochs."""

    resumable: ClassVar[bool] = True

    iterations: int = setting(200, "units of work: sampling rounds, or `epochs` passes through fixed data", least=1)
    epochs: int = setting(10, "passes through the data in each iteration", least=1)
    training_batch: int = setting(128, "samples in a gradient step", least=1)
    inference_batch: int = setting(512, "targets inferred at a time", least=1)
    learning_rate: float = setting(0.0015, "initial learning rate of Adam", above=0)
    schedule: Schedule = setting("constant", "learning rate over all gradient steps: constant, or cosine to 0")

    @property
    def units(self) -> int:
        return self.iterations

    def inputs_scale(self, features: Features) -> Normaliser:
        """The scale of the network's input: the box around the features (n, k) of training targets becomes [-1, 1]."""
        return Normaliser.of_inputs(features)

    def aims_scale(self, task: Task, coordinates: np.ndarray) -> Normaliser:
        """The scale of coordinates (n, k) that a forward model learns."""
        return Normaliser.alike(coordinates) if task.metric else self.inputs_scale(coordinates)

    def solver_of(self, network: SolutionNetwork, problem: Problem) -> NetworkSolver:
        """The solver that a network is trained in, scaled to the problem's targets and joint space."""
        scales = (
            self.inputs_scale(problem.task.features(problem.targets)),
            Normaliser.of_joint_space(problem.joint_space),
        )
        return NetworkSolver(network, *scales, self.inference_batch, problem.task)

    def total_steps(self, samples: int, epochs: int | None = None) -> int:
        """The number of gradient steps in so many epochs (by default all of the training), on so many samples each."""
        epochs = self.iterations * self.epochs if epochs is None else epochs
        return epochs * math.ceil(samples / self.training_batch)
