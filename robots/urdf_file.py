"""The links and joints of a URDF file; meshes, inertias, plug-ins and the like are ignored."""

import math
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emssl_bench.exceptions import MOST_OF_A_PATH, RobotError, listed, quoted, shortened
from emssl_bench.system.numerals import finite_number
from robots.rotation import matrix_from_rpy
from robots.spec import Vector
from robots.urdf_numbers import XACRO, not_a_limit, not_three
from robots.xml_file import children, is_xacro, root_element

_SPACES = re.compile(r"[ \t\r\n]+")
"""White space of XML. That of other alphabets is none to any reader of a URDF."""
FARTHEST_M = 10_000.0
"""The largest distance [m] in an arm. Larger ones were not written in metres, and would cost precision."""


@dataclass(frozen=True)
class FileJoint:
    """A joint as the file has it. Its numbers are read when needed: only those of the chain in use matter."""

    name: str
    kind: str
    parent: str
    child: str
    element: Any

    @classmethod
    def of(cls, element: Any) -> "FileJoint":
        """Raises:
        RobotError: it has no name, or does not say what it joins.
        """
        name = _attribute(element, "name", "a joint")
        ends = {}
        for end in ("parent", "child"):
            found = children(element, end)
            if not found:
                raise RobotError(f"joint {quoted(name)} has no <{end}>.")
            ends[end] = _attribute(found[0], "link", f"the <{end}> of joint {quoted(name)}")
        return cls(name, element.get("type", "of no type"), ends["parent"], ends["child"], element)

    @property
    def origin(self) -> np.ndarray:
        """(4, 4) placement [m] in the frame of the joint before it.

        Raises:
            RobotError: it is not made of finite numbers, or absurdly far off.
        """
        xyz_m = self._vector("origin", "xyz", "0 0 0")
        if max(map(abs, xyz_m)) > FARTHEST_M:
            raise RobotError(
                f"joint {quoted(self.name)} is over {FARTHEST_M:,.0f} m from the one before; URDF has metres."
            )
        placement = np.eye(4)
        placement[:3, :3] = matrix_from_rpy(self._vector("origin", "rpy", "0 0 0"))
        placement[:3, 3] = xyz_m
        return placement

    @property
    def axis(self) -> Vector:
        """The unit vector of the axis; the file's may have any length but 0.

        Raises:
            RobotError: it has no direction.
        """
        element = self._find("axis")
        if element is not None and element.get("xyz") is None:  # pinocchio makes no rotation of it, PyBullet NaN
            raise RobotError(f"joint {quoted(self.name)} has an <axis> without xyz: without any <axis> it is 1 0 0.")
        axis = self._vector("axis", "xyz", "1 0 0")
        length = math.hypot(*axis)
        if not 0 < length < math.inf:
            raise RobotError(f"joint {quoted(self.name)} has an axis of length {length:g}.")
        x, y, z = axis
        return (x / length, y / length, z / length)

    @property
    def limits(self) -> tuple[float, float] | None:
        """Lower and upper, in [rad], or in [m] where the joint is prismatic; infinite where it is continuous.

        None where the file does not give them: where there is no <limit>, or neither lower nor upper in it. A bound
        that is left out is 0 to all readers, so that files which went through one have both 0: of a joint that turns,
        that is taken as not given either.

        Raises:
            RobotError: they are no numbers, or the lower is above the upper.
        """
        if self.kind == "continuous":
            return -math.inf, math.inf
        limit = self._find("limit")
        missing = ["lower", "upper"] if limit is None else [w for w in ("lower", "upper") if limit.get(w) is None]
        if len(missing) == 2:
            return None
        lower, upper = self._bound(limit, "lower"), self._bound(limit, "upper")
        if not lower <= upper:
            left_out = f" ({missing[0]} is left out, which stands for 0)" if missing else ""
            raise RobotError(
                f"joint {quoted(self.name)} has limits [{lower:g}, {upper:g}]{left_out}: the lower must be less."
            )
        return None if lower == upper == 0 and self.kind == "revolute" else (lower, upper)

    @property
    def mimic(self) -> tuple[str, float, float] | None:
        """The joint whose angle decides this one's, by what it is multiplied, and what is added; None if there is none.

        Raises:
            RobotError: its <mimic> names no joint, or has something else than finite numbers.
        """
        element = self._find("mimic")
        if element is None:
            return None
        master = _attribute(element, "joint", f"the <mimic> of joint {quoted(self.name)}")
        return master, self._number(element, "multiplier", "1"), self._number(element, "offset", "0")

    def _number(self, element: Any, which: str, default: str) -> float:
        text = element.get(which, default)
        try:
            return finite_number(text.strip(" \t\r\n"))
        except ValueError:
            raise RobotError(
                f"joint {quoted(self.name)} has {which}={quoted(text)} in its <mimic>: that takes one finite number."
            ) from None

    def _find(self, tag: str) -> Any:
        """The first element of that name, which is the one that all readers take."""
        return next(iter(children(self.element, tag)), None)

    def _vector(self, tag: str, attribute: str, default: str) -> Vector:
        element = self._find(tag)
        text = default if element is None else element.get(attribute, default)
        parts = [part for part in _SPACES.split(text) if part]
        try:
            x, y, z = map(finite_number, parts)
        except ValueError:  # too few, too many, or no numbers
            given = f"{attribute}={quoted(text)} in its <{tag}>"
            raise RobotError(f"joint {quoted(self.name)} has {given}: {not_three(text, parts)}") from None
        return (x, y, z)

    def _bound(self, limit: Any, which: str) -> float:
        text = limit.get(which, "0")
        try:
            return finite_number(text.strip(" \t\r\n"))
        except ValueError:
            why = not_a_limit(text.strip(), self.kind)
            raise RobotError(f"joint {quoted(self.name)} has {which}={quoted(text)} in its <limit>: {why}.") from None


