"""What every method that trains the network of Table I shares: how it begins, and what its losses are."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from emssl_bench.methods.base import Problem, Progress, setting
from emssl_bench.methods.gradient_method import GradientMethod
from emssl_bench.methods.trainer import Trainer
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.scaling import Normaliser
from emssl_bench.shapes import JointAngles, Targets
from emssl_bench.solvers.mixture import MixtureNetwork
from emssl_bench.solvers.network import FeedforwardNetwork, Initialisation, InverseNetwork
from emssl_bench.solvers.network_solver import NetworkSolver


@dataclass(frozen=True, kw_only=True)
class NetworkMethod(GradientMethod):
    """A method that trains the inverse network by gradient descent, for `iterations` times `epochs` epochs."""

    initialisation: Initialisation = setting("he_uniform", "initialisation of the weights")
    init_output_std: float = setting(
        0.5, "initial standard deviation of the outputs before the sigmoid; 0: as the weights have it", least=0
    )
    init_output_offset: float = setting(
        0.0, "initial mean outputs before the sigmoid are drawn from plus or minus this", least=0
    )

    def new_solver(self, problem: Problem, latent_size: int = 0, components: int = 1) -> NetworkSolver:
        """A randomly initialised network, scaled to the problem's targets and joint space.

        Args:
            problem: what is to be learned.
            latent_size: latent values that the network takes beside the features.
            components: answers that it has to a target, if there are more than one.

        Source: Algorithm 1, line 1, "initialize randomly": docs/tuning.md says why that needs care.
        """
        generator = problem.seeds.torch("weights")
        task, space = problem.task, problem.joint_space
        scales = self.inputs_scale(task.features(problem.targets)), Normaliser.of_joint_space(space)
        if components > 1:
            drawn = self.initialisation, generator
            network = MixtureNetwork(scales[1], *drawn, task.features_size, components)
        else:
            network = self.new_network(space.dof, task.features_size, latent_size, generator)
        solver = NetworkSolver(network, *scales, self.inference_batch, task)
        if self.init_output_std:
            network.spread_outputs(
                solver.prepared(problem.targets), self.init_output_std, self.init_output_offset, generator
            )
        network.to(problem.device)
        return solver

    def new_network(self, dof: int, inputs: int, latent_size: int, generator: torch.Generator) -> FeedforwardNetwork:
        """A network with random weights, from so many features and latent values to joint angles."""
        return InverseNetwork(dof, self.initialisation, generator, latent_size, inputs)

    def aims(self, solver: NetworkSolver, targets: Targets) -> tuple[Tensor, Normaliser]:
        """What a method that trains through a forward model wants reached: the targets' coordinates (n, k), normalised,
        in float32, on the network's device; and their scale."""
        coordinates = solver.task.coordinates(targets)
        scale = self.aims_scale(solver.task, coordinates)
        return normalised(solver, scale, coordinates), scale

    def new_trainer(self, solver: NetworkSolver, total_steps: int) -> Trainer:
        """A new Adam on the solver's network, at the method's rate and schedule over so many gradient steps."""
        return Trainer(solver.network, self.learning_rate, self.schedule, total_steps)

    def fitted(
        self,
        solver: NetworkSolver,
        problem: Problem,
        loss: Callable[[Tensor, Tensor], Tensor],
        *drawing: torch.Generator,
    ) -> Iterator[Progress]:
        """Trains the solver's network on labelled pairs, and yields after every iteration.

        Args:
            solver: with a randomly initialised network.
            problem: the labelled pairs.
            loss: of a batch of `tensors`.
            drawing: what else the loss draws from.
        """
        trainer = self.new_trainer(solver, self.total_steps(len(problem.targets)))
        order = problem.seeds.torch("order")
        inputs, outputs = tensors(solver, problem.joint_angles, problem.targets)
        for _ in problem.checkpoint.iterations(self.iterations, solver.network, trainer, order, *drawing):
            last = trainer.epochs(self.epochs, loss, self.training_batch, order, inputs, outputs)
            yield Progress(solver, {"gradient_steps": trainer.steps}, last)


def tensors(solver: NetworkSolver, joint_angles: JointAngles, targets: Targets) -> tuple[Tensor, Tensor]:
    """Normalised features of targets (n, columns) that joint angles (n, dof) [rad] reach, and those joint angles
    normalised: in float32, on the network's device."""
    return solver.prepared(targets), normalised(solver, solver.joints_scale, joint_angles)


