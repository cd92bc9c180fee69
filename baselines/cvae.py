"""A conditional variational autoencoder: all solutions of a target, one for every z, learned through an encoder.

An encoder is shown joint angles and their target, and says where z lies. The generator gets the target and a z drawn
from there, and must find the joint angles again. What the encoder says is kept near the normal distribution that z is
drawn from in the end. Unlike with the CGAN, every label must be found again, so that no branch is left out; but a z
that no label has may lie between two branches.

The deviation of the joint angles around those found again is no setting. It is the one that fits best.

Source: Sohn, Lee & Yan, "Learning structured output representation using deep conditional generative models" (2015);
the deviation: Rybkin, Daniilidis & Levine, "Simple and effective VAE training with calibrated decoders" (2021).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from emssl_bench.methods.base import Problem, Progress, setting
from emssl_bench.methods.network_method import NetworkMethod, tensors
from emssl_bench.methods.trainer import Schedule, Trainer
from emssl_bench.solvers.network import HIDDEN_WIDTHS, fully_connected


@dataclass(frozen=True, kw_only=True)
class ConditionalVae(NetworkMethod):
    """Conditional VAE: a generator of joint angles, trained with an encoder of labelled pairs."""

    title: ClassVar[str] = "CVAE"

    learning_rate: float = setting(0.001, "initial learning rate of Adam", above=0)
    schedule: Schedule = setting("cosine", "learning rate over all gradient steps: constant, or cosine to 0")
    latent_size: int = setting(3, "size of z, the random numbers that the generator takes beside the target", least=1)
    encoder_widths: tuple[int, ...] = setting(
        HIDDEN_WIDTHS, "hidden layers of the encoder; by default those of the inverse network", least=1
    )
    kl_weight: float = setting(
        1.0, "weight of how far the encoder's z are from normal; 1: as likelihood has it", above=0
    )

    def learn(self, problem: Problem) -> Iterator[Progress]:
        seeds, device = problem.seeds, problem.device
        solver = self.new_solver(problem, self.latent_size)
        generator = solver.network
        widths = (generator.inputs + generator.dof, *self.encoder_widths, 2 * self.latent_size)
        encoder = fully_connected(widths, self.initialisation, seeds.torch("encoder")).to(device)
        total = self.total_steps(len(problem.targets))
        trainer = Trainer(nn.ModuleList([generator, encoder]), self.learning_rate, self.schedule, total)
        order, random = seeds.torch("order"), seeds.torch("latent", device)

        def loss(inputs: Tensor, joint_angles: Tensor) -> Tensor:
            means, log_variances = encoder(torch.cat([inputs, 2 * joint_angles - 1], dim=1)).chunk(2, dim=1)
            noise = torch.randn(means.shape, generator=random, dtype=torch.float32, device=device)
            found = generator(inputs, means + noise * torch.exp(log_variances / 2))
            divergence = (means.square() + log_variances.exp() - log_variances - 1).sum(dim=1).mean() / 2
            return generator.dof / 2 * mse_loss(found, joint_angles).log() + self.kl_weight * divergence

        inputs, outputs = tensors(solver, problem.joint_angles, problem.targets)
        for _ in problem.checkpoint.iterations(self.iterations, generator, encoder, trainer, order, random):
            last = trainer.epochs(self.epochs, loss, self.training_batch, order, inputs, outputs)
            yield Progress(solver, {"gradient_steps": trainer.steps, "other_gradient_steps": trainer.steps}, last)
