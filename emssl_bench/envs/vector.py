"""Many arms that reach, moved in one batch, as a Gymnasium vector environment."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from emssl_bench.envs.arguments import (
    RENDER_FPS,
    RENDER_MODES,
    checked_autoreset_mode,
    checked_count,
    checked_most_steps,
    checked_options,
    checked_render_mode,
)
from emssl_bench.envs.episodes import Episodes
from emssl_bench.envs.rendering import Scene
from emssl_bench.envs.task import ReachTask
from emssl_bench.exceptions import ShapeError
from emssl_bench.forward import open_forward
from emssl_bench.joint_space import JointRange
from emssl_bench.shapes import Targets
from emssl_bench.system.cores import physical_cores
from emssl_bench.system.opened import Opened
from robots.spec import RobotSpec


class ReachVectorEnv(VectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """The task of `ReachEnv` for many arms at once: the same spaces and the same numbers, one row an arm.

    Threads may share it, and wait for each other; with worker processes, a forked child may not. A copy, pickled or
    not, goes on from where this one is, with processes of its own.

    A step is one batch through a forward model, and no arm has a process or a simulator of its own. Targets
    are drawn from one random stream, in the order of the arms.

    With Gymnasium's default, `AutoresetMode.NEXT_STEP`, the step after the end of an episode only starts the
    next one, so that in the one-step task every second step moves no arm; with `SAME_STEP` every step does.
    """

    metadata = {  # noqa: RUF012
        "render_modes": RENDER_MODES,
        "render_fps": RENDER_FPS,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        num_envs: int = 1,
        robot: str | Path | RobotSpec = "paper6",
        joint_range_deg: JointRange = 180.0,
        horizon: int = 1,
        render_mode: str | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        forward: str = "bullet",
        workers: int | None = None,
        tip: str | None = None,
        base: str | None = None,
        max_episode_steps: int | None = None,
        task: str = "position",
    ):
        """Opens the forward model.

        Args:
            num_envs: number of arms.
            robot: a name of `robots.available()`, the path of a URDF file, or an arm.
            joint_range_deg: half the width of the joint space, e.g. 90 for [-90°, 90°]; or "limits" for
                the arm's own limits.
            horizon: steps of an episode. One terminates; more are truncated, see `ReachTask.terminates`.
            render_mode: "rgb_array" or None.
            autoreset_mode: when an ended episode's successor starts.
            forward: "bullet", PyBullet in worker processes; or "chain", the torch chain.
            workers: processes of "bullet"; by default one a physical core.
            tip: the link that is the end effector, where a file has several branches.
            base: the link that the arm begins with; what carries it, such as a mobile base, is left out.
            max_episode_steps: truncates episodes after so many steps, as `gymnasium.make` does; `horizon` says how
                many an episode has.
            task: what a target is: "position" or "pose", and settings of it, as in "pose:metres_a_radian=0.2".

        Raises:
            UnknownName, RobotError: the robot cannot be loaded, or there is no such task.
            InvalidValue: another argument is out of range.
            MissingDependency: PyBullet is not installed.
            SystemLimit: the system refuses processes, files or memory.
        """
        self.num_envs = checked_count(num_envs)
        self._most_steps = checked_most_steps(max_episode_steps)
        self.render_mode = checked_render_mode(render_mode)
        self._autoreset = checked_autoreset_mode(autoreset_mode)
        self.metadata = {**self.metadata, "autoreset_mode": self._autoreset}
        self._asked_robot = robot
        self._task = ReachTask(robot, joint_range_deg, horizon, tip, base, task)
        self.single_observation_space = self._task.observation_space()
        self.single_action_space = self._task.action_space()
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._scene: Scene | None = None
        workers = min(physical_cores(), self.num_envs) if workers is None else workers
        self._forward = open_forward(forward, self._task.robot, workers)
        self._episodes = Episodes(self._task, self._forward, self.num_envs)
        self._begun = False
        self._opened = Opened("the environment", shared_by_a_fork=forward == "bullet")

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Starts an episode of every arm, or of some.

        Args:
            seed: starts the one random stream of the targets afresh.
            options: {"target": (num_envs, 3) [m]} asks for targets instead of drawing them, poses (num_envs, 7) as in
                `ReachEnv.reset`; {"reset_mask": (num_envs,) of bool} restarts only those arms.

        Raises:
            ShapeError, InvalidValue: an option is not what it must be, or a target is out of reach.
            UnknownName: there is no such option.
            ResetNeeded: some arms, before all were reset once.
            Closed: the environment is closed.
            Forked: its workers belong to the process that this one was forked from.
        """
        with self._opened:
            return self._reset(seed, options)

    def _reset(self, seed: int | None, options: dict[str, Any] | None) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        asked = checked_options(options, ("target", "reset_mask"))
        starting = self._reset_mask(asked.get("reset_mask"))
        targets = asked.get("target")
        if targets is not None:
            targets = self._task.checked_targets(targets, self.num_envs)[starting]
        self._begin(starting, targets)
        self._begun = True
        return self._episodes.observations(), self._episodes.infos(starting)

    def _reset_mask(self, mask: np.ndarray | None) -> np.ndarray:
        if mask is None:
            return np.ones(self.num_envs, np.bool_)
        mask = np.asarray(mask)
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_ or not mask.any():
            raise ShapeError(f"a reset mask has shape ({self.num_envs},), is of bool, and has at least one True.")
        if not self._begun:
            raise ResetNeeded("reset all arms before some: call reset() without a mask first.")
        return mask

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Moves every arm to the joint angles that its row of `actions` (num_envs, dof) stands for.

        Returns:
            Observations, rewards [m], terminations, truncations and infos. Under `SAME_STEP` the observations
            and infos are those of the new episodes, and infos hold the last ones as "final_obs", "final_info".

        Raises:
            ShapeError: not (num_envs, dof), or not finite.
            ResetNeeded: there is no episode: `reset` starts one.
            Closed: the environment is closed.
            Forked: its workers belong to the process that this one was forked from.
        """
        with self._opened:
            return self._step(actions)

    def _step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        episodes = self._episodes
        disabled = self._autoreset is AutoresetMode.DISABLED
        if not self._begun or (disabled and episodes.ended.any()):
            raise ResetNeeded("an episode is over, or none has begun: call reset() before step().")
        moving = ~episodes.ended
        episodes.move(moving, self._task.joint_angles(actions, self.num_envs))
        rewards = np.where(moving, -episodes.judged().costs_m, 0.0)
        ending = moving & (episodes.steps >= self._task.horizon)
        never = np.zeros_like(ending)
        terminations, truncations = (ending, never) if self._task.terminates else (never, ending)
        if self._most_steps is not None:
            truncations = truncations | (moving & (episodes.steps >= self._most_steps))
            ending = terminations | truncations

        infos: dict[str, Any] = {}
        if self._autoreset is AutoresetMode.NEXT_STEP:
            if not moving.all():
                self._begin(~moving)
            episodes.ended = ending.copy()
        elif self._autoreset is AutoresetMode.SAME_STEP:
            if ending.any():
                infos = episodes.final_infos(ending)
                self._begin(ending)
        else:
            episodes.ended = ending.copy()
        every_arm = np.ones(self.num_envs, np.bool_)
        return episodes.observations(), rewards, terminations, truncations, {**infos, **episodes.infos(every_arm)}

    def _begin(self, starting: np.ndarray, targets: Targets | None = None) -> None:
        """Starts episodes where `starting` (num_envs,) is true, at targets (that many, columns) or at drawn ones."""
        if targets is None:
            targets = self._episodes.drawn_targets(int(starting.sum()), self.np_random)
        self._episodes.begin(starting, targets)

    def render(self) -> tuple[np.ndarray, ...] | None:
        """A picture of every arm, (height, width, 3) uint8; None, with a warning, without a render mode.

        Raises:
            ResetNeeded: there is nothing to show before the first reset.
            Closed: the environment is closed.
        """
        with self._opened:
            return self._render()

    def _render(self) -> tuple[np.ndarray, ...] | None:
        if self.render_mode is None:
            gymnasium.logger.warn(
                'render() shows nothing without a render mode: make_vec(..., render_mode="rgb_array").'
            )
            return None
        if not self._begun:
            raise ResetNeeded("nothing to show yet: call reset() before render().")
        if self._scene is None:
            self._scene = Scene.of(self._asked_robot, self._task.robot)
        scene, episodes, rows = self._scene, self._episodes, range(self.num_envs)
        shown = (self._task.pictured(episodes.targets[[row]], episodes.reached[[row]]) for row in rows)
        return tuple(scene.image(angles, *each) for angles, each in zip(episodes.joint_angles, shown, strict=True))

    def close_extras(self, **kwargs: Any) -> None:
        if not hasattr(self, "_opened"):  # it could not be made, and is forgotten
            return
        self._opened.end()
        self._forward.close()
        if self._scene is not None:
            self._scene.close()
