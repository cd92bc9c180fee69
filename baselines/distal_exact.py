"""Distal supervised learning through the exact arm: a reference, not compared with methods that know less.

The inverse network is trained so that network and arm in a row reproduce the target, as in `distal`. The arm is the
differentiable chain itself, not a network that has learned it. The other methods do without this gradient. The error
of a learned forward model is thus removed, and that of the inverse network remains.

Source: Jordan & Rumelhart (1992), with the environment in place of the distal teacher.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from emssl_bench.forward.chain import CountedChain
from emssl_bench.methods.base import Problem, Progress, setting
from emssl_bench.methods.network_method import NetworkMethod
from emssl_bench.methods.trainer import Schedule, Trainer
from emssl_bench.numerics import ordinary_numerics


@dataclass(frozen=True, kw_only=True)
class DistalExact(NetworkMethod):
    """Distal supervised learning through the exact arm's gradient, which the others do without."""

    title: ClassVar[str] = "Distal, given the arm's gradient"
    uses_joint_angles: ClassVar[bool] = False
    differentiates_arm: ClassVar[bool] = True

    learning_rate: float = setting(0.001, "initial learning rate of Adam", above=0)
    schedule: Schedule = setting("cosine", "learning rate over all gradient steps: constant, or cosine to 0")
    warmup: float = setting(
        0.4, "share of the gradient steps over which the rate rises from 0, as in `distal`", least=0, below=1
    )

    def learn(self, problem: Problem) -> Iterator[Progress]:
        forward = problem.forward
        assert isinstance(forward, CountedChain), "the harness gives it one: differentiates_arm"
        solver = self.new_solver(problem)
        total = self.total_steps(len(problem.targets))
        trainer = Trainer(solver.network, self.learning_rate, self.schedule, total, warmup=self.warmup)
        order = problem.seeds.torch("order")
        aims, aims_scale = self.aims(solver, problem.targets)
        with ordinary_numerics():
            aims_scale, joints_scale = (
                [torch.tensor(each, dtype=torch.float32, device=problem.device) for each in scale.gain_and_shift]
                for scale in (aims_scale, solver.joints_scale)
            )

        def error(inputs: Tensor, aims: Tensor) -> Tensor:
            gain, shift = joints_scale
            reached = forward.differentiable((solver.network(inputs) - shift) / gain, problem.task.differentiable)
            gain, shift = aims_scale
            return mse_loss(reached.to(aims) * gain + shift, aims)

        inputs = solver.prepared(problem.targets)
        for _ in problem.checkpoint.iterations(self.iterations, solver.network, trainer, order):
            last = trainer.epochs(self.epochs, error, self.training_batch, order, inputs, aims)
            yield Progress(solver, {"gradient_steps": trainer.steps}, last)
