"""EMSSL with two choices that the paper leaves open and the suite has no setting for: a plug-in (docs/extend.md).

With both as they are by default it is `emssl`, bit for bit; docs/tuning.md has what the others give.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from emssl_bench.methods.base import setting
from emssl_bench.methods.emssl import Emssl
from emssl_bench.methods.trainer import Trainer
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.network_solver import NetworkSolver
from emssl_bench.tasks.base import Features


@dataclass(frozen=True, kw_only=True)
class OpenChoices(Emssl):
    """EMSSL with other scales of its inputs, or batches in one order for all epochs of an iteration."""

    title: ClassVar[str] = "EMSSL, open choices"

    inputs: Literal["box", "standardised", "metres"] = setting(
        "box", "positions as the network takes them: their box as [-1, 1], mean 0 and deviation 1, or as they are"
    )
    batches: Literal["shuffled_every_epoch", "shuffled_every_iteration"] = setting(
        "shuffled_every_epoch", "when the order of batches is drawn anew"
    )

    def inputs_scale(self, features: Features) -> Normaliser:
        if self.inputs == "metres":
            return Normaliser((-1.0,) * 3, (1.0,) * 3, -1.0, 1.0)
        if self.inputs == "standardised":
            mean, deviation = features.mean(axis=0), features.std(axis=0)
            return Normaliser(tuple((mean - deviation).tolist()), tuple((mean + deviation).tolist()), -1.0, 1.0)
        return super().inputs_scale(features)

    def new_trainer(self, solver: NetworkSolver, total_steps: int) -> Trainer:
        if self.batches == "shuffled_every_epoch":
            return super().new_trainer(solver, total_steps)
        return TrainerInOneOrder(solver.network, self.learning_rate, self.schedule, total_steps)


class TrainerInOneOrder(Trainer):
    """Every one of the passes of a call of `epochs` goes through the data in the same order."""

    def epochs(
        self, count: int, loss: Callable[..., Tensor], batch: int, generator: torch.Generator, *data: Tensor
    ) -> float:
        drawn = generator.get_state()
        last = 0.0
        for _ in range(count):
            generator.set_state(drawn)
            last = self.epoch(loss, batch, generator, *data)
        return last
