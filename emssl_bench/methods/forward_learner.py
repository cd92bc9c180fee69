"""A forward network, learned from samples of an arm as they come in, through which solutions are corrected."""

import numpy as np
import torch
from torch.nn.functional import mse_loss

from emssl_bench.methods.base import Problem
from emssl_bench.methods.gradient_method import GradientMethod
from emssl_bench.methods.trainer import Schedule, Trainer
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.circles import on_circles, spans_of
from emssl_bench.solvers.corrections import Corrections, forward_network
from emssl_bench.solvers.network import Initialisation


class ForwardLearner:
    """Gradient descent on the forward network of corrections; `network` and `trainer` are what it changes."""

    def __init__(self, corrections: Corrections, rate: float, schedule: Schedule, total_steps: int, batch: int):
        self._corrections, self._batch = corrections, batch
        self.network = corrections.forward.requires_grad_(True)
        self.trainer = Trainer(self.network, rate, schedule, total_steps)

    def learn(self, count: int, pairs: dict[str, np.ndarray], order: torch.Generator) -> float:
        """Takes so many gradient steps on "joint_angles" (n, dof) [rad] and the "targets" (n, columns) that they reach.

        Returns the mean loss, of normalised coordinates.
        """
        of = self._corrections
        shares = of.tensor(of.joints_scale.normalise(pairs["joint_angles"]))
        points = on_circles(shares, spans_of(of.joints_scale).to(shares.device)).flatten(1)
        aims = of.tensor(of.aims_scale.normalise(of.task.coordinates(pairs["targets"])))
        return self.trainer.some(count, lambda q, p: mse_loss(self.network(q), p), self._batch, order, points, aims)


def new_corrections(
    method: GradientMethod, problem: Problem, steps: int, candidates: int, initialisation: Initialisation
) -> Corrections:
    """So many steps of correction, of so many candidates, through a forward network whose weights are random."""
    aims_scale = method.aims_scale(problem.task, problem.task.coordinates(problem.targets))
    joints_scale = Normaliser.of_joint_space(problem.joint_space)
    sizes = problem.joint_space.dof, len(aims_scale.lower)
    network = forward_network(*sizes, initialisation, problem.seeds.torch("forward weights"))
    return Corrections(network.to(problem.device), aims_scale, joints_scale, steps, problem.task, candidates)
