"""Deep Q-learning: the arm walks to a target, one joint at a time, by what a network says each move is worth.

There are 2 dof + 1 moves: to stay, or to turn a joint up or down by a step, which gets shorter near the target. The
reward is the decrease of the distance. So a solution costs a query of the arm for every step of the walk, in use as in
training.

Source: Mnih et al., "Human-level control through deep reinforcement learning" (2015); for arms Malik et al., "A deep
reinforcement-learning approach for inverse kinematics solution of a high degree of freedom robotic manipulator" (2022).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import nn

from baselines.rl import ADAM, REWARD_M, ReinforcementLearning
from emssl_bench.methods.base import Problem, setting
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.q_walk import QWalkSolver

_EXPLORING = 0.4
"""The share of the training in which random moves get fewer."""


@dataclass(frozen=True, kw_only=True)
class Dqn(ReinforcementLearning):
    """DQN: walks to the target by moves of one joint, valued by a network; the arm is queried at every step."""

    title: ClassVar[str] = "DQN"
    loss_name: ClassVar[str] = "train/loss"

    updates: int = setting(8, "gradient steps after each step of the arms", least=1)
    hidden_widths: tuple[int, ...] = setting((256, 256), "hidden layers of the network that values moves", least=1)
    steps: int = setting(50, "steps of a walk", least=1)
    longest: float = setting(0.1, "longest move, as a share of the joint's range", above=0, below=1)
    slowing_m: float = setting(0.2, "distance [m] below which moves get shorter in proportion to it", above=0)
    discount: float = setting(0.9, "what the reward of the next step counts", least=0, below=1)
    exploration: float = setting(0.05, "share of random moves in the end; it falls from 1", least=0, below=1)
    target_steps: int = setting(1_000, "steps of the arms after which the target network is renewed", least=1)

    def begun(self, problem: Problem, count: int) -> tuple[Any, QWalkSolver]:
        from gymnasium.spaces import Discrete
        from stable_baselines3 import DQN

        from baselines.rl_arms import LearningArms

        task, space = problem.task, problem.joint_space
        scales = Normaliser.of_inputs(task.features(problem.targets)), Normaliser.of_joint_space(space)
        walk = QWalkSolver([], *scales, self.steps, self.longest, self.slowing_m, task, problem.forward)
        arms = LearningArms(
            problem,
            count,
            horizon=self.steps,
            actions=Discrete(2 * space.dof + 1),
            observe=walk.observed,
            act=walk.moved,
            reward=lambda before_m, after_m: (before_m - after_m) / REWARD_M,
        )
        model = DQN(
            "MlpPolicy",
            arms,
            gamma=self.discount,
            target_update_interval=max(self.target_steps, count),
            policy_kwargs={"net_arch": list(self.hidden_widths), **ADAM},
            **self.shared(problem, count),
        )
        return model, walk

    def annealed(self, model: Any, share: float) -> None:
        super().annealed(model, share)
        random = max(self.exploration, 1 - (1 - self.exploration) * share / _EXPLORING)
        model.exploration_schedule = lambda _: random

    def solver_of(self, model: Any, solver: QWalkSolver) -> QWalkSolver:
        layers = [each for each in model.q_net.q_net if isinstance(each, nn.Linear)]
        with torch.no_grad():
            solver.layers = [array.cpu().numpy().copy() for each in layers for array in (each.weight, each.bias)]
        return solver
