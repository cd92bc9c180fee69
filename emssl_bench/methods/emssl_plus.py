"""EMSSL plus: the best self-supervised variant that we found, by the means of Algorithm 1 alone.

It has the same network and as many arm queries and gradient steps as `emssl`. It uses no labels and no gradient through
the arm. It differs in six parts. Each is a setting that can be turned off (docs/tuning.md has the gain of each):

- *A robust loss.* Solutions of different branches reach the same position. Least squares draws the network to their
  mean, which reaches another. The Cauchy loss grows only with the logarithm of a large disagreement. So the network
  keeps to the branch that most samples share, and changes branches over a narrow border.
- *Noise on the sampled joint angles*, fading to none, so that samples also come from positions that the network's
  predictions do not reach.
- *Smaller, more frequent samplings.* D is a sliding window over the last samples: it holds as many as in Algorithm 1,
  and a share of them is replaced at a time.
- *A cosine schedule*, which anneals the learning rate to 0.
- *Several answers* to a target, for poses: see `solvers/mixture.py`. The network has another last layer than that of
  Table I then, and samples are drawn from its answers by their weights.
- *Corrections* of an answer, for poses, through a forward network that learns from the same samples, for as many
  gradient steps: see `solvers/corrected.py`. Where the network has several answers, the heaviest few take the first
  step, and the forward network chooses one.

Source: Algorithm 1 of the paper; the loss: Black & Anandan, "The robust estimation of multiple motions" (1996).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from torch import Tensor

from emssl_bench.exceptions import InvalidValue
from emssl_bench.methods.base import Problem, Progress, setting
from emssl_bench.methods.forward_learner import ForwardLearner, new_corrections
from emssl_bench.methods.network_method import (
    NetworkMethod,
    mixture_error,
    no_pairs,
    robust_error,
    samplings,
    tensors,
)
from emssl_bench.methods.trainer import Schedule, Trainer
from emssl_bench.solvers.corrected import CorrectedSolver
from emssl_bench.solvers.corrections import Corrections
from emssl_bench.solvers.mixture import MixtureNetwork
from emssl_bench.solvers.network_solver import NetworkSolver

_FOR_POSES = {
    "components": 24,
    "corrections": 2,
    "candidates": 4,
    "cauchy_scale": 0.005,
    "joint_noise": 0.1,
    "learning_rate": 0.003,
}
_FORWARD_RATE = 0.0015
"""Initial learning rate of the forward network."""


@dataclass(frozen=True, kw_only=True)
class EmsslPlus(NetworkMethod):
    """EMSSL with a robust loss, exploring noise, smaller samplings and an annealed learning rate."""

    title: ClassVar[str] = "EMSSL plus"
    uses_joint_angles: ClassVar[bool] = False
    of_task: ClassVar[Mapping[str, Mapping[str, Any]]] = {"pose": _FOR_POSES}

    schedule: Schedule = setting("cosine", "learning rate over all gradient steps: constant, or cosine to 0")
    cauchy_scale: float = setting(
        0.01,
        "disagreement with a sample, as a share of the joint range, beyond which it counts less; 0: mean squared error",
        least=0,
    )
    joint_noise: float = setting(0.05, "initial noise on sampled joint angles, as a share of the joint range", least=0)
    samplings_per_iteration: int = setting(
        5, "samplings in an iteration, each with its share of targets and gradient steps", least=1
    )

    components: int = setting(
        1, "answers that the network has to a target, the heaviest of which counts; 1: the network of Table I", least=1
    )
    exponent: float = setting(3.0, "how fast one of several answers stops fitting beyond `cauchy_scale`", above=0)

    corrections: int = setting(
        0, "steps of Gauss-Newton through a learned forward model, by which an answer is corrected", least=0, below=1000
    )

    candidates: int = setting(
        1,
        "answers that take the first step, the heaviest of all `components`, of which that forward model chooses one",
        least=1,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.components > 1 and not self.cauchy_scale:
            raise InvalidValue("cauchy_scale must be over 0 where there are several components.")

    def learn(self, problem: Problem) -> Iterator[Progress]:
        solver = self.new_solver(problem, components=self.components)
        if self.corrections:
            solver = CorrectedSolver.of(solver, self._new_corrections(problem))
        size = len(problem.targets)
        trainer = self.new_trainer(solver, self.total_steps(size))
        yield from self._iterate(solver, problem, size, trainer, fading=self.iterations)

    def _new_corrections(self, problem: Problem) -> Corrections:
        return new_corrections(
            self, problem, self.corrections, min(self.candidates, self.components), self.initialisation
        )

    def adapt(self, solver: NetworkSolver, problem: Problem, samples: int) -> Iterator[Progress]:
        """The solver is trained further; in every iteration the noise fades, and a cosine schedule begins again."""
        yield Progress(solver)
        trainer = self.new_trainer(solver, self.total_steps(samples, self.epochs))
        yield from self._iterate(solver, problem, samples, trainer, fading=1)

    def _iterate(
        self, solver: NetworkSolver, problem: Problem, size: int, trainer: Trainer, fading: int
    ) -> Iterator[Progress]:
        """The iterations, with `size` targets each; the noise fades over `fading` iterations, and begins again."""
        loss, forward = self._misfit(solver), self._forward_learner(solver, trainer.total_steps)
        space, seeds, steps = problem.joint_space, problem.seeds, self.total_steps(size, self.epochs)
        sampling, order, noise = seeds.numpy("sampling"), seeds.torch("order"), seeds.numpy("joint noise")
        pairs = no_pairs(problem)
        answers = seeds.torch("answers", problem.device) if isinstance(solver.network, MixtureNetwork) else None

        changing = [solver.network, trainer, sampling, order, noise, pairs, *([answers] if answers else [])]
        if forward:
            changing += [forward.network, forward.trainer]
        for iteration in problem.checkpoint.iterations(self.iterations, *changing):
            last = 0.0
            parts = len(problem.targets), size, self.samplings_per_iteration, steps, sampling
            for done, chosen, count in samplings(*parts):
                joint_angles = solver.drawn(problem.targets[chosen], answers)
                if self.joint_noise:
                    share = self.joint_noise * (1 - (iteration + done) % fading / fading)
                    joint_angles = space.jittered(joint_angles, share, noise, around=answers is not None)
                sampled = {"joint_angles": joint_angles, "targets": problem.query(joint_angles)}
                for name, rows in sampled.items():
                    pairs[name] = np.concatenate([rows, pairs[name]])[:size]
                last = trainer.some(count, loss, self.training_batch, order, *tensors(solver, **pairs))
                if forward:
                    forward.learn(count, pairs, order)
            other = {"other_gradient_steps": forward.trainer.steps} if forward else {}
            yield Progress(solver, {"gradient_steps": trainer.steps, **other}, last)

    def _misfit(self, solver: NetworkSolver) -> Callable[..., Tensor]:
        if isinstance(solver.network, MixtureNetwork):
            return mixture_error(solver.network, self.cauchy_scale, self.exponent)
        return robust_error(solver, self.cauchy_scale)

    def _forward_learner(self, solver: NetworkSolver, total_steps: int) -> ForwardLearner | None:
        if not isinstance(solver, CorrectedSolver):
            return None
        return ForwardLearner(solver.corrections, _FORWARD_RATE, self.schedule, total_steps, self.training_batch)
