"""The environments of the suite as stable-baselines3 takes them, on the arm and the targets of a problem."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Space
from stable_baselines3.common.vec_env import VecEnv

from emssl_bench.envs.episodes import Episodes
from emssl_bench.envs.reaching import Reaching
from emssl_bench.methods.base import Problem
from emssl_bench.shapes import JointAngles, Targets

Observe = Callable[[Targets, JointAngles, Targets], np.ndarray]
"""What is seen, (n, size), of targets, joint angles and what they reach."""
Act = Callable[[np.ndarray, JointAngles, np.ndarray], JointAngles]
"""Where the joints go, (n, dof) [rad], of actions, joint angles now and costs [m] now."""
Reward = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""What a step is worth, (n,), of the costs [m] before and after it."""


class LearningArms(VecEnv):
    """Arms that reach for training targets, each of which is reached for once before any is again."""

    def __init__(
        self,
        problem: Problem,
        count: int,
        horizon: int,
        actions: Space,
        observe: Observe,
        reward: Reward,
        act: Act | None = None,
    ):
        """
        Args:
            problem: the arm, which is queried at every step, and the targets.
            count: arms.
            horizon: steps of an episode.
            actions: of one arm.
            observe, reward: what the learner makes of what the environment says.
            act: what its actions mean; by default what they mean to the environment, scaled joint angles.
        """
        self._task = Reaching(problem.task, problem.joint_space, horizon)
        self._episodes = Episodes(self._task, problem.forward, count)
        self._targets, self._random = problem.targets, problem.seeds.numpy("targets")
        self._waiting = np.empty(0, dtype=int)
        self._observe, self._reward = observe, reward
        self._act = act or (lambda scaled, *_: self._task.joint_angles(scaled, count))
        actions.seed(problem.seeds.number("actions") % 2**32)
        size = self._seen(problem.targets[:1], self._task.home[None], problem.targets[:1]).shape[1]
        super().__init__(count, Box(-np.inf, np.inf, (size,), np.float32), actions)

    def reset(self) -> np.ndarray:
        self._begin(np.ones(self.num_envs, dtype=bool))
        return self._observations()

    def step_async(self, actions: np.ndarray) -> None:
        self._actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        episodes, moving = self._episodes, np.ones(self.num_envs, dtype=bool)
        before_m = episodes.judged().costs_m
        episodes.move(moving, self._act(self._actions, episodes.joint_angles, before_m))
        rewards = self._reward(before_m, episodes.judged().costs_m).astype(np.float32)
        ended = episodes.steps >= self._task.horizon
        infos: list[dict[str, Any]] = [{} for _ in ended]
        last = self._observations()
        for row in np.flatnonzero(ended):
            infos[row] = {"terminal_observation": last[row], "TimeLimit.truncated": not self._task.terminates}
        if ended.any():
            self._begin(ended)
        return self._observations(), rewards, ended, infos

    def _begin(self, starting: np.ndarray) -> None:
        count = int(starting.sum())
        while len(self._waiting) < count:
            self._waiting = np.concatenate([self._waiting, self._random.permutation(len(self._targets))])
        chosen, self._waiting = self._waiting[:count], self._waiting[count:]
        self._episodes.begin(starting, self._targets[chosen])

    def _observations(self) -> np.ndarray:
        return self._seen(self._episodes.targets, self._episodes.joint_angles, self._episodes.reached)

    def _seen(self, targets: Targets, joint_angles: JointAngles, reached: Targets) -> np.ndarray:
        return self._observe(targets, joint_angles, reached).astype(np.float32)

    def close(self) -> None:
        """The arm is the problem's."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [None for _ in self._rows(indices)] if attr_name == "render_mode" else [getattr(self, attr_name)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise AttributeError(f"{attr_name} cannot be set.")

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        raise AttributeError(f"arms have no method {method_name}.")

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        return [False for _ in self._rows(indices)]

    def _rows(self, indices: int | Sequence[int] | None) -> Sequence[int]:
        return range(self.num_envs) if indices is None else np.atleast_1d(indices).tolist()
