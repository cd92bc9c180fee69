"""The task of reaching, for one arm and for many: spaces, units, observations, distances, end of an episode."""

import functools
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from gymnasium.spaces import Box

import robots
from emssl_bench.exceptions import InvalidValue, ShapeError
from emssl_bench.joint_space import LIMITS, JointRange, JointSpace
from emssl_bench.scaling import Normaliser
from emssl_bench.shapes import JointAngles, Positions, checked
from robots.reach import farthest_m
from robots.spec import RobotSpec

if TYPE_CHECKING:
    from emssl_bench.solvers.least_squares import Search

WITHIN_M = 0.001
"""A target counts as reached within this distance [m], that of `emssl_bench.solvers.least_squares`."""


class ReachTask:
    """The task: bring the end effector to a target by choosing joint angles.

    An action is a joint vector, scaled from the joint space to [-1, 1]: the arm goes there at once, without
    dynamics. An observation is float32 and flat, for an arm with `dof` joints:

    ======================  =================================================  =========
    columns                 what                                               unit
    ======================  =================================================  =========
    0 to 2                  the target position, robot base frame              [m]
    3 to 2 + dof            joint angles, in the order of `robot.joint_names`  [rad]
    3 + dof to 5 + dof      the end effector's position, robot base frame      [m]
    ======================  =================================================  =========

    A prismatic joint's "angle" is its displacement [m].
    """

    def __init__(
        self,
        robot: str | Path | RobotSpec,
        joint_range_deg: JointRange,
        horizon: int,
        tip: str | None = None,
        base: str | None = None,
    ):
        """Args:
            robot: a name, the path of a URDF file, or an arm.
            joint_range_deg: half the width of the joint space, see `JointSpace.of`.
            horizon: steps of an episode.
            tip, base: the links that it ends and begins with, see `robots.load`; an arm has its own.

        Raises:
            UnknownName, RobotError: the robot cannot be loaded.
            InvalidValue: `tip` or `base` is given with an arm; `joint_range_deg` or `horizon` is out of range.
        """
        if not isinstance(robot, (str, Path, RobotSpec)):
            raise InvalidValue(f"a robot is a name, the path of a URDF file or a RobotSpec, not {robot!r}.")
        if joint_range_deg != LIMITS and not isinstance(joint_range_deg, Real):
            raise InvalidValue(
                f"a joint range is a number of degrees, not {joint_range_deg!r}; or {LIMITS!r}, the arm's own."
            )
        if not isinstance(horizon, (int, np.integer)) or horizon < 1:
            raise InvalidValue(f"a horizon is a whole number of steps, at least 1, not {horizon!r}.")
        if isinstance(robot, RobotSpec) and tip is not None:
            raise InvalidValue(f"a RobotSpec has its end effector already; tip={tip!r} goes with a name or a file.")
        if isinstance(robot, RobotSpec) and base is not None:
            raise InvalidValue(f"a RobotSpec has its base already; base={base!r} goes with a name or a file.")
        self.robot = robot if isinstance(robot, RobotSpec) else robots.load(robot, tip, base)
        self.joint_space = JointSpace.of(self.robot, LIMITS if joint_range_deg == LIMITS else float(joint_range_deg))
        self.horizon = int(horizon)
        self._scaling = Normaliser(self.joint_space.lower, self.joint_space.upper, -1.0, 1.0)
        self._centre_m = np.array(self.robot.joints[0].origin_xyz_m)
        # Rounding may put the end of a stretched arm beyond its reach.
        self._bound_m = self.robot.reach_bound_m * (1 + 1e-6)

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
        nearest, farthest = self._centre_m - self._bound_m, self._centre_m + self._bound_m
        low = np.concatenate([nearest, self.joint_space.lower, nearest]).astype(np.float32)
        high = np.concatenate([farthest, self.joint_space.upper, farthest]).astype(np.float32)
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

    def observations(self, targets: Positions, joint_angles: JointAngles, positions: Positions) -> np.ndarray:
        """Observations (n, 6 + dof) in float32, with the columns of the class."""
        return np.concatenate([targets, joint_angles, positions], axis=1, dtype=np.float32, casting="same_kind")

    def checked_targets(self, targets: Any, count: int) -> Positions:
        """Targets (count, 3) [m] that a user gives.

        Raises:
            ShapeError: not (count, 3), or not finite.
            InvalidValue: a target is out of reach: no joint angles in the joint space that bring the end effector
                within a millimetre of it are found.
        """
        rows = checked(targets, 3, "targets")
        if len(rows) != count:
            raise ShapeError(f"targets must have shape ({count}, 3), not {rows.shape}.")
        for row, distance_m in enumerate(distances_m(rows, self._centre_m)):
            if distance_m > self.reach_m + WITHIN_M:
                raise InvalidValue(
                    f"target {row} is {distance_m:.3f} m from the first joint, and {self.robot.shown} reaches "
                    f"{self.reach_m:.3f} m."
                )
        missed_m = self._search.missed_m(rows)
        for row in np.flatnonzero(missed_m > WITHIN_M):
            raise InvalidValue(
                f"target {row}, {distances_m(rows, self._centre_m)[row]:.3f} m from the first joint, cannot be "
                f"reached: {self.robot.shown} comes no nearer to it than {missed_m[row]:.3f} m, as far as a search "
                "of its joint space has found."
            )
        return rows

    @functools.cached_property
    def reach_m(self) -> float:
        """The greatest distance of the end effector from the first joint with joint angles in the joint space [m]."""
        return farthest_m(self.robot, self.joint_space.lower, self.joint_space.upper)

    @functools.cached_property
    def _search(self) -> "Search":
        from emssl_bench.solvers.least_squares import Search  # torch: only for users who give targets

        return Search(self.robot, self.joint_space)


def distances_m(targets: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Distance [m] of each row of `positions` (n, 3) from its target."""
    x, y, z = (targets - positions).T
    return np.sqrt(x * x + y * y + z * z)
