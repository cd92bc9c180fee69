"""The ways in which an arm in use changes: other links, a knock, shifted encoders, a tool on its end."""

import math
import re
from dataclasses import dataclass, replace

import numpy as np

from emssl_bench.exceptions import InvalidValue
from robots.rotation import matrix_from_rpy, rpy_from_matrix
from robots.spec import Joint, RobotSpec, Vector

KINDS = {
    "links": "links=CM: every link longer by CM (negative: shorter)",
    "link": "link3=CM: the third link alone",
    "calibration": "calibration=MM: normal errors of MM and of MM tenths of a degree in all link parameters",
    "encoders": "encoders=DEG: a normal offset of DEG in every joint (prismatic: as many mm)",
    "tool": "tool=CM: a tool of CM on the end",
}
BEYOND = ("links=-1", "link2=3", "calibration=5", "encoders=2", "tool=10")
"""A change of every kind beyond the longer links of the paper."""
_GRAMMAR = re.compile(
    r"(links|link|calibration|encoders|tool)(\d{0,9})=([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)", re.ASCII
)


@dataclass(frozen=True)
class Change:
    """One way in which an arm changes."""

    kind: str
    amount: float
    link: int = 0
    """The link, counted from 1 at the base, where `kind` is "link"."""

    @classmethod
    def parse(cls, text: str) -> "Change":
        """A change from a text such as "links=3", "link2=-1", "calibration=5", "encoders=2", "tool=10".

        The amount has six significant digits, those that `str` writes.

        Raises:
            InvalidValue: the text is no change.
        """
        match = _GRAMMAR.fullmatch(text)
        if match and bool(match[2]) == (match[1] == "link") and abs(float(match[3])) <= 1e6:
            change = cls(match[1], float(f"{float(match[3]):g}"), int(match[2] or 0))
            if change.amount and (change.amount > 0 or change.kind.startswith("link")):
                return change
        raise InvalidValue(f"{text[:40]!r} is no change of an arm. Changes: {'; '.join(KINDS.values())}.")

    def __str__(self) -> str:
        return f"{self.kind}{self.link or ''}={self.amount:g}"

    @property
    def title(self) -> str:
        """The change as tables print it."""
        return {
            "links": f"every link {self.amount:+g} cm",
            "link": f"link {self.link} {self.amount:+g} cm",
            "calibration": f"calibration {self.amount:g} mm, {self.amount / 10:g}°",
            "encoders": f"encoder offsets {self.amount:g}°",
            "tool": f"tool of {self.amount:g} cm",
        }[self.kind]

    def applied(self, robot: RobotSpec, generator: np.random.Generator) -> RobotSpec:
        """The changed arm.

        Args:
            robot: the arm as it was.
            generator: draws what is random about the change.

        Raises:
            RobotError: a link would vanish, or there is no such link.
        """
        if self.kind == "links":
            return robot.lengthened(self.amount / 100)
        if self.kind == "link":
            return robot.lengthened(self.amount / 100, self.link)
        if self.kind == "tool":
            return _with_tool(robot, self.amount / 100)
        if self.kind == "encoders":
            # An encoder belongs to the joint that is commanded; joints that follow it are off with it.
            zeros = [_zero(each.kind, self.amount, generator) for each in robot.coordinates]
            shifts = [zeros[place] * multiplier for place, multiplier, _ in robot.driven]
            return replace(robot, joints=tuple(map(_shifted, robot.joints, shifts)))
        joints = tuple(_miscalibrated(joint, self.amount, generator) for joint in robot.joints)
        return replace(robot, joints=joints, tip_xyz_m=_jittered(robot.tip_xyz_m, self.amount / 1000, generator))


def _jittered(vector: Vector, deviation: float, generator: np.random.Generator) -> Vector:
    x, y, z = np.add(vector, generator.normal(scale=deviation, size=3)).tolist()
    return (x, y, z)


def _miscalibrated(joint: Joint, mm: float, generator: np.random.Generator) -> Joint:
    return replace(
        joint,
        origin_xyz_m=_jittered(joint.origin_xyz_m, mm / 1000, generator),
        origin_rpy_rad=_jittered(joint.origin_rpy_rad, math.radians(mm / 10), generator),
    )


def _zero(kind: str, degrees: float, generator: np.random.Generator) -> float:
    """How far off [rad, or m if prismatic] a joint's zero is."""
    return generator.normal(scale=degrees / 1000 if kind == "prismatic" else math.radians(degrees))


def _shifted(joint: Joint, offset: float) -> Joint:
    """The joint with its zero elsewhere, which is the same as its frame turned (or moved) along its axis."""
    turn = matrix_from_rpy(joint.origin_rpy_rad)
    if joint.kind == "prismatic":
        x, y, z = (joint.origin_xyz_m + turn @ joint.axis * offset).tolist()
        return replace(joint, origin_xyz_m=(x, y, z))
    x, y, z = joint.axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    about_axis = np.eye(3) + math.sin(offset) * cross + (1 - math.cos(offset)) * cross @ cross  # Rodrigues
    return replace(joint, origin_rpy_rad=rpy_from_matrix(turn @ about_axis))


def _with_tool(robot: RobotSpec, length_m: float) -> RobotSpec:
    """Along the last link or, where that has no length, along the tip's z axis."""
    tip = np.array(robot.tip_xyz_m)
    direction = tip if tip.any() else matrix_from_rpy(robot.tip_rpy_rad)[:, 2]
    x, y, z = (tip + direction / np.linalg.norm(direction) * length_m).tolist()
    return replace(robot, tip_xyz_m=(x, y, z))
