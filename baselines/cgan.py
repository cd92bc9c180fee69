"""A conditional generative adversarial network: all solutions of a target, one for every z.

A generator turns a position and random numbers z into joint angles. A discriminator tells pairs of joint angles and
position that belong together from pairs that do not. It sees three kinds: true pairs, generated ones, and true joint
angles beside the position of another sample. Without the third kind it learns what poses look like before it learns
which positions they reach.

Source: Mirza & Osindero (2014); for arms Ren & Ben-Tzvi (2020) and Lembono et al. (2021); mismatched pairs from
Reed et al., "Generative adversarial text to image synthesis" (2016).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from emssl_bench.methods.base import Problem, Progress, setting
from emssl_bench.methods.network_method import NetworkMethod, tensors
from emssl_bench.methods.phases import busy_with
from emssl_bench.methods.trainer import Schedule, Trainer, shuffled_batches
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.solvers.network import HIDDEN_WIDTHS, fully_connected


@dataclass(frozen=True, kw_only=True)
class ConditionalGan(NetworkMethod):
    """Conditional GAN: a generator of joint angles, trained against a discriminator of pairs."""

    title: ClassVar[str] = "CGAN"

    learning_rate: float = setting(0.001, "initial learning rate of both Adams", above=0)
    schedule: Schedule = setting("cosine", "both learning rates over all gradient steps: constant, or cosine to 0")
    latent_size: int = setting(3, "size of z, the random numbers that the generator takes beside the position", least=1)
    discriminator_widths: tuple[int, ...] = setting(
        HIDDEN_WIDTHS, "hidden layers of the discriminator; by default those of the inverse network", least=1
    )
    adam_beta1: float = setting(0.5, "beta1 of both Adams: short memory keeps the two in step", least=0, below=1)

    def learn(self, problem: Problem) -> Iterator[Progress]:
        seeds, device = problem.seeds, problem.device
        solver = self.new_solver(problem, self.latent_size)
        generator = solver.network
        widths = (generator.inputs + generator.dof, *self.discriminator_widths, 1)
        discriminator = fully_connected(
            widths, self.initialisation, seeds.torch("discriminator"), lambda: nn.LeakyReLU(0.2)
        ).to(device)
        total, betas = self.total_steps(len(problem.targets)), (self.adam_beta1, 0.999)
        train_generator = Trainer(generator, self.learning_rate, self.schedule, total, betas)
        train_discriminator = Trainer(discriminator, self.learning_rate, self.schedule, total, betas)
        order, random = seeds.torch("order"), seeds.torch("latent", device)
        positions, joint_angles = tensors(solver, problem.joint_angles, problem.targets)

        def belief(p: Tensor, q: Tensor) -> Tensor:
            return discriminator(torch.cat([p, 2 * q - 1], dim=1))

        def generated(p: Tensor) -> Tensor:
            return generator(p, torch.randn(len(p), self.latent_size, generator=random, dtype=p.dtype, device=device))

        @ordinary_numerics()
        def epoch() -> float:
            loss = torch.zeros((), dtype=torch.float32, device=device)
            for p, q in shuffled_batches(self.training_batch, order, positions, joint_angles):
                predictions = generated(p)
                believed = belief(torch.cat([p, p, p.roll(1, 0)]), torch.cat([q, predictions.detach(), q])).view(3, -1)
                true, fake, mismatched = believed
                train_discriminator.step(
                    softplus(-true).mean() + (softplus(fake).mean() + softplus(mismatched).mean()) / 2
                )
                discriminator.requires_grad_(False)  # the generator alone learns now, so its gradients are not computed
                loss = softplus(-belief(p, predictions)).mean()
                train_generator.step(loss)
                discriminator.requires_grad_(True)
            return loss.item()

        changing = (generator, discriminator, train_generator, train_discriminator, order, random)
        for _ in problem.checkpoint.iterations(self.iterations, *changing):
            loss = math.nan
            for number in range(self.epochs):
                busy_with("training", number / self.epochs)
                loss = epoch()
            steps = {"gradient_steps": train_generator.steps, "other_gradient_steps": train_discriminator.steps}
            yield Progress(solver, steps, loss)
