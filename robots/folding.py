"""The arm between two links of a file: joints that do not move are folded in, those that mimic follow."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from emssl_bench.exceptions import RobotError, listed, quoted, shortened
from robots.reach import motion
from robots.rotation import rpy_from_matrix
from robots.spec import Coordinate, Joint, RobotSpec, Vector
from robots.tree import Tree
from robots.urdf_file import FARTHEST_M, FileJoint

_MOVING = ("revolute", "continuous", "prismatic")


class LeaveOut(RobotError):
    """The arm has a joint, such as a mobile base's, without which the rest may do."""


@dataclass(frozen=True)
class _Driven:
    """What moves a joint: `multiplier` times the angle of `by`, plus `offset`; where `by` is None, it stays there."""

    by: FileJoint | None
    multiplier: float
    offset: float


def arm(tree: Tree, name: str, source: str, tip: str, base: str | None) -> RobotSpec:
    """The chain with every joint that does not move folded into the placement of what comes after it.

    Args:
        tree: the links and joints of a file.
        name: what to call the arm.
        source: where its dimensions come from.
        tip: its end effector.
        base: the link that it begins with; None is the link that nothing carries.

    Raises:
        LeaveOut: it has a joint of a kind that a mobile base has.
        RobotError: it cannot be used; says why.
    """
    joints: list[Joint] = []
    outside: dict[str, Coordinate] = {}
    placement, chain = np.eye(4), tree.chain(tip, base)
    inside = {joint.name for joint in chain}
    for joint in chain:
        placement = placement @ joint.origin
        if joint.kind == "fixed":
            continue
        driven = _driven(tree, joint)
        if driven.by is None:
            placement = placement @ motion(_kind(joint), joint.axis, driven.offset)
            continue
        master = driven.by
        if master.name not in inside:
            bounds, missing = _bounds(master)
            outside[master.name] = Coordinate(master.name, _kind(master), *bounds, missing)
        bounds, missing = _bounds(joint)
        own = Joint(joint.name, _kind(joint), *_xyz_rpy(placement), joint.axis, *bounds, bounds_missing=missing)
        if master is not joint:
            own = replace(own, follows=master.name, multiplier=driven.multiplier, offset=driven.offset)
        joints.append(own)
        placement = np.eye(4)
    if not joints:
        raise RobotError("no moving joint between the base and the tip.")
    spec = RobotSpec(name, tuple(joints), *_xyz_rpy(placement), source, tuple(outside.values()))
    _require_room(spec)
    if not spec.reach_bound_m:
        raise RobotError("its end effector cannot move: it sits on every joint.")
    return spec


def held(tree: Tree, tip: str, base: str | None) -> dict[str, float]:
    """The joints between two links that could move, by their type, but do not, and where they are [rad, or m]."""
    driven = {joint.name: _driven(tree, joint) for joint in tree.chain(tip, base) if joint.kind in _MOVING}
    return {name: each.offset for name, each in driven.items() if each.by is None}


def _driven(tree: Tree, joint: FileJoint) -> _Driven:
    """What moves a joint in the end, however many mimic each other on the way there."""
    multiplier, offset, passed = 1.0, 0.0, []
    while True:
        if joint.kind == "fixed":
            return _Driven(None, 0.0, offset)
        _require_moving(joint)
        limits = joint.limits
        if limits and limits[0] == limits[1]:
            return _Driven(None, 0.0, multiplier * limits[0] + offset)
        mimic = joint.mimic
        if mimic is None:
            return _Driven(joint, multiplier, offset)
        passed.append(joint.name)
        name, times, plus = mimic
        master = tree.mimicked(joint, name)
        if name in passed:
            raise RobotError(f"joints mimic each other in a loop: {listed([*passed, name])}.")
        multiplier, offset = multiplier * times, multiplier * plus + offset
        if not multiplier:
            return _Driven(None, 0.0, offset)
        joint = master


def _require_moving(joint: FileJoint) -> None:
    if joint.kind in _MOVING:
        return
    plain = joint.kind.strip().lower()
    meant = f" (a type is written {plain!r})" if plain in (*_MOVING, "fixed") else ""
    kind = LeaveOut if joint.kind in ("floating", "planar") else RobotError
    raise kind(
        f"joint {quoted(joint.name)} is {shortened(joint.kind)}{meant}: only revolute, continuous and prismatic."
    )


def _bounds(joint: FileJoint) -> tuple[tuple[float, float], bool]:
    """A joint's limits, infinite where the file gives none; and whether it gives none."""
    limits = joint.limits
    return limits or (-np.inf, np.inf), limits is None


def _require_room(spec: RobotSpec) -> None:
    """Raises:
    RobotError: a joint could never move, or slides without end.
    """
    for each in spec.coordinates:
        if each.kind == "prismatic" and each.bounds_missing:
            raise LeaveOut(
                f"joint {quoted(each.name)} is prismatic and its <limit> has no lower and upper: it needs a bound."
            )
        if each.kind == "prismatic" and max(-each.lower, each.upper) > FARTHEST_M:
            raise LeaveOut(
                f"joint {quoted(each.name)} slides within [{each.lower:g}, {each.upper:g}] m: it needs a bound."
            )
        if not each.lower < each.upper:
            followers = listed([joint.name for joint in spec.followers if joint.follows == each.name])
            raise RobotError(
                f"joint {quoted(each.name)} has nowhere to go: the limits of what mimics it ({followers}) and its own "
                "leave nothing."
            )
    if spec.reach_bound_m == np.inf:
        raise LeaveOut("a joint that slides mimics one that turns without end: it needs a bound.")


def _kind(joint: FileJoint) -> Literal["revolute", "prismatic"]:
    return "prismatic" if joint.kind == "prismatic" else "revolute"


def _xyz_rpy(placement: np.ndarray) -> tuple[Vector, Vector]:
    x, y, z = (float(value) for value in placement[:3, 3])
    return (x, y, z), rpy_from_matrix(placement[:3, :3])
