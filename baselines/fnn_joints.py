"""Regression with the current joint angles as further inputs, which tell the network which branch to stay on.

A target has many solutions, but near the joint angles of now there is one. The network learns it from pairs: a label,
and joint angles that noise has taken some way from it. It is a local inverse, and must be walked to a target that is
far away: from a home posture, the target moves there in steps, each from where the last one is said to have ended. Some
more steps at the target bring it nearer.

Its error is that of a walk: where the straight way leads along a border of what is reachable, or around a branch that
ends, the joints lose the target on the way and do not find it again.

Source: Almusawi, Dülger & Kapucu, "A new artificial neural network approach in solving inverse kinematics of robotic
arm (Denso VP6242)" (2016), whose network has the current joint angles as inputs. How pairs are made, that outputs are
changes of joint angles, and the walk are ours.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from emssl_bench.methods.base import Problem, Progress, setting
from emssl_bench.methods.network_method import NetworkMethod
from emssl_bench.methods.trainer import Schedule
from emssl_bench.solvers.walking import WalkingSolver


@dataclass(frozen=True, kw_only=True)
class FnnJoints(NetworkMethod):
    """Feedforward network with the current joint angles as inputs, walked from a home posture to the target."""

    title: ClassVar[str] = "FNN with joint angles"

    learning_rate: float = setting(0.001, "initial learning rate of Adam", above=0)
    schedule: Schedule = setting("cosine", "learning rate over all gradient steps: constant, or cosine to 0")
    init_output_std: float = setting(
        0.05, "initial standard deviation of the outputs, in joint ranges; 0: as the weights have it", least=0
    )
    init_output_offset: float = setting(
        0.0, "initial mean outputs are drawn from plus or minus this, in joint ranges", least=0
    )
    joint_noise: float = setting(
        0.15, "greatest deviation of the joint angles now from a label, as a share of the joint range", above=0
    )
    steps: int = setting(20, "steps from the home posture to a target", least=1)
    steps_at_target: int = setting(5, "further steps there", least=0)

    def learn(self, problem: Problem) -> Iterator[Progress]:
        solver, noise = self._walking(problem), problem.seeds.torch("joint noise", problem.device)
        for progress in self.fitted(solver.inner, problem, self._loss(solver, noise), noise):
            yield replace(progress, solver=solver)

    def _walking(self, problem: Problem) -> WalkingSolver:
        """A randomly initialised network; its home is the label that reaches the middle of all targets."""
        points = problem.task.coordinates(problem.targets)
        home = [np.linalg.norm(points - points.mean(axis=0), axis=1).argmin()]
        inner = self.new_solver(problem, latent_size=problem.joint_space.dof)
        walk = problem.joint_angles[home], problem.targets[home], self.steps, self.steps_at_target
        return WalkingSolver(inner, *walk)

    def _loss(self, solver: WalkingSolver, noise: torch.Generator) -> Callable[[Tensor, Tensor], Tensor]:
        """The squared error of the labels, from joint angles that are some way off: as far as chance has it."""

        def error(inputs: Tensor, outputs: Tensor) -> Tensor:
            given = {"generator": noise, "dtype": outputs.dtype, "device": outputs.device}
            off = self.joint_noise * torch.rand(len(outputs), 1, **given) * torch.randn(outputs.shape, **given)
            return mse_loss(solver.after(inputs, (outputs + off).clamp(0, 1)), outputs)

        return error
