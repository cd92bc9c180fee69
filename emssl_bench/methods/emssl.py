"""Embodied self-supervised learning, Algorithm 1 of the paper (arXiv 2302.13346).

In every iteration the current network predicts joint angles for the targets, the forward model computes which
positions they reach, and the network trains on these true pairs. No labels are used, and no gradient through the arm.

The paper's symbols: U `targets`, IM `solver`, FM `problem.query`, Q `joint_angles`, P `reached`, D the
pairs of both, T `iterations`, E `epochs`, M_R `inference_batch`, M_T `training_batch`, K the pool's workers,
eta `learning_rate`. Line numbers in the comments are those of Algorithm 1.

The settings of the class are what the paper leaves open. Their defaults are the algorithm as printed, with the
weight initialisation that makes it work.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from emssl_bench.methods.base import Problem, Progress, setting
from emssl_bench.methods.network_method import NetworkMethod, no_pairs, squared_error, tensors
from emssl_bench.methods.trainer import Trainer
from emssl_bench.solvers.network_solver import NetworkSolver


@dataclass(frozen=True, kw_only=True)
class Emssl(NetworkMethod):
    """Embodied self-supervised learning (EMSSL), as printed in Algorithm 1."""

    title: ClassVar[str] = "EMSSL"
    uses_joint_angles: ClassVar[bool] = False

    new_optimiser: bool = setting(False, "start with a new Adam in every iteration; the paper does not say")
    replay_share: float = setting(0.0, "share of older samples in D; as printed, D is emptied", least=0, below=1)
    joint_noise: float = setting(
        0.0, "noise on sampled joint angles, as a share of the joint range; as printed, none", least=0
    )

    def learn(self, problem: Problem) -> Iterator[Progress]:
        solver = self.new_solver(problem)  # 1
        size = len(problem.targets)
        trainer = self.new_trainer(solver, self.total_steps(size))
        yield from self._iterate(solver, problem, size, trainer)

    def adapt(self, solver: NetworkSolver, problem: Problem, samples: int) -> Iterator[Progress]:
        """The solver is trained further; a cosine schedule anneals the rate in every iteration.

        Source: Section III-C, "several iterations of inverse model EMSSL".
        """
        yield Progress(solver)
        trainer = self.new_trainer(solver, self.total_steps(samples, self.epochs))
        yield from self._iterate(solver, problem, samples, trainer)

    def _iterate(self, solver: NetworkSolver, problem: Problem, size: int, trainer: Trainer) -> Iterator[Progress]:
        """Lines 2 to 26, with `size` targets an iteration."""
        space, seeds = problem.joint_space, problem.seeds
        sampling, order, noise = seeds.numpy("sampling"), seeds.torch("order"), seeds.numpy("joint noise")
        pairs = no_pairs(problem)

        changing = (solver.network, trainer, sampling, order, noise, pairs)
        for iteration in problem.checkpoint.iterations(self.iterations, *changing):  # 2
            kept = sampling.permutation(len(pairs["targets"]))[: round(self.replay_share * size)]
            old = {name: values[kept] for name, values in pairs.items()}  # 4: none, as printed

            targets = problem.targets[sampling.permutation(len(problem.targets))[: size - len(kept)]]
            joint_angles = solver.joint_angles(targets)  # 5-9
            if self.joint_noise:
                share = self.joint_noise * (1 - iteration / self.iterations)
                joint_angles = space.jittered(joint_angles, share, noise)
            reached = problem.query(joint_angles)  # 10-16

            pairs["joint_angles"] = np.concatenate([joint_angles, old["joint_angles"]])  # 17
            pairs["targets"] = np.concatenate([reached, old["targets"]])
            inputs, outputs = tensors(solver, **pairs)

            if self.new_optimiser:
                trainer.restart()
            loss = squared_error(solver)  # 23
            last = trainer.epochs(self.epochs, loss, self.training_batch, order, inputs, outputs)  # 19-26
            yield Progress(solver, {"gradient_steps": trainer.steps}, last)