def parse(path: Path) -> tuple[list[str], list[FileJoint]]:
    """The names of all links, and all joints, in the order of the file.

    Raises:
        RobotError: the file is no URDF, or its links are no tree; says why.
    """
    root = root_element(path)
    try:
        return _links_and_joints(root)
    except RobotError as error:
        if is_xacro(root):
            raise RobotError(f"{XACRO} As it is, it {_predicate(str(error))}") from None
        raise


def named(path: Path, error: RobotError) -> RobotError:
    """The error with the file's name before it, and with what xacro may have to do with it behind it."""
    message = str(error)
    if "xacro" not in message:
        try:
            left = is_xacro(root_element(path))
        except RobotError:
            left = False
        message += f" The file {XACRO.replace('is xacro', 'holds xacro')}" if left else ""
    return RobotError(f"{shortened(str(path), MOST_OF_A_PATH)}: {message}")


def _predicate(message: str) -> str:
    """A message as the end of a sentence about the file."""
    return message if message.startswith("has ") else f"cannot be used: {message}"


def _links_and_joints(root: Any) -> tuple[list[str], list[FileJoint]]:
    links = [_attribute(element, "name", "a link") for element in children(root, "link")]
    joints = [FileJoint.of(element) for element in children(root, "joint")]
    if not links:
        macros = " (Of a file that defines macros alone, xacro makes nothing.)" if "xacro" in root.nsmap else ""
        raise RobotError(f"has no links.{macros}")
    for what, names in (("links", links), ("joints", [joint.name for joint in joints])):
        name, count = Counter(names).most_common(1)[0] if names else ("", 0)
        if count > 1:
            raise RobotError(f"{count} {what} are called {quoted(name)}.")
    known = set(links)
    above: dict[str, FileJoint] = {}
    for joint in joints:
        for link in (joint.parent, joint.child):
            if link not in known:
                raise RobotError(f"joint {quoted(joint.name)} joins {quoted(link)}, {_no_link(link, links)}")
        if joint.child in above:
            twice = f"{quoted(above[joint.child].name)} and {quoted(joint.name)}"
            raise RobotError(f"link {quoted(joint.child)} hangs on two joints, {twice}.")
        above[joint.child] = joint
    roots = [link for link in links if link not in above]
    if len(roots) > 1:
        raise RobotError(
            f"has {len(roots):,} links that hang on no joint, where a URDF has one, its base: {listed(roots)}. "
            "Join them by fixed joints, or take out what is no part of the arm."
        )
    return links, joints


def _no_link(name: str, links: list[str]) -> str:
    spaced = next((link for link in links if link.strip() == name.strip()), None)
    if spaced is not None:
        return f"which is no link of the file, but {quoted(spaced)} is: spaces count in names."
    return "which is no link of the file."


def _attribute(element: Any, name: str, what: str) -> str:
    value = element.get(name)
    if not value:
        raise RobotError(f"{what} has {'no' if value is None else 'an empty'} {name!r} attribute.")
    return value
