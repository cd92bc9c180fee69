"""Conditional EMSSL: a generator in the loop of Algorithm 1, which gives many solutions of a target.

This is our reading of a later paper by the authors of EMSSL, Qu, Liu, Du and Luo, "CEMSSL" (arXiv 2306.12718). We know
its title and abstract: conditional generative models are put into the loop of EMSSL. We do not know its text, numbers
or code, so that nothing here reproduces them. There are two readings, each a value of the setting `model`. The flow is
the default, since for positions it is better in every measure:

- *latent*. z is one more input of the network of Table I. Random numbers z are drawn for every target, the arm says
  what the network's answer to both reaches, and the network learns to give that answer to what was reached and *the
  same z*. That is EMSSL plus with z. Answers with the same z keep to one branch, and other z may keep to another.
- *flow*. A normalising flow draws joint angles for the targets, the arm says what they reach, and the flow is fitted
  to these pairs by its likelihood. Drawing is exploring: a flow that knows nothing draws all over the joint space,
  which is motor babbling, and the more it knows, the nearer to the targets its samples are. All of them are kept, since
  every pair is true for ever.

It needs zuko: pip install 'emssl-bench[flows]'.

Source: Algorithm 1 of arXiv 2302.13346, and the abstract of 2306.12718.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from emssl_bench.methods.base import Problem, Progress, setting
from emssl_bench.methods.network_method import NetworkMethod, no_pairs, robust_error, samplings, tensors
from emssl_bench.methods.trainer import Schedule, Trainer
from emssl_bench.solvers.flow import FlowNetwork
from emssl_bench.solvers.network_solver import NetworkSolver

Model = Literal["latent", "flow"]
_FLOW_WARMUP, _FLOW_CLIP = 0.1, 5.0
"""Of the flow's training: those of `GenerativeMethod`."""


@dataclass(frozen=True, kw_only=True)
class Cemssl(NetworkMethod):
    """Conditional EMSSL: a generator of many solutions, which learns from where its own samples lead."""

    title: ClassVar[str] = "CEMSSL"
    uses_joint_angles: ClassVar[bool] = False
    requires: ClassVar[Mapping[str, str]] = {"zuko": "flows"}

    model: Model = setting("flow", "a flow; or latent: random numbers are inputs of the network of Table I")
    schedule: Schedule = setting("cosine", "learning rate over all gradient steps: constant, or cosine to 0")
    joint_noise: float = setting(0.05, "initial noise on sampled joint angles, as a share of the joint range", least=0)
    samplings_per_iteration: int = setting(
        5, "samplings in an iteration, each with its share of targets and gradient steps", least=1
    )

    learning_rate: float = setting(0.0015, "of latent: initial learning rate of Adam", above=0)
    latent_size: int = setting(3, "of latent: size of z, the random numbers beside the target", least=1)
    cauchy_scale: float = setting(
        0.01,
        "of latent: disagreement with a sample, as a share of the joint range, beyond which it counts less; 0: mean "
        "squared error",
        least=0,
    )

    flow_learning_rate: float = setting(0.008, "of the flow: initial learning rate of Adam", above=0)
    transforms: int = setting(3, "of the flow: layers of splines, each with a network of its own", least=1)
    bins: int = setting(8, "of the flow: bins of a spline", least=2)
    hidden_widths: tuple[int, ...] = setting((128, 128), "of the flow: hidden layers of each of its networks", least=1)

    def learn(self, problem: Problem) -> Iterator[Progress]:
        learn = self._learn_flow if self.model == "flow" else self._learn_latent
        yield from learn(problem)

    def _learn_latent(self, problem: Problem) -> Iterator[Progress]:
        solver = self.new_solver(problem, self.latent_size)
        trainer = self.new_trainer(solver, self.total_steps(len(problem.targets)))
        misfit = robust_error(solver, self.cauchy_scale)

        def loss(inputs: Tensor, joint_angles: Tensor, latent: Tensor) -> Tensor:
            return misfit(torch.cat([inputs, latent], dim=1), joint_angles)

        yield from self._iterate(solver, problem, trainer, loss, kept=len(problem.targets))

    def _learn_flow(self, problem: Problem) -> Iterator[Progress]:
        sizes = problem.joint_space.dof, problem.task.features_size, self.transforms, self.bins
        network = FlowNetwork(*sizes, self.hidden_widths, problem.seeds.torch("weights")).to(problem.device)
        rate = self.flow_learning_rate, self.schedule, self.total_steps(len(problem.targets))
        trainer = Trainer(network, *rate, warmup=_FLOW_WARMUP, clip=_FLOW_CLIP)

        def loss(inputs: Tensor, joint_angles: Tensor, latent: Tensor) -> Tensor:
            return -network.log_density(inputs, joint_angles).mean()

        yield from self._iterate(self.solver_of(network, problem), problem, trainer, loss, kept=None)

    def _iterate(
        self,
        solver: NetworkSolver,
        problem: Problem,
        trainer: Trainer,
        loss: Callable[[Tensor, Tensor, Tensor], Tensor],
        kept: int | None,
    ) -> Iterator[Progress]:
        """The iterations of either reading.

        Args:
            solver: with a generator as its network.
            problem: the targets and the arm.
            trainer: of the network.
            loss: of normalised features (n, inputs), normalised joint angles (n, dof) and z (n, latent_size).
            kept: the newest samples that are trained on; None: all.
        """
        space, seeds, size = problem.joint_space, problem.seeds, len(problem.targets)
        sampling, order, noise = seeds.numpy("sampling"), seeds.torch("order"), seeds.numpy("joint noise")
        random, latent_size = seeds.torch("latent", problem.device), solver.network.latent_size
        samples = {**no_pairs(problem), "latent": np.empty((0, latent_size), dtype=np.float32)}

        changing = solver.network, trainer, sampling, order, noise, random, samples
        for iteration in problem.checkpoint.iterations(self.iterations, *changing):
            last = 0.0
            parts = size, size, self.samplings_per_iteration, self.total_steps(size, self.epochs), sampling
            for done, chosen, count in samplings(*parts):
                shape = len(chosen), latent_size
                drawn = torch.randn(shape, generator=random, dtype=torch.float32, device=problem.device)
                joint_angles = solver.inferred(solver.prepared(problem.targets[chosen]), drawn)
                if self.joint_noise:
                    share = self.joint_noise * (1 - (iteration + done) / self.iterations)
                    joint_angles = space.jittered(joint_angles, share, noise)
                reached = problem.query(joint_angles)
                for name, rows in ("joint_angles", joint_angles), ("targets", reached), ("latent", drawn.cpu().numpy()):
                    samples[name] = np.concatenate([rows, samples[name]])[:kept]
                latent = torch.from_numpy(samples["latent"]).to(problem.device)
                pairs = tensors(solver, samples["joint_angles"], samples["targets"])
                last = trainer.some(count, loss, self.training_batch, order, *pairs, latent)
            yield Progress(solver, {"gradient_steps": trainer.steps}, last)
