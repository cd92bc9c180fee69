"""Distal supervised learning: the inverse network is trained through a learned forward model.

First a forward network learns positions from joint angles. Then it is frozen, and the inverse network is
trained so that the two in a row reproduce the position: of the many solutions it settles on one, so nothing is
averaged. It can be no more exact than the forward network, and the inverse network finds out its weak spots.

Source: Jordan & Rumelhart, "Forward models: supervised learning with a distal teacher" (1992), with the
predicted performance error; the paper's second baseline.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch.nn.functional import mse_loss

from emssl_bench.data import TrainingData
from emssl_bench.forward import ForwardModel
from emssl_bench.method import Progress, setting
from emssl_bench.network import fully_connected
from emssl_bench.network_method import NetworkMethod, Schedule, Trainer, tensors
from emssl_bench.seeding import Seeds


@dataclass(frozen=True, kw_only=True)
class DistalSupervised(NetworkMethod):
    """Distal supervised learning: trained through a learned, frozen forward model."""

    title: ClassVar[str] = "Distal supervised learning"

    schedule: Schedule = setting("cosine", "of both learning rates over all gradient steps: constant, or cosine to 0")
    forward_widths: tuple[int, ...] = setting((512, 512), "hidden layers of the forward network", least=1)
    forward_epochs: int = setting(0, "passes to learn the forward model; 0 means iterations x epochs", least=0)

    def learn(self, data: TrainingData, forward: ForwardModel, seeds: Seeds, device: str) -> Iterator[Progress]:
        model = self.new_model(data, seeds, device)
        positions, joint_angles = tensors(model, data.joint_angles, data.positions)
        order = seeds.torch("order")
        forward_network, forward_steps = self._learned_forward(joint_angles, positions, order, seeds, device)

        def distal_error(wanted: torch.Tensor) -> torch.Tensor:
            return mse_loss(forward_network(2 * model.network(wanted) - 1), wanted)

        trainer = Trainer(model.network, self.learning_rate, self.schedule, self.total_steps(len(data.positions)))
        for _ in range(self.iterations):
            last = trainer.epochs(self.epochs, distal_error, self.training_batch, order, positions)
            yield Progress(model, trainer.steps, last, forward_steps)

    def _learned_forward(self, joint_angles, positions, order, seeds, device):
        """A frozen network from normalised joint angles in [-1, 1] to normalised positions, and its steps."""
        widths = (joint_angles.shape[1], *self.forward_widths, 3)
        network = fully_connected(widths, self.initialisation, seeds.torch("forward weights")).to(device)
        epochs = self.forward_epochs or self.iterations * self.epochs
        trainer = Trainer(network, self.learning_rate, self.schedule, self.total_steps(len(positions), epochs))

        def error(q: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
            return mse_loss(network(2 * q - 1), p)

        trainer.epochs(epochs, error, self.training_batch, order, joint_angles, positions)
        return network.requires_grad_(False), trainer.steps
