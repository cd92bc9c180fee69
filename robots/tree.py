"""The tree of links in a URDF file, and the arm between two of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from emssl_bench.exceptions import RobotError, listed, nearest, quoted, shortened
from robots.reach import motion, require_moving
from robots.rotation import rpy_from_matrix
from robots.spec import Coordinate, Joint, RobotSpec, Vector
from robots.urdf_file import FARTHEST_M, FileJoint

_MOVING = ("revolute", "continuous", "prismatic")
_TRIED = 5_000
"""Joints of arms that are tried out, in all, before an end or a base is suggested: a file can have 100,000."""


class _LeaveOut(RobotError):
    """The arm has a joint, such as a mobile base's, without which the rest may do."""


@dataclass(frozen=True)
class _Driven:
    """What moves a joint: `multiplier` times the angle of `by`, plus `offset`; where `by` is None, it stays there."""

    by: FileJoint | None
    multiplier: float
    offset: float


class Tree:
    """Links and joints of a file."""

    def __init__(self, links: Sequence[str], joints: Sequence[FileJoint]):
        self._links, self._joints = links, joints
        self._known = set(links)
        self._above = {joint.child: joint for joint in joints}
        self._called = {joint.name: joint for joint in joints}
        self._left_to_try = _TRIED
        self._below: dict[str, list[FileJoint]] = {}
        for joint in joints:
            self._below.setdefault(joint.parent, []).append(joint)

    def end(self, tip: str | None, base: str | None) -> str:
        """The end effector's link: the one asked for, or the only one above `base` that carries no other.

        Raises:
            RobotError: there is no such link, or it cannot be told; suggests ends that can be used.
        """
        for link in (base, tip):
            if link is not None and link not in self._known:
                near = nearest(link, self._links)
                meant = f": did you mean {near!r}?" if near else "."
                raise RobotError(f"no link {quoted(link)}{meant} Links: {listed(self._links)}.")
        if tip is not None:
            return tip
        ends = self._ends(base)
        if not ends:
            raise RobotError("every link carries another: its joints form a loop.")
        if len(ends) == 1:
            return ends[0]
        raise self._several(ends, base)

    def arm(self, name: str, source: str, tip: str, base: str | None, suggest_tip: bool = False) -> RobotSpec:
        """The arm between two links; `base` None is the link that nothing carries.

        Raises:
            RobotError: it cannot be used; says why, and which ends would do, as far as that is known.
        """
        try:
            return self._arm(name, source, tip, base)
        except RobotError as error:
            advice = self._without(tip, base) if isinstance(error, _LeaveOut) else ""
            if not advice and suggest_tip and (usable := self._last_usable(tip, base)):
                advice = f" The arm up to a link before it can be used: --tip {usable}."
            raise RobotError(f"{error}{advice}") from None

    def held(self, tip: str, base: str | None) -> dict[str, float]:
        """The joints between two links that could move, by their type, but do not, and where they are [rad, or m]."""
        driven = {joint.name: self._driven(joint) for joint in self._chain(tip, base) if joint.kind in _MOVING}
        return {name: each.offset for name, each in driven.items() if each.by is None}

    def _ends(self, base: str | None) -> list[str]:
        """The links above `base` that carry no other, by name."""
        if base is None:
            return sorted(link for link in self._links if link not in self._below)
        carried = [base]
        for link in carried:
            carried += [joint.child for joint in self._below.get(link, [])]
            if len(carried) > len(self._links):
                raise RobotError(f"the joints above {quoted(base)} form a loop.")
        return sorted(link for link in carried if link not in self._below)

    def _chain(self, tip: str, base: str | None) -> list[FileJoint]:
        """The joints from `base` to `tip`."""
        chain, link = [], tip
        while link in self._above and link != base:
            chain.append(self._above[link])
            link = self._above[link].parent
            if len(chain) > len(self._joints):
                raise RobotError(f"the joints above {quoted(tip)} form a loop.")
        if base not in (None, link):
            carrying = [joint.parent for joint in chain[::-1]]
            raise RobotError(f"{quoted(base or '')} does not carry the end {quoted(tip)}: {listed(carrying)} do.")
        return chain[::-1]

    def _arm(self, name: str, source: str, tip: str, base: str | None) -> RobotSpec:
        """The chain with every joint that does not move folded into the placement of what comes after it."""
        joints: list[Joint] = []
        outside: dict[str, Coordinate] = {}
        placement, chain = np.eye(4), self._chain(tip, base)
        inside = {joint.name for joint in chain}
        for joint in chain:
            placement = placement @ joint.origin
            if joint.kind == "fixed":
                continue
            driven = self._driven(joint)
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

    def _driven(self, joint: FileJoint) -> _Driven:
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
            if name not in self._called:
                near = nearest(name, self._called)
                meant = f": did you mean {near!r}?" if near else "."
                raise RobotError(f"joint {quoted(joint.name)} mimics {quoted(name)}, which is no joint{meant}")
            if name in passed:
                raise RobotError(f"joints mimic each other in a loop: {listed([*passed, name])}.")
            multiplier, offset = multiplier * times, multiplier * plus + offset
            if not multiplier:
                return _Driven(None, 0.0, offset)
            joint = self._called[name]

    def _several(self, ends: Sequence[str], base: str | None) -> RobotError:
        """What to say where there are several ends: which of them, or links before them, can be used."""
        still = self._carried_without_moving(base)
        moving = [end for end in ends if end not in still]
        carried = [end for end in ends if end in still]
        fixed = f" (Fixed to the base: {listed(carried)}.)" if carried else ""
        if not moving:
            return RobotError(f"no moving joint in any of its branches: {listed(ends)}.")
        found: dict[str, str | None] = {}
        for end in moving:
            if self._left_to_try <= 0:
                break
            found[end] = self._last_usable(end, base)
        usable = list(dict.fromkeys(link for link in found.values() if link))
        if not usable:
            try:
                require_moving(self._arm("arm", "", moving[0], base))
            except RobotError as error:
                self._left_to_try = _TRIED
                advice = next(filter(None, (self._without(end, base, True) for end in moving)), "")
                return RobotError(
                    f"several branches, and none can be used: {listed(moving)}. To {quoted(moving[0])}: {error}{advice}"
                )
        others = [end for end, link in found.items() if link != end]
        more = f" (Not: {listed(others)}.)" if others else ""
        untried = f" ({len(moving) - len(found):,} more were not tried.)" if len(found) < len(moving) else ""
        return RobotError(
            f"several branches, name the end with --tip. One of: {listed(usable)} (or a link before it)."
            f"{more}{untried}{fixed}"
        )

    def _can_be_used(self, tip: str, base: str | None) -> bool:
        """Whether there is an arm between two links; once enough has been tried, it says no without a look."""
        if self._left_to_try <= 0:
            return False
        try:
            self._left_to_try -= 1 + len(self._chain(tip, base))
            require_moving(self._arm("", "", tip, base))
        except RobotError:
            return False
        return True

    def _last_usable(self, end: str, base: str | None) -> str | None:
        """The last link on the way to an end up to which the arm can be used; None where none is found in time."""
        link = end
        while self._left_to_try > 0:
            if self._can_be_used(link, base):
                return link
            if link == base or link not in self._above:
                return None
            link = self._above[link].parent
        return None

    def _without(self, tip: str, base: str | None, name_tip: bool = False) -> str:
        """The advice to leave out what carries the arm, with the first base that will do; "" where none is found."""
        if self._left_to_try <= 0:
            return ""
        for joint in self._chain(tip, base):
            if self._left_to_try <= 0:
                break
            if self._can_be_used(tip, joint.child):
                named = f" --tip {tip}" if name_tip and len(self._ends(joint.child)) > 1 else ""
                return f" --base {joint.child}{named} leaves it out."
        return ""

    def _carried_without_moving(self, base: str | None) -> set[str]:
        """The links that no joint moves; found from the base outwards, since following each inwards is quadratic."""
        found = [base] if base is not None else [link for link in self._links if link not in self._above]
        for link in found:
            found += [joint.child for joint in self._below.get(link, []) if joint.kind == "fixed"]
        return set(found)


