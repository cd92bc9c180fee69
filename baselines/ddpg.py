"""Deep deterministic policy gradient, in one step: an actor is taught by a critic what reaches a target.

The action is joint angles, and the reward is the negative of the distance that they leave. The critic learns to
predict the reward of joint angles at a target; the actor goes where the critic sees more. An episode is one step, and
nothing follows it, so that the critic needs no discounted future.

It is distal learning with less: where distal learning learns what joint angles reach, the critic learns only how far
from a target that is.

The actor is the network of Table I. Ending in a hyperbolic tangent instead of a sigmoid, it is the same function.

Source: Lillicrap et al., "Continuous control with deep reinforcement learning" (2016); for arms Phaniteja et al., "A
deep reinforcement learning approach for dynamically stable inverse kinematics of humanoid robots" (2017).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from baselines.rl import ADAM, REWARD_M, ReinforcementLearning
from emssl_bench.methods.base import Problem, setting
from emssl_bench.methods.emssl import Emssl
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.solvers.network import HIDDEN_WIDTHS
from emssl_bench.solvers.network_solver import NetworkSolver


@dataclass(frozen=True, kw_only=True)
class Ddpg(ReinforcementLearning):
    """DDPG: an actor of joint angles, taught by a critic that learns from distances alone."""

    title: ClassVar[str] = "DDPG"
    loss_name: ClassVar[str] = "train/critic_loss"
    of_task: ClassVar[Mapping[str, Mapping[str, Any]]] = {"pose": {"arms": 40}}

    arms: int = setting(25, "arms that are moved side by side, or fewer, so that the targets can be divided", least=1)
    """With one gradient step for every step of so many, there are about as many as for other methods."""

    critic_widths: tuple[int, ...] = setting((512, 512, 256), "hidden layers of the critic", least=1)
    first_noise: float = setting(
        0.3, "initial deviation of the noise on actions, as a share of half the range", least=0
    )
    last_noise: float = setting(0.05, "its deviation in the end", least=0)

    def begun(self, problem: Problem, count: int) -> tuple[Any, NetworkSolver]:
        from gymnasium.spaces import Box
        from stable_baselines3 import DDPG

        from baselines.rl_arms import LearningArms

        solver = Emssl().new_solver(problem)  # begun as those of the other methods
        arms = LearningArms(
            problem,
            count,
            horizon=1,
            actions=Box(-1.0, 1.0, (problem.joint_space.dof,), np.float32),
            observe=lambda targets, *_: solver.inputs_scale.normalise(problem.task.features(targets)),
            reward=lambda _, after_m: -after_m / REWARD_M,
        )
        widths = {"pi": list(HIDDEN_WIDTHS), "qf": list(self.critic_widths)}
        model: Any = DDPG(
            "MlpPolicy", arms, gamma=0.0, policy_kwargs={"net_arch": widths, **ADAM}, **self.shared(problem, count)
        )
        for actor in (model.actor, model.actor_target):
            _copy(_linear(solver.network.layers), _linear(actor.mu), last_times=0.5)
        return model, solver

    def annealed(self, model: Any, share: float) -> None:
        from stable_baselines3.common.noise import NormalActionNoise

        super().annealed(model, share)
        dof = model.action_space.shape[0]
        deviation = self.first_noise + (self.last_noise - self.first_noise) * share
        model.action_noise = NormalActionNoise(np.zeros(dof), np.full(dof, deviation))

    def solver_of(self, model: Any, solver: NetworkSolver) -> NetworkSolver:
        _copy(_linear(model.actor.mu), _linear(solver.network.layers), last_times=2.0)
        return solver


def _linear(layers: nn.Module | Tensor) -> list[nn.Linear]:
    assert isinstance(layers, nn.Sequential)
    return [each for each in layers if isinstance(each, nn.Linear)]


@ordinary_numerics()
@torch.no_grad()
def _copy(source: list[nn.Linear], to: list[nn.Linear], last_times: float) -> None:
    """Weights and biases; those of the last layer multiplied: (tanh(x) + 1) / 2 is sigmoid(2 x)."""
    for one, other in zip(source, to, strict=True):
        times = last_times if other is to[-1] else 1.0
        other.weight.copy_(one.weight * times)
        other.bias.copy_(one.bias * times)
