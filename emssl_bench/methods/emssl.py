"""Embodied self-supervised learning, Algorithm 1 of the paper (arXiv 2302.13346).

The current network guesses joint angles for the positions to reach, the forward model says where they really
lead, and the network trains on those true pairs; again and again. No labels and no gradient through the arm.

The paper's symbols: U `data.positions`, IM `model`, FM `forward`, Q `joint_angles`, P `positions`, D the
pairs of both, T `iterations`, E `epochs`, M_R `inference_batch`, M_T `training_batch`, K the pool's workers,
eta `learning_rate`. Line numbers in the comments are those of Algorithm 1.

The settings of the class are what the paper leaves open. Their defaults are the algorithm as printed, with the
weight initialisation that makes it work.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from emssl_bench.data import TrainingData
from emssl_bench.forward import ForwardModel
from emssl_bench.methods.base import Progress, setting
from emssl_bench.methods.checkpoint import UNINTERRUPTED, Checkpoint
from emssl_bench.methods.network_method import NetworkMethod, squared_error, tensors
from emssl_bench.methods.trainer import Trainer
from emssl_bench.seeding import Seeds
from emssl_bench.solvers.network_inverse import NetworkInverse


@dataclass(frozen=True, kw_only=True)
class Emssl(NetworkMethod):
    """Embodied self-supervised learning (EMSSL), as printed in Algorithm 1."""

    title: ClassVar[str] = "EMSSL"
    uses_joint_angles: ClassVar[bool] = False

    new_optimiser: bool = setting(False, "start Adam afresh in every iteration; the paper does not say")
    replay: float = setting(0.0, "share of D that is older samples; printed: D is emptied", least=0, below=1)
    joint_noise: float = setting(
        0.0, "noise on sampled joint angles, as a share of the joint range; printed: none", least=0
    )

    def learn(
        self,
        data: TrainingData,
        forward: ForwardModel,
        seeds: Seeds,
        device: str,
        checkpoint: Checkpoint = UNINTERRUPTED,
    ) -> Iterator[Progress]:
        model = self.new_model(data, seeds, device)  # 1
        size = len(data.positions)
        trainer = self.new_trainer(model, self.total_steps(size))
        yield from self._iterate(model, data, forward, size, trainer, seeds, checkpoint)

    def adapt(
        self,
        model: NetworkInverse,
        data: TrainingData,
        changed: ForwardModel,
        samples: int,
        seeds: Seeds,
        checkpoint: Checkpoint = UNINTERRUPTED,
    ) -> Iterator[Progress]:
        """Goes on from a learned model; a cosine schedule anneals the rate in every iteration.

        Source: Section III-C, "several iterations of inverse model EMSSL".
        """
        yield Progress(model, 0, 0.0)
        steps = self.total_steps(samples, self.epochs)
        trainer = self.new_trainer(model, steps)
        yield from self._iterate(model, data, changed, samples, trainer, seeds, checkpoint)

    def _iterate(
        self,
        model: NetworkInverse,
        data: TrainingData,
        forward: ForwardModel,
        size: int,
        trainer: Trainer,
        seeds: Seeds,
        checkpoint: Checkpoint,
    ) -> Iterator[Progress]:
        """Lines 2 to 26, with `size` positions an iteration."""
        space = data.joint_space
        sampling, order, noise = seeds.numpy("sampling"), seeds.torch("order"), seeds.numpy("joint noise")
        pairs = {"joint_angles": np.empty((0, space.dof)), "positions": np.empty((0, 3))}

        changing = (model.network, trainer, sampling, order, noise, pairs)
        for iteration in checkpoint.iterations(self.iterations, *changing):  # 2
            kept = sampling.permutation(len(pairs["positions"]))[: round(self.replay * size)]
            old = {name: values[kept] for name, values in pairs.items()}  # 4: none, as printed

            wanted = data.positions[sampling.permutation(len(data.positions))[: size - len(kept)]]
            joint_angles = model.joint_angles(wanted)  # 5-9
            if self.joint_noise:
                share = self.joint_noise * (1 - iteration / self.iterations)
                joint_angles = space.jittered(joint_angles, share, noise)
            positions = forward.positions(joint_angles)  # 10-16

            pairs["joint_angles"] = np.concatenate([joint_angles, old["joint_angles"]])  # 17
            pairs["positions"] = np.concatenate([positions, old["positions"]])
            inputs, targets = tensors(model, **pairs)

            if self.new_optimiser:
                trainer.restart()
            loss = squared_error(model)  # 23
            last = trainer.epochs(self.epochs, loss, self.training_batch, order, inputs, targets)  # 19-26
            yield Progress(model, trainer.steps, last)
