"""Joint spaces: which joint angles a solution may have, given in degrees or by the arm's own limits."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from emssl_bench.exceptions import InvalidValue, ShapeError
from emssl_bench.shapes import JointAngles, checked
from robots.spec import Coordinate, RobotSpec

LIMITS: Literal["limits"] = "limits"
"""Every joint within its own limits, as the arm's file has them."""
JointRange = float | Literal["limits"]
"""Half the width of the joint space [deg], e.g. 90 for [-90°, 90°]; or `LIMITS`."""

ROUNDING = 1e-5
"""That a solution may lie outside the joint space [rad, or m]: some units of single precision."""
TWO_TURNS_RAD = 4 * math.pi + 1e-3
"""Farther than from -360° to 360° no arm is asked to turn: limits beyond say that there are none."""
MOST_NAMED = 6


def shown(joint_range: JointRange) -> str:
    """As tables, figures and the display say it: "±90°", or "own limits"."""
    return "own limits" if joint_range == LIMITS else f"±{joint_range:g}°"


def place(joint_range: JointRange) -> float:
    """What to sort by: the narrowest range first, the arm's own limits last."""
    return math.inf if joint_range == LIMITS else float(joint_range)


def plain(joint_range: JointRange) -> JointRange:
    """90 for 90.0: equal settings must be the same text in a digest."""
    whole = not isinstance(joint_range, str) and float(joint_range).is_integer()
    return int(joint_range) if whole else joint_range


@dataclass(frozen=True)
class JointSpace:
    """The box of joint angles from which an inverse model takes its solutions; bounds in [rad], or [m] if prismatic."""

    lower: tuple[float, ...]
    upper: tuple[float, ...]

    @classmethod
    def of(cls, robot: RobotSpec, joint_range_deg: JointRange) -> "JointSpace":
        """[-range, range] on every revolute joint, within the arm's own limits; prismatic joints keep theirs.

        Joints that follow others have no column of their own; those that they follow keep them within their limits.

        Args:
            robot: the arm.
            joint_range_deg: half the width of the space, e.g. 90 for [-90°, 90°]; or "limits" for the arm's own
                limits, where a joint that turns without end, or more than twice around, has [-180°, 180°].

        Raises:
            InvalidValue: the range is neither "limits" nor in (0, 360], a joint can reach none of it, or "limits" is
                asked for and the file gives a joint none.

        Source: Table II, "joint angle space".
        """
        if joint_range_deg == LIMITS:
            bounds = [_own_limits(each, robot.shown) for each in robot.coordinates]
        elif isinstance(joint_range_deg, str) or not 0 < joint_range_deg <= 360:
            given = joint_range_deg if isinstance(joint_range_deg, str) else f"{joint_range_deg:g}"
            raise InvalidValue(
                f"a joint range is over 0 and at most 360 degrees, not {given}; "
                f"or {LIMITS}, which stands for the arm's own."
            )
        else:
            half = math.radians(joint_range_deg)
            bounds = [_cut(each, math.inf if each.kind == "prismatic" else half) for each in robot.coordinates]
        for joint, (lower, upper) in zip(robot.coordinates, bounds, strict=True):
            if not lower < upper:
                raise InvalidValue(
                    f"joint {joint.name!r} of {robot.shown} moves within [{math.degrees(joint.lower):.0f}°, "
                    f"{math.degrees(joint.upper):.0f}°] and reaches none of {shown(joint_range_deg)}: "
                    f"--joint-range {LIMITS} takes the arm's own limits."
                )
        lower, upper = zip(*bounds, strict=True)
        return cls(lower, upper)

    @property
    def dof(self) -> int:
        return len(self.lower)

    def checked(self, joint_angles) -> JointAngles:
        """Joint angles as (n, dof) float64, once it is known that they lie in the space, up to rounding.

        Raises:
            ShapeError: not (n, dof), not finite, or outside.
        """
        rows = checked(joint_angles, self.dof, "joint angles")
        outside = (rows < np.subtract(self.lower, ROUNDING)) | (rows > np.add(self.upper, ROUNDING))
        if outside.any():
            row, joint = np.argwhere(outside)[0]
            raise ShapeError(
                f"joint angles must lie in the joint space: row {row} has {rows[row, joint]:.6g} for joint "
                f"{joint + 1}, which moves within [{self.lower[joint]:.6g}, {self.upper[joint]:.6g}]."
            )
        return rows

    def sample(self, count: int, generator: np.random.Generator) -> JointAngles:
        """Joint angles (count, dof), uniform in the space."""
        return generator.uniform(self.lower, self.upper, (count, self.dof))

    def jittered(
        self, joint_angles: JointAngles, share: float, generator: np.random.Generator, around: bool = False
    ) -> JointAngles:
        """Joint angles (n, dof) with normal noise, its deviation a share of each joint's range, within the space.

        Args:
            joint_angles: (n, dof) [rad].
            share: of each joint's range.
            generator: draws the noise.
            around: whether a joint whose range is one whole turn goes on at its other end; by default it stops.
        """
        width = np.subtract(self.upper, self.lower)
        found = joint_angles + generator.normal(size=joint_angles.shape) * share * width
        if around:
            whole_turn = np.abs(width - 2 * math.pi) < ROUNDING
            found = np.where(whole_turn, self.lower + np.mod(found - self.lower, 2 * math.pi), found)
        return np.clip(found, self.lower, self.upper)


def _cut(joint: Coordinate, half: float) -> tuple[float, float]:
    return max(joint.lower, -half), min(joint.upper, half)


def _own_limits(joint: Coordinate, arm: str) -> tuple[float, float]:
    if joint.bounds_missing:
        raise InvalidValue(
            f"joint {joint.name!r} of {arm} has no limits in its file (both are left out, or 0): give the range in "
            "degrees, such as --joint-range 180."
        )
    if joint.kind == "revolute" and joint.upper - joint.lower > TWO_TURNS_RAD:
        return _cut(joint, math.pi)
    return joint.lower, joint.upper


def narrowed(robot: RobotSpec, joint_range_deg: JointRange) -> str:
    """Which joints a range takes half or more away from, in a line; "" where there are none.

    Of what a joint could have had: all that it can do, or as much of it as the range is wide.
    """
    if joint_range_deg == LIMITS:
        return ""
    space, asked = JointSpace.of(robot, joint_range_deg), 2 * math.radians(float(joint_range_deg))
    cut = [
        f"{joint.name!r} {math.degrees(upper - lower):.0f}° of [{math.degrees(joint.lower):.0f}, "
        f"{math.degrees(joint.upper):.0f}]°"
        for joint, lower, upper in zip(robot.coordinates, space.lower, space.upper, strict=True)
        if joint.kind == "revolute" and upper - lower <= min(joint.upper - joint.lower, asked) / 2 + ROUNDING
    ]
    if not cut:
        return ""
    more = f" and {len(cut) - MOST_NAMED} more" if len(cut) > MOST_NAMED else ""
    return (
        f"{shown(joint_range_deg)} leaves joint {', '.join(cut[:MOST_NAMED])}{more}: "
        f"--joint-range {LIMITS} takes the arm's own limits."
    )