def _require_moving(joint: FileJoint) -> None:
    if joint.kind in _MOVING:
        return
    plain = joint.kind.strip().lower()
    meant = f" (a type is written {plain!r})" if plain in (*_MOVING, "fixed") else ""
    kind = _LeaveOut if joint.kind in ("floating", "planar") else RobotError
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
            raise _LeaveOut(
                f"joint {quoted(each.name)} is prismatic and its <limit> has no lower and upper: it needs a bound."
            )
        if each.kind == "prismatic" and max(-each.lower, each.upper) > FARTHEST_M:
            raise _LeaveOut(
                f"joint {quoted(each.name)} slides within [{each.lower:g}, {each.upper:g}] m: it needs a bound."
            )
        if not each.lower < each.upper:
            followers = listed([joint.name for joint in spec.followers if joint.follows == each.name])
            raise RobotError(
                f"joint {quoted(each.name)} has nowhere to go: the limits of what mimics it ({followers}) and its own "
                "leave nothing."
            )
    if spec.reach_bound_m == np.inf:
        raise _LeaveOut("a joint that slides mimics one that turns without end: it needs a bound.")


def _kind(joint: FileJoint):
    return "prismatic" if joint.kind == "prismatic" else "revolute"


def _xyz_rpy(placement: np.ndarray) -> tuple[Vector, Vector]:
    x, y, z = (float(value) for value in placement[:3, 3])
    return (x, y, z), rpy_from_matrix(placement[:3, :3])
