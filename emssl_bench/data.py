"""Joint spaces, the data drawn from them, and how both are scaled for a network."""

import functools
import math
from dataclasses import dataclass

import numpy as np

from emssl_bench.arrays import JointAngles, Positions, checked
from emssl_bench.errors import InvalidValue, LabelsWithheld, ShapeError
from emssl_bench.forward import ForwardModel
from emssl_bench.joint_range import LIMITS, JointRange, shown
from emssl_bench.seeding import Seeds
from robots.spec import Coordinate, RobotSpec

ROUNDING = 1e-5
"""That an answer may lie outside the joint space [rad, or m]: some units of single precision."""
TWO_TURNS_RAD = 4 * math.pi + 1e-3
"""Farther than from -360° to 360° no arm is asked to turn: limits beyond say that there are none."""
MOST_NAMED = 6


@dataclass(frozen=True)
class JointSpace:
    """The box of joint angles that an inverse model answers from; bounds in [rad], or [m] if prismatic."""

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
            bounds = [_own_limits(each, robot.name) for each in robot.coordinates]
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
                    f"joint {joint.name!r} of {robot.name!r} moves within [{math.degrees(joint.lower):.0f}°, "
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

    def jittered(self, joint_angles: JointAngles, share: float, generator: np.random.Generator) -> JointAngles:
        """Joint angles (n, dof) with normal noise, its deviation a share of each joint's range, within the space."""
        noise = generator.normal(size=joint_angles.shape) * share * np.subtract(self.upper, self.lower)
        return np.clip(joint_angles + noise, self.lower, self.upper)


def _cut(joint: Coordinate, half: float) -> tuple[float, float]:
    return max(joint.lower, -half), min(joint.upper, half)


def _own_limits(joint: Coordinate, arm: str) -> tuple[float, float]:
    if joint.bounds_missing:
        raise InvalidValue(
            f"joint {joint.name!r} of {arm!r} has no limits in its file (both are left out, or 0): give the range in "
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


class TrainingData:
    """What a method may learn from: positions to reach and, unless it is self-supervised, the joint angles
    that led there.
    """

    def __init__(self, positions: Positions, joint_angles: JointAngles | None, joint_space: JointSpace):
        self.positions = positions
        """(n, 3) [m], the unlabelled data set U of Algorithm 1."""
        self.joint_space = joint_space
        self._joint_angles = joint_angles

    @property
    def joint_angles(self) -> JointAngles:
        """(n, dof) [rad], the labels.

        Raises:
            LabelsWithheld: the method says that it does without.
        """
        if self._joint_angles is None:
            raise LabelsWithheld("this method declares uses_joint_angles = False, so it is given positions only.")
        return self._joint_angles

    def unlabelled(self) -> "TrainingData":
        return TrainingData(self.positions, None, self.joint_space)


@dataclass(frozen=True)
class Dataset:
    """Training data, and positions that no method ever sees before it is judged on them."""

    train: TrainingData
    test_positions: Positions

    @classmethod
    def sample(cls, forward: ForwardModel, joint_space: JointSpace, train: int, test: int, seeds: Seeds) -> "Dataset":
        """Joint angles uniform in the space, and where they lead.

        Args:
            forward: the arm.
            joint_space: where joint angles are drawn.
            train: number of training samples.
            test: number of test positions.
            seeds: the "data" stream alone decides the samples.

        Source: Section IV, "100,000 data were collected, with 70,000 used for training and 30,000 for testing".
        """
        joint_angles = joint_space.sample(train + test, seeds.numpy("data"))
        positions = forward.positions(joint_angles)
        return cls(TrainingData(positions[:train], joint_angles[:train], joint_space), positions[train:])

    def validation(self) -> "Dataset":
        """Of the training samples alone, the last fifth to judge on: for choosing settings."""
        kept = len(self.train.positions) * 4 // 5
        train = TrainingData(self.train.positions[:kept], self.train.joint_angles[:kept], self.train.joint_space)
        return Dataset(train, self.train.positions[kept:])


@dataclass(frozen=True)
class Normaliser:
    """Maps the box [lower, upper] to [low, high] in every column, and back. An empty width maps to the middle."""

    lower: tuple[float, ...]
    upper: tuple[float, ...]
    low: float
    high: float

    @classmethod
    def of_positions(cls, positions: Positions) -> "Normaliser":
        """The box around the positions to [-1, 1]."""
        return cls(tuple(positions.min(axis=0).tolist()), tuple(positions.max(axis=0).tolist()), -1.0, 1.0)

    @classmethod
    def of_joint_space(cls, space: JointSpace) -> "Normaliser":
        """The joint space to [0, 1], the range of the network's sigmoid."""
        return cls(space.lower, space.upper, 0.0, 1.0)

    def normalise(self, values: np.ndarray) -> np.ndarray:
        lower, width, origin = self._box
        return (values - lower) / width * (self.high - self.low) + origin

    @property
    def gain_and_shift(self) -> tuple[np.ndarray, np.ndarray]:
        """`normalise` as `values * gain + shift`, for tensors that carry gradients."""
        lower, width, origin = self._box
        gain = (self.high - self.low) / width
        return gain, origin - lower * gain

    def restore(self, normalised: np.ndarray) -> np.ndarray:
        lower, width, origin = self._box
        return (normalised - origin) / (self.high - self.low) * width + lower

    @functools.cached_property
    def _box(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where each column begins and how wide it is, and where it begins normalised: bounds map to bounds."""
        lower = np.array(self.lower)
        width = np.array(self.upper) - lower
        return lower, np.where(width > 0, width, 1.0), np.where(width > 0, self.low, (self.low + self.high) / 2)
