"""Distal supervised learning through the exact arm: given what no rival has, and therefore none.

The inverse network is trained so that arm and network in a row reproduce the position, as in `distal`, but the arm
is the differentiable chain itself and not a network that has learned it. That needs what the other methods do
without: a forward model whose gradient can be had. No error of a learned forward model is left; what is left is the
inverse network's own, with the same loss as `distal`, after so many gradient steps.

Source: Jordan & Rumelhart (1992), with the environment in place of the distal teacher.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from emssl_bench.data import TrainingData
from emssl_bench.forward import ForwardModel
from emssl_bench.forward.chain import CountedChain
from emssl_bench.methods.base import Progress, setting
from emssl_bench.methods.checkpoint import UNINTERRUPTED, Checkpoint
from emssl_bench.methods.network_method import NetworkMethod
from emssl_bench.methods.trainer import Schedule, Trainer
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.seeding import Seeds


@dataclass(frozen=True, kw_only=True)
class DistalExact(NetworkMethod):
    """Distal supervised learning through the exact arm's gradient, which the others do without."""

    title: ClassVar[str] = "Distal, given the arm's gradient"
    uses_joint_angles: ClassVar[bool] = False
    differentiates_arm: ClassVar[bool] = True

    learning_rate: float = setting(0.001, "of Adam, at the start", above=0)
    schedule: Schedule = setting("cosine", "of the learning rate over all gradient steps: constant, or cosine to 0")
    warmup: float = setting(
        0.4, "share of the gradient steps over which the rate rises from 0, as in `distal`", least=0, below=1
    )

    def learn(
        self,
        data: TrainingData,
        forward: ForwardModel,
        seeds: Seeds,
        device: str,
        checkpoint: Checkpoint = UNINTERRUPTED,
    ) -> Iterator[Progress]:
        assert isinstance(forward, CountedChain), "the harness gives it one: differentiates_arm"
        model = self.new_model(data, seeds, device)
        total = self.total_steps(len(data.positions))
        trainer = Trainer(model.network, self.learning_rate, self.schedule, total, warmup=self.warmup)
        order = seeds.torch("order")
        with ordinary_numerics():
            positions_scale, joints_scale = (
                [torch.tensor(each, dtype=torch.float32, device=device) for each in scale.gain_and_shift]
                for scale in (model.positions_scale, model.joints_scale)
            )

        def error(wanted: Tensor) -> Tensor:
            gain, shift = joints_scale
            reached = forward.differentiable((model.network(wanted) - shift) / gain)
            gain, shift = positions_scale
            return mse_loss(reached.to(wanted) * gain + shift, wanted)

        inputs = model.prepared(data.positions)
        for _ in checkpoint.iterations(self.iterations, model.network, trainer, order):
            last = trainer.epochs(self.epochs, error, self.training_batch, order, inputs)
            yield Progress(model, trainer.steps, last)
