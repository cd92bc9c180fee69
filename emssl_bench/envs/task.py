"""The task of reaching, for one arm and for many: spaces, units, observations, rewards, end of an episode."""

from numbers import Real
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from gymnasium.spaces import Box

import robots
from emssl_bench import tasks
from emssl_bench.envs.given_targets import GivenTargets
from emssl_bench.exceptions import InvalidValue, ShapeError
from emssl_bench.forward import ForwardModel
from emssl_bench.joint_space import LIMITS, JointRange, JointSpace
from emssl_bench.scaling import Normaliser
from emssl_bench.shapes import JointAngles, Targets, checked
from emssl_bench.tasks import POSITION
from robots.spec import RobotSpec

_DISTANCE = "error_{}_cm"
"""The error that infos tell as "distance_m"."""


class Judged(NamedTuple):
    """What it is worth to have reached something, for many arms."""

    costs_m: np.ndarray
    """(n,) [m], the negative of rewards."""
    told: dict[str, np.ndarray]
    """What infos tell of it, (n,) each."""


class ReachTask:
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
        self._task = tasks.task(task)
        none = np.empty((0, self._task.columns))
        self._only_distance = set(self._task.errors(none, none)) == {_DISTANCE}
        self.robot = robot if isinstance(robot, RobotSpec) else robots.load(robot, tip, base)
        self.joint_space = JointSpace.of(self.robot, LIMITS if joint_range_deg == LIMITS else float(joint_range_deg))
        self.horizon = int(horizon)
        self._scaling = Normaliser(self.joint_space.lower, self.joint_space.upper, -1.0, 1.0)
        self._given = GivenTargets(self.robot, self.joint_space, self._task)

    @property
    def home(self) -> np.ndarray:
        """(dof,) [rad], where the arm starts: the middle of the joint space, which is the action 0."""
        return self._scaling.restore(np.zeros(self.robot.dof))

    @property
    def terminates(self) -> bool:
        """Whether the last step of an episode is a termination; otherwise it is a truncation.

        With one step, the step is the whole task. A learner that added the value of later steps would learn something
        false, so the step *terminates*. With more steps, the arm could go on moving. Only the clock stops it, which is
        no part of the observation: that is *truncation*.
        """
        return self.horizon == 1

    def action_space(self) -> Box:
        return Box(-1.0, 1.0, (self.robot.dof,), np.float32)

    def observation_space(self) -> Box:
        """The box of all observations: the joint space, and the ball of radius `robot.reach_bound_m` boxed in."""
        centre_m = np.array(self.robot.joints[0].origin_xyz_m)
        # Rounding may put the end of a stretched arm beyond its reach.
        bound_m = self.robot.reach_bound_m * (1 + 1e-6)
        lowest, highest = self._task.feature_bounds(centre_m - bound_m, centre_m + bound_m)
        low = np.concatenate([lowest, self.joint_space.lower, lowest]).astype(np.float32)
        high = np.concatenate([highest, self.joint_space.upper, highest]).astype(np.float32)
        return Box(low, high, dtype=np.float32)

    def joint_angles(self, actions: Any, count: int) -> JointAngles:
        """Joint angles (count, dof) [rad] of actions (count, dof); beyond [-1, 1] the arm stops at the bound.

        Raises:
            ShapeError: not (count, dof), or not finite.
        """
        rows = checked(actions, self.robot.dof, "actions")
        if len(rows) != count:
            raise ShapeError(f"actions must have shape ({count}, {self.robot.dof}), not {rows.shape}.")
        return np.clip(self._scaling.restore(rows), self.joint_space.lower, self.joint_space.upper)

    def reached(self, forward: ForwardModel, joint_angles: JointAngles) -> Targets:
        """The targets (n, columns) that joint angles (n, dof) fulfil exactly."""
        return self._task.reached(forward, joint_angles)

    def drawn_targets(self, forward: ForwardModel, count: int, rng: np.random.Generator) -> Targets:
        """Targets (count, columns): what random joint angles, uniform in the joint space, reach."""
        return self.reached(forward, self.joint_space.sample(count, rng))

    def checked_targets(self, targets: Any, count: int) -> Targets:
        """Targets (count, columns) that a user gives.

        Raises:
            ShapeError, InvalidValue: as of `GivenTargets.checked`.
        """
        return self._given.checked(targets, count)

    def observations(self, targets: Targets, joint_angles: JointAngles, reached: Targets) -> np.ndarray:
        """Observations (n, 2 size + dof) in float32, with the columns of the class."""
        features = self._task.features
        columns = [features(targets), joint_angles, features(reached)]
        return np.concatenate(columns, axis=1, dtype=np.float32, casting="same_kind")

    def judged(self, targets: Targets, reached: Targets) -> Judged:
        """What it is worth to have reached this, for each target."""
        if self._only_distance:
            costs_m = self._task.cost_m(reached, targets)
            return Judged(costs_m, {"distance_m": costs_m})
        errors = self._task.errors(reached, targets)
        places = self._task.positions(reached), self._task.positions(targets)
        told = {"distance_m": POSITION.cost_m(*places)}
        told |= {name.replace("_{}", ""): values for name, values in errors.items() if name != _DISTANCE}
        told |= {f"success_{name}": values for name, values in self._task.successes(errors).items()}
        return Judged(self._task.cost_cm(errors) / 100, told)

    def infos(self, judged: Judged, joint_angles: JointAngles, reached: Targets) -> dict[str, np.ndarray]:
        """What infos hold, a row an arm."""
        infos = judged.told | {"joint_angles": joint_angles.copy(), "position": self._task.positions(reached).copy()}
        frames = self._task.frames(reached)
        return infos if frames is None else infos | {"frame": frames.copy()}

    def pictured(self, target: Targets, reached: Targets) -> tuple[np.ndarray, np.ndarray | None]:
        """What a picture shows of a target (1, columns) and of what is reached (1, columns).

        Returns:
            The position of the target (3,) [m]; and the frames (2, 7) of both, or None where the task has no frames.
        """
        return self._task.positions(target)[0], self._task.frames(np.concatenate([target, reached]))
