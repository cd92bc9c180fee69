"""The description of an arm: a chain of moving joints from a base to an end effector."""

import functools
import hashlib
import json
import math
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np

from emssl_bench.exceptions import MOST_OF_A_PATH, RobotError, listed, shortened

Vector = tuple[float, float, float]
_NOT_GEOMETRY = ("name", "follows", "multiplier", "offset", "bounds_missing")


@dataclass(frozen=True)
class Coordinate:
    """A number that is chosen for an arm: the angle [rad] of a joint, or the displacement [m] of a prismatic one.

    A joint that turns without end has infinite bounds, and so has one whose file gives none (`bounds_missing`).
    """

    name: str
    kind: Literal["revolute", "prismatic"]
    lower: float
    upper: float
    bounds_missing: bool = False


@dataclass(frozen=True)
class Joint:
    """A moving joint, placed in the frame of the joint before it (the first one: in the base frame).

    `origin_rpy_rad` are URDF's fixed-axis roll, pitch, yaw; `axis` is a unit vector in the joint's frame.
    Limits are in [rad], or in [m] where `kind` is "prismatic"; a continuous joint has infinite ones, and so has one
    whose file gives none (`bounds_missing`).

    A joint that `follows` another (URDF: mimics) is always at `multiplier` times that one's angle, plus `offset`.
    """

    name: str
    kind: Literal["revolute", "prismatic"]
    origin_xyz_m: Vector
    origin_rpy_rad: Vector
    axis: Vector
    lower: float
    upper: float
    follows: str = ""
    """The name of the coordinate that it follows; by default it has its own coordinate."""
    multiplier: float = 1.0
    offset: float = 0.0
    """[rad], or [m] where the joint is prismatic."""
    bounds_missing: bool = False


