"""What every method that trains the network of Table I shares: settings, and an optimiser with a schedule."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from emssl_bench.methods.base import Method, Problem, setting
from emssl_bench.methods.trainer import Schedule, Trainer
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.scaling import Normaliser
from emssl_bench.shapes import JointAngles, Positions
from emssl_bench.solvers.network import Initialisation, InverseNetwork
from emssl_bench.solvers.network_solver import NetworkSolver


@dataclass(frozen=True, kw_only=True)
class NetworkMethod(Method):
    """A method that trains the inverse network by gradient descent, for `iterations` times `epochs` epochs."""

    resumable: ClassVar[bool] = True

    iterations: int = setting(200, "units of work: sampling rounds, or `epochs` passes through fixed data", least=1)
    epochs: int = setting(10, "passes through the data in each iteration", least=1)
    training_batch: int = setting(128, "samples in a gradient step", least=1)
    inference_batch: int = setting(512, "targets inferred at a time", least=1)
    learning_rate: float = setting(0.0015, "initial learning rate of Adam", above=0)
    schedule: Schedule = setting("constant", "learning rate over all gradient steps: constant, or cosine to 0")
    initialisation: Initialisation = setting("he_uniform", "initialisation of the weights")
    output_spread: float = setting(
        0.5, "initial standard deviation of the outputs before the sigmoid; 0: as the weights have it", least=0
    )
    output_offset: float = setting(
        0.0, "initial mean outputs before the sigmoid are drawn from plus or minus this", least=0
    )

    @property
    def units(self) -> int:
        return self.iterations

    def new_solver(self, problem: Problem, latent_size: int = 0) -> NetworkSolver:
        """A randomly initialised network, scaled to the problem's targets and joint space.

        Source: Algorithm 1, line 1, "initialize randomly": docs/tuning.md says why that needs care.
        """
        generator = problem.seeds.torch("weights")
        network = InverseNetwork(problem.joint_space.dof, self.initialisation, generator, latent_size)
        scales = self.positions_scale(problem.targets), Normaliser.of_joint_space(problem.joint_space)
        solver = NetworkSolver(network, *scales, self.inference_batch)
        if self.output_spread:
            network.spread_outputs(solver.prepared(problem.targets), self.output_spread, self.output_offset, generator)
        network.to(problem.device)
        return solver

    def positions_scale(self, positions: Positions) -> Normaliser:
        """The scale of the network's input: the box around the training targets (n, 3) [m] becomes [-1, 1]."""
        return Normaliser.of_positions(positions)

    def new_trainer(self, solver: NetworkSolver, total_steps: int) -> Trainer:
        """A new Adam on the solver's network, at the method's rate and schedule over so many gradient steps."""
        return Trainer(solver.network, self.learning_rate, self.schedule, total_steps)

    def total_steps(self, samples: int, epochs: int | None = None) -> int:
        """The number of gradient steps in so many epochs (by default all of the training), on so many samples each."""
        epochs = self.iterations * self.epochs if epochs is None else epochs
        return epochs * math.ceil(samples / self.training_batch)


def tensors(solver: NetworkSolver, joint_angles: JointAngles, positions: Positions) -> tuple[Tensor, Tensor]:
    """Normalised positions (n, 3) and joint angles (n, dof) in float32, on the network's device."""
    inputs = solver.prepared(positions)
    with ordinary_numerics():
        outputs = torch.from_numpy(solver.joints_scale.normalise(joint_angles)).to(torch.float32)
        return inputs, outputs.to(inputs.device)


def squared_error(solver: NetworkSolver) -> Callable[[Tensor, Tensor], Tensor]:
    """The mean squared error of normalised joint angles, of a batch of `tensors`."""
    return lambda inputs, outputs: mse_loss(solver.network(inputs), outputs)


class RandomPairs:
    """Pairs measured at random joint angles, for methods that learn from labels when the arm has changed."""

    def __init__(self, problem: Problem):
        self._space, self._arm = problem.joint_space, problem.forward
        self.random = problem.seeds.numpy("babble")
        self.pairs = {"joint_angles": np.empty((0, self._space.dof)), "positions": np.empty((0, 3))}
        """All measured so far, joint_angles (n, dof) [rad] and positions (n, 3) [m]."""

    def more(self, count: int) -> dict[str, np.ndarray]:
        """Measures `count` more, and returns all measured so far."""
        joint_angles = self._space.sample(count, self.random)
        measured = {"joint_angles": joint_angles, "positions": self._arm.positions(joint_angles)}
        for name, rows in measured.items():
            self.pairs[name] = np.concatenate([self.pairs[name], rows])
        return self.pairs
