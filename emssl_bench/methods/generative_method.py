"""What methods share that learn a distribution: how the joint angles of all labels that reach a target are spread."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from emssl_bench.methods.base import Problem, Progress, setting
from emssl_bench.methods.gradient_method import GradientMethod
from emssl_bench.methods.network_method import tensors
from emssl_bench.methods.trainer import Schedule, Trainer
from emssl_bench.solvers.network_solver import NetworkSolver


@dataclass(frozen=True, kw_only=True)
class GenerativeMethod(GradientMethod):
    """A method that trains one network, from which solutions are drawn, on labelled pairs."""

    learning_rate: float = setting(0.001, "initial learning rate of Adam", above=0)
    schedule: Schedule = setting("cosine", "learning rate over all gradient steps: constant, or cosine to 0")
    warmup: float = setting(
        0.1, "share of all gradient steps over which the learning rate first rises from 0", least=0, below=1
    )
    gradient_clip: float = setting(5.0, "norm that the gradient of a step is cut to; 0: it is not cut", least=0)

    def fitted(
        self,
        solver: NetworkSolver,
        problem: Problem,
        loss: Callable[[Tensor, Tensor], Tensor],
        *drawing: torch.Generator,
    ) -> Iterator[Progress]:
        """Trains the solver's network, and yields after every iteration.

        Args:
            solver: with a randomly initialised network.
            problem: the labelled pairs.
            loss: of normalised features (n, inputs) and normalised joint angles (n, dof).
            drawing: what else the loss draws from.
        """
        solver.network.to(problem.device)
        total = self.total_steps(len(problem.targets))
        rate = self.learning_rate, self.schedule, total
        trainer = Trainer(solver.network, *rate, warmup=self.warmup, clip=self.gradient_clip)
        order = problem.seeds.torch("order")
        inputs, outputs = tensors(solver, problem.joint_angles, problem.targets)
        for _ in problem.checkpoint.iterations(self.iterations, solver.network, trainer, order, *drawing):
            last = trainer.epochs(self.epochs, loss, self.training_batch, order, inputs, outputs)
            yield Progress(solver, {"gradient_steps": trainer.steps}, last)
