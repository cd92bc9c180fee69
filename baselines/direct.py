"""Direct regression: joint angles fitted to positions by least squares.

One position has many joint solutions; least squares learns their mean, which is none of them. What is left
of the error measures how far from convex the solutions are, and no training makes it go away.

Source: the paper's first baseline; Jordan & Rumelhart (1992) on why it fails.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from emssl_bench.data import TrainingData
from emssl_bench.forward import ForwardModel
from emssl_bench.methods.base import Progress, setting
from emssl_bench.methods.checkpoint import UNINTERRUPTED, Checkpoint
from emssl_bench.methods.network_method import Babble, NetworkMethod, squared_error, tensors
from emssl_bench.methods.trainer import Schedule
from emssl_bench.seeding import Seeds
from emssl_bench.solvers.network_inverse import NetworkInverse


@dataclass(frozen=True, kw_only=True)
class DirectRegression(NetworkMethod):
    """Direct regression: least squares on labelled pairs."""

    title: ClassVar[str] = "Direct regression"

    schedule: Schedule = setting("cosine", "of the learning rate over all gradient steps: constant, or cosine to 0")

    def learn(
        self,
        data: TrainingData,
        forward: ForwardModel,
        seeds: Seeds,
        device: str,
        checkpoint: Checkpoint = UNINTERRUPTED,
    ) -> Iterator[Progress]:
        model = self.new_model(data, seeds, device)
        trainer = self.new_trainer(model, self.total_steps(len(data.positions)))
        order, loss = seeds.torch("order"), squared_error(model)
        inputs, targets = tensors(model, data.joint_angles, data.positions)
        for _ in checkpoint.iterations(self.iterations, model.network, trainer, order):
            last = trainer.epochs(self.epochs, loss, self.training_batch, order, inputs, targets)
            yield Progress(model, trainer.steps, last)

    def adapt(
        self,
        model: NetworkInverse,
        data: TrainingData,
        changed: ForwardModel,
        samples: int,
        seeds: Seeds,
        checkpoint: Checkpoint = UNINTERRUPTED,
    ) -> Iterator[Progress]:
        """Fine-tuned on pairs measured on the changed arm, all of them so far, the rate annealed in each iteration."""
        yield Progress(model, 0, 0.0)
        order, measured = seeds.torch("order"), Babble(data.joint_space, changed, seeds)
        steps, loss = self.total_steps(samples, self.epochs), squared_error(model)
        changing = (model.network, order, measured.random, measured.pairs)
        for iteration in checkpoint.iterations(self.iterations, *changing):
            inputs, targets = tensors(model, **measured.more(samples))
            trainer = self.new_trainer(model, steps)
            last = trainer.some(steps, loss, self.training_batch, order, inputs, targets)
            yield Progress(model, (iteration + 1) * steps, last)
