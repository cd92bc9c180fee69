"""Direct regression: joint angles fitted to positions by least squares.

A position has many solutions. Least squares learns their mean, which is none of them. The error that remains measures
how far from convex the set of solutions is, and no training removes it.

Source: the paper's first baseline; Jordan & Rumelhart (1992) on why it fails.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from emssl_bench.methods.base import Problem, Progress, setting
from emssl_bench.methods.network_method import NetworkMethod, RandomPairs, robust_error, tensors
from emssl_bench.methods.trainer import Schedule
from emssl_bench.solvers.network_solver import NetworkSolver


@dataclass(frozen=True, kw_only=True)
class DirectRegression(NetworkMethod):
    """Direct regression: least squares on labelled pairs."""

    title: ClassVar[str] = "Direct regression"

    schedule: Schedule = setting("cosine", "learning rate over all gradient steps: constant, or cosine to 0")

    cauchy_scale: float = setting(
        0.0,
        "disagreement with a label, as a share of the joint range, beyond which it counts less, as in `emssl-plus`; "
        "0: mean squared error",
        least=0,
    )

    def learn(self, problem: Problem) -> Iterator[Progress]:
        solver = self.new_solver(problem)
        yield from self.fitted(solver, problem, robust_error(solver, self.cauchy_scale))

    def adapt(self, solver: NetworkSolver, problem: Problem, samples: int) -> Iterator[Progress]:
        """The solver is fine-tuned on all pairs measured so far; in every iteration the rate is annealed again."""
        yield Progress(solver)
        order, measured = problem.seeds.torch("order"), RandomPairs(problem)
        steps, loss = self.total_steps(samples, self.epochs), robust_error(solver, self.cauchy_scale)
        changing = (solver.network, order, measured.random, measured.pairs)
        for iteration in problem.checkpoint.iterations(self.iterations, *changing):
            inputs, outputs = tensors(solver, **measured.more(samples))
            trainer = self.new_trainer(solver, steps)
            last = trainer.some(steps, loss, self.training_batch, order, inputs, outputs)
            yield Progress(solver, {"gradient_steps": (iteration + 1) * steps}, last)
