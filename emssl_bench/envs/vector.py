"""Many arms that reach, moved in one batch, as a Gymnasium vector environment."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from emssl_bench.envs.rendering import Scene
from emssl_bench.envs.task import (
    RENDER_FPS,
    RENDER_MODES,
    RESET_OPTIONS,
    ReachTask,
    checked_options,
    checked_render_mode,
    distances_m,
)
from emssl_bench.exceptions import InvalidValue, ShapeError
from emssl_bench.forward import ForwardKind, open_forward
from emssl_bench.joint_space import JointRange
from emssl_bench.records import machine
from emssl_bench.shapes import JointAngles
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
        forward: ForwardKind = "bullet",
        workers: int | None = None,
        tip: str | None = None,
        base: str | None = None,
        max_episode_steps: int | None = None,
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

        Raises:
            UnknownName, RobotError: the robot cannot be loaded.
            InvalidValue: another argument is out of range.
            MissingDependency: PyBullet is not installed.
            SystemLimit: the system refuses processes, files or memory.
        """
        if not isinstance(num_envs, (int, np.integer)) or num_envs < 1:
            raise InvalidValue(f"a vector environment has a whole number of arms, at least 1, not {num_envs!r}.")
        if max_episode_steps is not None and (
            not isinstance(max_episode_steps, (int, np.integer)) or isinstance(max_episode_steps, bool)
        ):
            raise InvalidValue(f"max_episode_steps is a whole number of steps, not {max_episode_steps!r}.")
        if max_episode_steps is not None and max_episode_steps < 1:
            raise InvalidValue(f"an episode has at least 1 step, not max_episode_steps={max_episode_steps}.")
        self._most_steps = max_episode_steps
        self.num_envs = int(num_envs)
        self.render_mode = checked_render_mode(render_mode)
        self._autoreset = _autoreset_mode(autoreset_mode)
        self.metadata = {**self.metadata, "autoreset_mode": self._autoreset}
        self._asked_robot = robot
        self._task = ReachTask(robot, joint_range_deg, horizon, tip, base)
        self.single_observation_space = self._task.observation_space()
        self.single_action_space = self._task.action_space()
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._scene: Scene | None = None
        workers = min(machine.physical_cores(), self.num_envs) if workers is None else workers
        self._forward = open_forward(forward, self._task.robot, workers)
        self._home_position = self._forward.positions(self._task.home[None])[0]
        self._targets = np.zeros((self.num_envs, 3))
        self._joint_angles = np.zeros((self.num_envs, self._task.robot.dof))
        self._positions = np.zeros((self.num_envs, 3))
        self._steps = np.zeros(self.num_envs, np.int64)
        self._ended = np.zeros(self.num_envs, np.bool_)
        self._begun = False
        self._opened = Opened("the environment", shared_by_a_fork=forward == "bullet")

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Starts an episode of every arm, or of some.

        Args:
            seed: starts the one random stream of the targets afresh.
            options: {"target": (num_envs, 3) [m]} asks for targets instead of drawing them; {"reset_mask":
                (num_envs,) of bool} restarts only those arms.

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
        asked = checked_options(options, RESET_OPTIONS)
        starting = self._reset_mask(asked.get("reset_mask"))
        targets = asked.get("target")
        if targets is not None:
            targets = self._task.checked_targets(targets, self.num_envs)[starting]
        self._begin(starting, targets)
        self._begun = True
        return self._observations(), self._infos(starting)

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
        disabled = self._autoreset is AutoresetMode.DISABLED
        if not self._begun or (disabled and self._ended.any()):
            raise ResetNeeded("an episode is over, or none has begun: call reset() before step().")
        moving = ~self._ended
        self._move(moving, self._task.joint_angles(actions, self.num_envs))
        rewards = np.where(moving, -self._distances_m(), 0.0)
        ending = moving & (self._steps >= self._task.horizon)
        never = np.zeros_like(ending)
        terminations, truncations = (ending, never) if self._task.terminates else (never, ending)
        if self._most_steps is not None:
            truncations = truncations | (moving & (self._steps >= self._most_steps))
            ending = terminations | truncations

        infos: dict[str, Any] = {}
        if self._autoreset is AutoresetMode.NEXT_STEP:
            self._begin(~moving)
            self._ended = ending.copy()
        elif self._autoreset is AutoresetMode.SAME_STEP:
            if ending.any():
                infos = self._final_infos(ending)
                self._begin(ending)
        else:
            self._ended = ending.copy()
        every_arm = np.ones(self.num_envs, np.bool_)
        return self._observations(), rewards, terminations, truncations, {**infos, **self._infos(every_arm)}

    def _begin(self, starting: np.ndarray, targets: np.ndarray | None = None) -> None:
        """Starts episodes where `starting` (num_envs,) is true, at targets (that many, 3) or at drawn ones."""
        if targets is None:
            drawn = self._task.joint_space.sample(int(starting.sum()), self.np_random)
            targets = self._forward.positions(drawn)
        self._targets[starting] = targets
        self._joint_angles[starting] = self._task.home
        self._positions[starting] = self._home_position
        self._steps[starting] = 0
        self._ended[starting] = False

    def _move(self, moving: np.ndarray, joint_angles: JointAngles) -> None:
        self._joint_angles[moving] = joint_angles[moving]
        self._positions[moving] = self._forward.positions(joint_angles[moving])
        self._steps[moving] += 1

    def _distances_m(self) -> np.ndarray:
        return distances_m(self._targets, self._positions)

    def _observations(self) -> np.ndarray:
        return self._task.observations(self._targets, self._joint_angles, self._positions)

    def _infos(self, told: np.ndarray) -> dict[str, Any]:
        """What `ReachEnv` tells of an arm, batched: beside every key its mask, which says of which arms it is told."""
        values = {
            "distance_m": self._distances_m(),
            "joint_angles": self._joint_angles.copy(),
            "position": self._positions.copy(),
        }
        return values | {f"_{key}": told.copy() for key in values}

    def _final_infos(self, ending: np.ndarray) -> dict[str, Any]:
        # An object array, None where no episode ended, as Gymnasium's own vector environments have it.
        final_observations = np.full(self.num_envs, None, dtype=object)
        final_observations[ending] = np.fromiter(self._observations()[ending], dtype=object, count=int(ending.sum()))
        return {
            "final_obs": final_observations,
            "_final_obs": ending.copy(),
            "final_info": self._infos(ending),
            "_final_info": ending.copy(),
        }

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
        scene = self._scene
        return tuple(scene.image(*row) for row in zip(self._joint_angles, self._targets, strict=True))

    def close_extras(self, **kwargs: Any) -> None:
        if not hasattr(self, "_opened"):  # it could not be made, and is forgotten
            return
        self._opened.end()
        self._forward.close()
        if self._scene is not None:
            self._scene.close()


def _autoreset_mode(mode: AutoresetMode | str) -> AutoresetMode:
    try:
        return AutoresetMode(mode)
    except ValueError:
        valid = ", ".join(each.value for each in AutoresetMode)
        raise InvalidValue(f"unknown autoreset mode {mode!r}: {valid}.") from None