@dataclass(frozen=True)
class RobotSpec:
    """An arm: its joints from base to tip, and where the tip sits on the last link.

    Fixed joints are folded in when a URDF is read, so link i is the whole rigid body between joint i and
    joint i + 1 (the last one: the tip).

    Joint angles given to an arm are those of its `coordinates`, `dof` of them: every joint has one of its own, except
    those that follow another joint of the arm, or one outside it (`drivers`).
    """

    name: str
    joints: tuple[Joint, ...]
    tip_xyz_m: Vector
    tip_rpy_rad: Vector
    source: str
    drivers: tuple[Coordinate, ...] = ()
    """Joints outside the arm that joints of it follow."""
    path: str = field(default="", compare=False)
    """The file that it was loaded from, as the user gave it; "" where the arm has a name in the suite."""

    def __post_init__(self):
        known = {joint.name for joint in self.joints if not joint.follows} | {driver.name for driver in self.drivers}
        for joint in self.joints:
            if joint.follows and joint.follows not in known:
                raise RobotError(f"joint {joint.name!r} follows {joint.follows!r}, which is no coordinate of the arm.")
            if not joint.multiplier:
                raise RobotError(f"joint {joint.name!r} follows {joint.follows!r} times 0: that is a fixed joint.")

    @property
    def shown(self) -> str:
        """What a message calls the arm: the path that the user gave, or its name in quotes."""
        return shortened(self.path, MOST_OF_A_PATH) if self.path else repr(self.name)

    @property
    def dof(self) -> int:
        """The number of joints whose angles are chosen, without those that follow others."""
        return len(self.coordinates)

    @property
    def joint_names(self) -> tuple[str, ...]:
        """The names of the joints whose angles are chosen, in the order of the columns of joint angles."""
        return tuple(coordinate.name for coordinate in self.coordinates)

    @functools.cached_property
    def coordinates(self) -> tuple[Coordinate, ...]:
        """The numbers that are chosen, from base to tip; their bounds keep followers within their own, too."""
        drivers = {driver.name: driver for driver in self.drivers}
        found: dict[str, Coordinate] = {}
        for joint in self.joints:
            if not joint.follows:
                found[joint.name] = Coordinate(joint.name, joint.kind, joint.lower, joint.upper, joint.bounds_missing)
            elif joint.follows in drivers:
                found.setdefault(joint.follows, drivers[joint.follows])
        for joint in self.joints:
            if joint.follows:
                found[joint.follows] = _keeping(found[joint.follows], joint)
        return tuple(found.values())

    @property
    def followers(self) -> tuple[Joint, ...]:
        """The joints that follow another."""
        return tuple(joint for joint in self.joints if joint.follows)

    @property
    def driven(self) -> tuple[tuple[int, float, float], ...]:
        """For every joint the place of its coordinate, the multiplier and the offset."""
        places = {name: place for place, name in enumerate(self.joint_names)}
        return tuple((places[joint.follows or joint.name], joint.multiplier, joint.offset) for joint in self.joints)

    def of_every_joint(self, joint_angles: np.ndarray) -> np.ndarray:
        """The angles (..., len(joints)) of all joints, for given joint angles (..., dof) [rad, or m if prismatic]."""
        if not self.followers:
            return joint_angles
        places, multipliers, offsets = zip(*self.driven, strict=True)
        return joint_angles[..., list(places)] * np.array(multipliers) + np.array(offsets)

    @property
    def links_m(self) -> tuple[Vector, ...]:
        """The vector of every moving link, from its own joint to the next one (the last: to the tip)."""
        return (*(joint.origin_xyz_m for joint in self.joints[1:]), self.tip_xyz_m)

    @property
    def reach_bound_m(self) -> float:
        """An upper bound of the reach: all links laid end to end, from the first joint. No position is farther.

        Links that can never lie in one line make it larger than the reach: 1.19 m of the ur5's 1.04 m.
        """
        return sum(math.hypot(*link) for link in self.links_m) + self._travel_m

    @property
    def _travel_m(self) -> float:
        return sum(max(map(abs, self.range_of(joint))) for joint in self.joints if joint.kind == "prismatic")

    def range_of(self, joint: Joint) -> tuple[float, float]:
        """The least and the greatest angle [rad], or displacement [m], that a joint of the arm comes to."""
        drivers = {coordinate.name: coordinate for coordinate in self.coordinates}
        driver = drivers[joint.follows or joint.name]
        least, greatest = sorted(joint.multiplier * end + joint.offset for end in (driver.lower, driver.upper))
        return least, greatest

    @functools.cached_property
    def reach_m(self) -> float:
        """The greatest distance of the end effector from the first joint, within the arm's own limits, as measured.

        See `robots.reach.farthest_m`.
        """
        from robots.reach import farthest_m

        return farthest_m(self, *zip(*((each.lower, each.upper) for each in self.coordinates), strict=True))

    @property
    def digest(self) -> str:
        """A hash of the kinematics: equal for equal geometry, whatever the names of the arm and its joints."""
        chain: list[dict[str, Any]] = []
        for joint, driven in zip(self.joints, self.driven, strict=True):
            own = {name: value for name, value in asdict(joint).items() if name not in _NOT_GEOMETRY}
            chain.append({**own, "follows": driven} if joint.follows else own)
        drivers = [[driver.kind, driver.lower, driver.upper] for driver in self.drivers]
        text = json.dumps([chain, self.tip_xyz_m, self.tip_rpy_rad, *filter(None, [drivers])], sort_keys=True)
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
            raise RobotError(f"{self.shown} has no link with a length.")
        if only is not None and only not in lengths:
            raise RobotError(f"{self.shown} has no link {only} with a length: {listed([*map(str, lengths)])}.")
        chosen = {number: lengths[number] for number in (lengths if only is None else (only,))}
        shortest_m = min(chosen.values())
        if shortest_m + by_m <= 0:
            raise RobotError(
                f"{self.shown} has a link of {shortest_m * 100:.2f} cm: "
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
            tip_xyz_m=stretched(len(self.joints)),
        )


def _keeping(coordinate: Coordinate, follower: Joint) -> Coordinate:
    """The coordinate with bounds that keep a follower within its own."""
    own = sorted((end - follower.offset) / follower.multiplier for end in (follower.lower, follower.upper))
    lower, upper = max(coordinate.lower, own[0]), min(coordinate.upper, own[1])
    return replace(
        coordinate,
        lower=lower,
        upper=upper,
        bounds_missing=coordinate.bounds_missing and math.inf in (-lower, upper),
    )
