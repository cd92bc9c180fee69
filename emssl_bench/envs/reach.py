"""One arm that reaches, as a Gymnasium environment."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded

from emssl_bench.envs.arguments import RENDER_FPS, RENDER_MODES, checked_options, checked_render_mode
from emssl_bench.envs.reaching import Judged
from emssl_bench.envs.rendering import Scene
from emssl_bench.envs.task import ReachTask
from emssl_bench.forward.bullet import BulletArm
from emssl_bench.joint_space import JointRange
from emssl_bench.system.opened import Opened
from robots.spec import RobotSpec


class ReachEnv(gymnasium.Env[np.ndarray, np.ndarray]):
    """An environment: choose joint angles that bring the end effector to a target. The reward is minus the cost [m].

    Spaces, units, rewards and the layout of an observation are those of `ReachTask`; the ground truth is PyBullet. The
    target is what a random joint vector, uniform in the joint space, reaches: it can always be reached.

    Threads may share it, and wait for each other. A copy, pickled or not, goes on from where this one is, with a
    simulator of its own.

    `info` holds "distance_m", "joint_angles" (dof,) [rad] and "position" (3,) [m], in double precision. With poses it
    also holds "angle_deg", the angle to the target's orientation; "success_1mm", "success_5mm" and "success_1cm",
    whether both errors are within these bounds of the task (0.57°, 2° and 5° go with them); and "frame" (7,), the
    end effector's position [m] and unit quaternion x y z w.
    """

    metadata = {"render_modes": RENDER_MODES, "render_fps": RENDER_FPS}  # noqa: RUF012

    def __init__(
        self,
        robot: str | Path | RobotSpec = "paper6",
        joint_range_deg: JointRange = 180.0,
        horizon: int = 1,
        render_mode: str | None = None,
        tip: str | None = None,
        base: str | None = None,
        task: str = "position",
    ):
        """Opens a PyBullet client with the arm in it.

        Args:
            robot: a name of `robots.available()`, the path of a URDF file, or an arm.
            joint_range_deg: half the width of the joint space, e.g. 90 for [-90°, 90°]; or "limits" for
                the arm's own limits.
            horizon: steps of an episode. One terminates; more are truncated, see `ReachTask.terminates`.
            render_mode: "rgb_array" or None.
            tip: the link that is the end effector, where a file has several branches.
            base: the link that the arm begins with; what carries it, such as a mobile base, is left out.
            task: what a target is: "position" or "pose", and settings of it, as in "pose:metres_a_radian=0.2".

        Raises:
            UnknownName, RobotError: the robot cannot be loaded, or there is no such task.
            InvalidValue: another argument is out of range.
            MissingDependency: PyBullet is not installed.
            SystemLimit: the system refuses what PyBullet needs.
        """
        self.render_mode = checked_render_mode(render_mode)
        self._task = ReachTask(robot, joint_range_deg, horizon, tip, base, task)
        self.observation_space = self._task.observation_space()
        self.action_space = self._task.action_space()
        self._asked_robot = robot
        self._scene: Scene | None = None
        self._arm = BulletArm(self._task.robot)
        self._at_home = self._task.reached(self._arm, self._task.home[None])
        # Rows, (1, columns): the task is written for many arms.
        self._target = self._joint_angles = self._reached = np.empty((0, 0))
        self._steps = self._task.horizon
        self._opened = Opened("the environment")

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Draws a new target, and puts the arm back in the middle of the joint space.

        Args:
            seed: restarts the random stream of the targets.
            options: {"target": (3,) [m]} gives a target instead of drawing one; a pose is (7,), a position [m] and a
                unit quaternion x y z w.

        Raises:
            ShapeError, InvalidValue: the given target is no target of the task, or out of reach.
            UnknownName: there is no such option.
            Closed: the environment is closed.
        """
        with self._opened:
            return self._reset(seed, options)

    def _reset(self, seed: int | None, options: dict[str, Any] | None) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        asked = checked_options(options, ("target",)).get("target")
        if asked is None:
            self._target = self._task.drawn_targets(self._arm, 1, self.np_random)
        else:
            self._target = self._task.checked_targets([asked], 1)
        self._joint_angles, self._reached = self._task.home[None], self._at_home
        self._steps = 0
        return self._observation(), self._info(self._judged())

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Moves the arm to the joint angles that `action` (dof,) stands for.

        Raises:
            ShapeError: not (dof,), or not finite.
            ResetNeeded: there is no episode: `reset` starts one.
            Closed: the environment is closed.
        """
        with self._opened:
            return self._step(action)

    def _step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        if self._steps >= self._task.horizon:
            raise ResetNeeded("the episode is over, or none has begun: call reset() before step().")
        self._joint_angles = self._task.joint_angles([action], 1)
        self._reached = self._task.reached(self._arm, self._joint_angles)
        self._steps += 1
        ended = self._steps == self._task.horizon
        terminated, truncated = ended and self._task.terminates, ended and not self._task.terminates
        judged = self._judged()
        return self._observation(), -judged.costs_m.item(), terminated, truncated, self._info(judged)

    def _observation(self) -> np.ndarray:
        return self._task.observations(self._target, self._joint_angles, self._reached)[0]

    def _judged(self) -> Judged:
        return self._task.judged(self._target, self._reached)

    def _info(self, judged: Judged) -> dict[str, Any]:
        infos = self._task.infos(judged, self._joint_angles, self._reached)
        return {name: rows.item() if rows.ndim == 1 else rows[0] for name, rows in infos.items()}

    def render(self) -> np.ndarray | None:
        """The arm and the target, (height, width, 3) uint8; None, with a warning, without a render mode.

        Raises:
            ResetNeeded: there is nothing to show before the first reset.
            Closed: the environment is closed.
        """
        with self._opened:
            return self._render()

    def _render(self) -> np.ndarray | None:
        if self.render_mode is None:
            gymnasium.logger.warn('render() shows nothing without a render mode: make(..., render_mode="rgb_array").')
            return None
        if not len(self._target):
            raise ResetNeeded("nothing to show yet: call reset() before render().")
        if self._scene is None:
            self._scene = Scene.of(self._asked_robot, self._task.robot)
        return self._scene.image(self._joint_angles[0], *self._task.pictured(self._target, self._reached))

    def close(self) -> None:
        """Ends the simulators, after the call of another thread has returned; calling it again does nothing."""
        self._opened.end()
        self._arm.close()
        if self._scene is not None:
            self._scene.close()
            self._scene = None