@ordinary_numerics()
def normalised(solver: NetworkSolver, scale: Normaliser, rows: np.ndarray) -> Tensor:
    """Rows (n, k) by a scale, in float32, on the network's device."""
    found = torch.from_numpy(scale.normalise(rows)).to(torch.float32)
    return found.to(next(solver.network.parameters()).device)


def squared_error(solver: NetworkSolver) -> Callable[[Tensor, Tensor], Tensor]:
    """The mean squared error of normalised joint angles, of a batch of `tensors`."""
    return lambda inputs, outputs: mse_loss(solver.network(inputs), outputs)


def robust_error(solver: NetworkSolver, scale: float) -> Callable[[Tensor, Tensor], Tensor]:
    """The Cauchy loss of normalised joint angles, of a batch of `tensors`: near zero the mean squared error.

    It grows only with the logarithm of a large disagreement, so that joint angles of another branch count little.

    Args:
        solver: the network.
        scale: the disagreement, as a share of the joint range, beyond which a sample counts less; 0: squared error.

    Source: Black & Anandan, "The robust estimation of multiple motions" (1996).
    """
    if not scale:
        return squared_error(solver)
    square = scale**2

    def cauchy(inputs: Tensor, outputs: Tensor) -> Tensor:
        return square * torch.log1p((solver.network(inputs) - outputs).square().mean(dim=1) / square).mean()

    return cauchy


def mixture_error(network: MixtureNetwork, scale: float, exponent: float) -> Callable[[Tensor, Tensor], Tensor]:
    """The negative logarithm of how likely a network with several answers makes the joint angles of a batch.

    Around each answer, the likelihood of joint angles with the mean square distance r, in shares of the joint range,
    is (1 + r / scale^2)^-exponent. As in `robust_error`, what is far away counts only by the logarithm.

    Args:
        network: with several answers.
        scale: the distance within which an answer fits.
        exponent: how fast it stops fitting beyond that.
    """
    square = scale**2

    def error(inputs: Tensor, outputs: Tensor) -> Tensor:
        points, weights = network.answers(inputs)
        misfit = torch.log1p(network.squared_distances(points, outputs) / square)
        return -square * torch.logsumexp(weights - exponent * misfit, dim=1).mean()

    return error


def samplings(
    targets: int, size: int, parts: int, steps: int, random: np.random.Generator
) -> Iterator[tuple[float, np.ndarray, int]]:
    """The samplings of an iteration of which each has its share of the targets, and of the gradient steps.

    Args:
        targets: how many there are.
        size: so many of them are sampled for in the iteration.
        parts: samplings, if there are enough targets.
        steps: gradient steps in the iteration.
        random: draws the order of the targets.

    Yields:
        How much of the iteration is over, from 0 to 1; the numbers of the targets; the steps that follow.
    """
    chosen = np.array_split(random.permutation(targets)[:size], min(parts, size))
    for part, rows in enumerate(chosen):
        yield part / len(chosen), rows, steps * (part + 1) // len(chosen) - steps * part // len(chosen)


def no_pairs(problem: Problem) -> dict[str, np.ndarray]:
    """An empty set of pairs: "joint_angles" (0, dof) [rad], and the "targets" (0, columns) that they reach."""
    return {
        "joint_angles": np.empty((0, problem.joint_space.dof)),
        "targets": np.empty((0, problem.task.columns)),
    }


class RandomPairs:
    """Pairs measured at random joint angles, for methods that learn from labels when the arm has changed."""

    def __init__(self, problem: Problem):
        self.problem = problem
        self.random = problem.seeds.numpy("babble")
        self.pairs = no_pairs(problem)
        """All measured so far."""

    def more(self, count: int) -> dict[str, np.ndarray]:
        """Measures `count` more, and returns all measured so far."""
        joint_angles = self.chosen(count)
        measured = {"joint_angles": joint_angles, "targets": self.problem.query(joint_angles)}
        for name, rows in measured.items():
            self.pairs[name] = np.concatenate([self.pairs[name], rows])
        return self.pairs

    def chosen(self, count: int) -> JointAngles:
        """Where to measure next: joint angles (count, dof) [rad]."""
        return self.problem.joint_space.sample(count, self.random)
