"""The task of reaching with an arm: its spaces, their units, and the targets that are given."""

from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.spaces import Box

import robots
from emssl_bench import tasks
from emssl_bench.envs.given_targets import GivenTargets
from emssl_bench.envs.reaching import Reaching
from emssl_bench.exceptions import InvalidValue
from emssl_bench.joint_space import LIMITS, JointRange, JointSpace
from emssl_bench.shapes import Targets
from robots.spec import RobotSpec


class ReachTask(Reaching):
    """The task: bring the end effector to a target by choosing joint angles.

    An action is a joint vector, scaled from the joint space to [-1, 1]: the arm goes there at once, without
    dynamics. An observation is float32 and flat, for an arm with `dof` joints and a target of `size` numbers:

    =================  =================================================  =========
    number of columns  what                                               unit
    =================  =================================================  =========
    size               the target, robot base frame                       see below
    dof                joint angles, in the order of `robot.joint_names`  [rad]
    size               where the end effector is, as the target           see below
    =================  =================================================  =========

    A prismatic joint's "angle" is its displacement [m]. The numbers of a target are the task's `features`. Those of
    "position" are x y z [m], size 3. Those of "pose" are x y z [m] and the first two columns of the rotation matrix,
    size 9. With "pose:orientation=quaternion" a quaternion x y z w, with w not negative, is in place of the columns,
    size 7. Equal orientations thus have equal numbers, whichever of its two quaternions is given.

    The reward is minus the task's cost: the distance [m], and for poses another 0.3 m for each radian of the angle
    between both orientations ("pose:metres_a_radian=0.2" sets another number).
    """

    def __init__(
        self,
        robot: str | Path | RobotSpec,
        joint_range_deg: JointRange,
        horizon: int,
        tip: str | None = None,
        base: str | None = None,
        task: str = "position",
    ):
        """Args:
            robot: a name, the path of a URDF file, or an arm.
            joint_range_deg: half the width of the joint space, see `JointSpace.of`.
            horizon: steps of an episode.
            tip, base: the links that it ends and begins with, see `robots.load`; an arm has its own.
            task: what a target is, see `tasks.task`.

        Raises:
            UnknownName, RobotError: the robot cannot be loaded, or there is no such task.
            InvalidValue: `tip` or `base` is given with an arm; `joint_range_deg`, `horizon` or a setting of the task is
                out of range.
        """
        if not isinstance(robot, (str, Path, RobotSpec)):
            raise InvalidValue(f"a robot is a name, the path of a URDF file or a RobotSpec, not {robot!r}.")
        if joint_range_deg != LIMITS and not isinstance(joint_range_deg, Real):
            raise InvalidValue(
                f"a joint range is a number of degrees, not {joint_range_deg!r}; or {LIMITS!r}, the arm's own."
            )
        if not isinstance(horizon, (int, np.integer)) or horizon < 1:
            raise InvalidValue(f"a horizon is a whole number of steps, at least 1, not {horizon!r}.")
        if not isinstance(task, str):
            raise InvalidValue(f"a task is a name, such as 'position' or 'pose', and may have settings; not {task!r}.")
        if isinstance(robot, RobotSpec) and tip is not None:
            raise InvalidValue(f"a RobotSpec has its end effector already; tip={tip!r} goes with a name or a file.")
        if isinstance(robot, RobotSpec) and base is not None:
            raise InvalidValue(f"a RobotSpec has its base already; base={base!r} goes with a name or a file.")
        of_task = tasks.task(task)
        self.robot = robot if isinstance(robot, RobotSpec) else robots.load(robot, tip, base)
        space = JointSpace.of(self.robot, LIMITS if joint_range_deg == LIMITS else float(joint_range_deg))
        super().__init__(of_task, space, int(horizon))
        self._given = GivenTargets(self.robot, space, of_task)

    def observation_space(self) -> Box:
        """The box of all observations: the joint space, and the ball of radius `robot.reach_bound_m` boxed in."""
        centre_m = np.array(self.robot.joints[0].origin_xyz_m)
        # Rounding may put the end of a stretched arm beyond its reach.
        bound_m = self.robot.reach_bound_m * (1 + 1e-6)
        lowest, highest = self._task.feature_bounds(centre_m - bound_m, centre_m + bound_m)
        low = np.concatenate([lowest, self.joint_space.lower, lowest]).astype(np.float32)
        high = np.concatenate([highest, self.joint_space.upper, highest]).astype(np.float32)
        return Box(low, high, dtype=np.float32)

    def checked_targets(self, targets: Any, count: int) -> Targets:
        """Targets (count, columns) that a user gives.

        Raises:
            ShapeError, InvalidValue: as of `GivenTargets.checked`.
        """
        return self._given.checked(targets, count)
