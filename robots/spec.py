"""What an arm is to this suite: a chain of moving joints from a base to an end effector."""

import hashlib
import json
import math
from dataclasses import asdict, dataclass, replace
from typing import Literal

from emssl_bench.errors import RobotError, listed

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Joint:
    """A moving joint, placed in the frame of the joint before it (the first one: in the base frame).

    `origin_rpy_rad` are URDF's fixed-axis roll, pitch, yaw; `axis` is a unit vector in the joint's frame.
    Limits are in [rad], or in [m] where `kind` is "prismatic"; a continuous joint has infinite ones.
    """

    name: str
    kind: Literal["revolute", "prismatic"]
    origin_xyz_m: Vector
    origin_rpy_rad: Vector
    axis: Vector
    lower: float
    upper: float


@dataclass(frozen=True)
class RobotSpec:
    """An arm: its joints from base to tip, and where the tip sits on the last link.

    Fixed joints are folded in when a URDF is read, so link i is the whole rigid body between joint i and
    joint i + 1 (the last one: the tip).
    """

    name: str
    joints: tuple[Joint, ...]
    tip_xyz_m: Vector
    tip_rpy_rad: Vector
    source: str

    @property
    def dof(self) -> int:
        return len(self.joints)

    @property
    def joint_names(self) -> tuple[str, ...]:
        return tuple(joint.name for joint in self.joints)

    @property
    def links_m(self) -> tuple[Vector, ...]:
        """The vector of every moving link, from its own joint to the next one (the last: to the tip)."""
        return (*(joint.origin_xyz_m for joint in self.joints[1:]), self.tip_xyz_m)

    @property
    def reach_m(self) -> float:
        """Length of the fully stretched arm, from the first joint: no position is farther from it."""
        travel = sum(max(abs(j.lower), abs(j.upper)) for j in self.joints if j.kind == "prismatic")
        return sum(math.hypot(*link) for link in self.links_m) + travel

    @property
    def digest(self) -> str:
        """Names the kinematics: equal for equal geometry, whatever the arm and its joints are called."""
        chain = [{k: v for k, v in asdict(joint).items() if k != "name"} for joint in self.joints]
        text = json.dumps([chain, self.tip_xyz_m, self.tip_rpy_rad], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def lengthened(self, by_m: float, only: int | None = None) -> "RobotSpec":
        """The arm with every moving link, or one, longer by `by_m` along its own direction.

        A link that is a mere change of axis (length 0) has no direction and stays as it is, as does the
        mounting of the first joint on the base, which is no moving link.

        Args:
            by_m: extension of each link [m]; negative shortens.
            only: the one link to change, counted from 1 at the base.

        Raises:
            RobotError: a link would vanish, or there is no such link.

        Source: Section IV-C, "we increased the length of each link by the same amount".
        """
        lengths = {number: math.hypot(*link) for number, link in enumerate(self.links_m, 1) if any(link)}
        if not lengths:
            raise RobotError(f"{self.name!r} has no link with a length.")
        if only is not None and only not in lengths:
            raise RobotError(f"{self.name!r} has no link {only} with a length: {listed([*map(str, lengths)])}.")
        chosen = {number: lengths[number] for number in (lengths if only is None else (only,))}
        shortest_m = min(chosen.values())
        if shortest_m + by_m <= 0:
            raise RobotError(
                f"{self.name!r} has a link of {shortest_m * 100:.2f} cm: "
                f"links cannot be lengthened by {by_m * 100:g} cm."
            )

        def stretched(number: int) -> Vector:
            x, y, z = self.links_m[number - 1]
            factor = 1 + by_m / chosen[number] if number in chosen else 1.0
            return (x * factor, y * factor, z * factor)

        first, *rest = self.joints
        return replace(
            self,
            joints=(first, *(replace(joint, origin_xyz_m=stretched(i)) for i, joint in enumerate(rest, 1))),
            tip_xyz_m=stretched(self.dof),
        )
