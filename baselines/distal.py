"""Distal supervised learning: the inverse network is trained through a learned forward model.

First a forward network learns positions from joint angles. Then it is frozen, and the inverse network is trained so
that the two in a row reproduce the position. The inverse network settles on one of the many solutions, so that nothing
is averaged. It is no more exact than the forward network, and it exploits the weak spots of that network.

Source: Jordan & Rumelhart, "Forward models: supervised learning with a distal teacher" (1992), with the
predicted performance error; the paper's second baseline. The warm-up is ours: Adam's first steps, through an arm,
drive joints to the ends of their range, where the gradient of a sigmoid vanishes and they stay. Ma & Yarats, "On the
adequacy of untuned warmup for adaptive optimization" (2021), treat it for Adam in general.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from emssl_bench.methods.base import Problem, Progress, setting
from emssl_bench.methods.network_method import NetworkMethod, RandomPairs, normalised, tensors
from emssl_bench.methods.phases import busy_with
from emssl_bench.methods.trainer import Schedule, Trainer
from emssl_bench.seeding import Seeds
from emssl_bench.solvers.network import HIDDEN_WIDTHS, SolutionNetwork, fully_connected
from emssl_bench.solvers.network_solver import NetworkSolver


@dataclass(frozen=True, kw_only=True)
class DistalSupervised(NetworkMethod):
    """Distal supervised learning: trained through a learned, frozen forward model."""

    title: ClassVar[str] = "Distal supervised learning"

    schedule: Schedule = setting("cosine", "both learning rates over all gradient steps: constant, or cosine to 0")
    learning_rate: float = setting(0.001, "initial learning rate of Adam on the inverse network", above=0)
    warmup: float = setting(
        0.4,
        "share of its gradient steps over which this rate rises from 0, lest joints stick at an end; not when adapting",
        least=0,
        below=1,
    )
    forward_learning_rate: float = setting(0.0015, "initial learning rate of Adam on the forward network", above=0)
    forward_widths: tuple[int, ...] = setting(
        HIDDEN_WIDTHS, "hidden layers of the forward network; by default those of the inverse network", least=1
    )
    forward_epochs: int = setting(0, "passes of the forward network through the data; 0: iterations x epochs", least=0)

    def learn(self, problem: Problem) -> Iterator[Progress]:
        solver, checkpoint = self.new_solver(problem), problem.checkpoint
        inputs, joint_angles = tensors(solver, problem.joint_angles, problem.targets)
        aims, _ = self.aims(solver, problem.targets)
        order = problem.seeds.torch("order")
        forward_network = self._new_forward(solver.network, aims, problem.seeds)
        forward_steps = self._forward_steps(aims)
        if not checkpoint.already:
            self._learn_forward(forward_network, joint_angles, aims, order, forward_steps)
        total = self.total_steps(len(inputs))
        trainer = Trainer(solver.network, self.learning_rate, self.schedule, total, warmup=self.warmup)
        error = self._distal_error(solver, forward_network)
        for _ in checkpoint.iterations(self.iterations, solver.network, forward_network, trainer, order):
            last = trainer.epochs(self.epochs, error, self.training_batch, order, inputs, aims)
            yield Progress(solver, {"gradient_steps": trainer.steps, "other_gradient_steps": forward_steps}, last)

    def adapt(self, solver: NetworkSolver, problem: Problem, samples: int) -> Iterator[Progress]:
        """The forward model is fine-tuned on pairs measured on the changed arm, and the inverse model through it.

        A saved solver does not include the forward model of the unchanged arm. It is learned again, from the same
        data, before the solver as it stands is yielded.
        """
        checkpoint = problem.checkpoint
        inputs, joint_angles = tensors(solver, problem.joint_angles, problem.targets)
        aims, scale = self.aims(solver, problem.targets)
        order, measured = problem.seeds.torch("order"), RandomPairs(problem)
        forward_network = self._new_forward(solver.network, aims, problem.seeds)
        if not checkpoint.already:
            self._learn_forward(forward_network, joint_angles, aims, order, self._forward_steps(aims))
        yield Progress(solver)
        error = self._distal_error(solver, forward_network)
        steps = self.total_steps(samples, self.epochs)
        changing = (solver.network, forward_network, order, measured.random, measured.pairs)
        for iteration in checkpoint.iterations(self.iterations, *changing):
            pairs = measured.more(samples)
            _, more_angles = tensors(solver, **pairs)
            more_aims = normalised(solver, scale, problem.task.coordinates(pairs["targets"]))
            self._learn_forward(forward_network, more_angles, more_aims, order, steps)
            some = torch.randperm(len(inputs), generator=order, device=order.device)[:samples].to(inputs.device)
            trainer = self.new_trainer(solver, steps)
            last = trainer.epochs(self.epochs, error, self.training_batch, order, inputs[some], aims[some])
            taken = (iteration + 1) * steps
            yield Progress(solver, {"gradient_steps": taken, "other_gradient_steps": taken}, last)

    def _new_forward(self, inverse: SolutionNetwork, aims: Tensor, seeds: Seeds) -> nn.Sequential:
        """A frozen network from normalised joint angles in [-1, 1] to what is aimed at; smooth, like an arm."""
        widths = (inverse.dof, *self.forward_widths, aims.shape[1])
        network = fully_connected(widths, self.initialisation, seeds.torch("forward weights"), nn.SiLU)
        return network.requires_grad_(False).to(aims.device)

    def _forward_steps(self, aims: Tensor) -> int:
        """Gradient steps that the forward network of an unchanged arm takes."""
        return self.total_steps(len(aims), self.forward_epochs or None)

    def _learn_forward(
        self,
        network: nn.Sequential,
        joint_angles: Tensor,
        aims: Tensor,
        order: torch.Generator,
        steps: int,
    ) -> None:
        """Trains the forward network for so many gradient steps, and freezes it again."""
        network.requires_grad_(True)
        trainer = Trainer(network, self.forward_learning_rate, self.schedule, steps)

        def error(q: Tensor, p: Tensor) -> Tensor:
            busy_with("learning the forward model", trainer.steps / steps)
            return mse_loss(network(2 * q - 1), p)

        trainer.some(steps, error, self.training_batch, order, joint_angles, aims)
        network.requires_grad_(False)

    def _distal_error(
        self, solver: NetworkSolver, forward_network: nn.Sequential
    ) -> Callable[[Tensor, Tensor], Tensor]:
        return lambda inputs, aims: mse_loss(forward_network(2 * solver.network(inputs) - 1), aims)
