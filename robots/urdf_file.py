"""What a URDF file says of its links and joints; meshes, inertias, plug-ins and the like are passed over."""

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emssl_bench.errors import RobotError
from robots.rotation import matrix_from_rpy
from robots.spec import Vector

MAX_BYTES = 10_000_000
FARTHEST_M = 10_000.0
"""No arm is that large: what is was not written in metres, and would cost the nanometres of double precision."""


@dataclass(frozen=True)
class FileJoint:
    """A joint as the file has it. Its numbers are read when asked for: only those of the chain in use matter."""

    name: str
    kind: str
    parent: str
    child: str
    element: Any
    namespace: str

    @classmethod
    def of(cls, element: Any, namespace: str) -> "FileJoint":
        """Raises:
        RobotError: it has no name, or does not say what it joins.
        """
        name = _attribute(element, "name", "a joint")
        ends = {}
        for end in ("parent", "child"):
            found = element.find(namespace + end)
            if found is None:
                raise RobotError(f"joint {name!r} has no <{end}>.")
            ends[end] = _attribute(found, "link", f"the <{end}> of joint {name!r}")
        return cls(name, element.get("type", "of no type"), ends["parent"], ends["child"], element, namespace)

    @property
    def origin(self) -> np.ndarray:
        """(4, 4) placement [m] in the frame of the joint before it.

        Raises:
            RobotError: it is not made of finite numbers, or absurdly far off.
        """
        xyz_m = self._vector("origin", "xyz", "0 0 0")
        if max(map(abs, xyz_m)) > FARTHEST_M:
            raise RobotError(f"joint {self.name!r} is over {FARTHEST_M:,.0f} m from the one before; URDF has metres.")
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
        axis = self._vector("axis", "xyz", "1 0 0")
        length = math.hypot(*axis)
        if not 0 < length < math.inf:
            raise RobotError(f"joint {self.name!r} has an axis of length {length:g}.")
        x, y, z = axis
        return (x / length, y / length, z / length)

    @property
    def limits(self) -> tuple[float, float]:
        """Lower and upper, in [rad], or in [m] where the joint is prismatic; infinite where it is continuous.

        Raises:
            RobotError: there are none, or they leave nothing between them.
        """
        if self.kind == "continuous":
            return -math.inf, math.inf
        limit = self._find("limit")
        if limit is None:
            raise RobotError(f"joint {self.name!r} has no <limit>, which only a continuous joint can do without.")
        try:
            lower, upper = (float(limit.get(which, "0")) for which in ("lower", "upper"))
        except ValueError:
            raise RobotError(f"joint {self.name!r} has a <limit> whose lower and upper are not numbers.") from None
        if not lower < upper:
            raise RobotError(f"joint {self.name!r} has limits [{lower:g}, {upper:g}]: the lower must be less.")
        if self.kind == "prismatic" and max(-lower, upper) > FARTHEST_M:
            raise RobotError(f"joint {self.name!r} slides within [{lower:g}, {upper:g}] m: it needs a bound.")
        return lower, upper

    @property
    def mimics(self) -> bool:
        """Whether another joint moves it."""
        return self._find("mimic") is not None

    def _find(self, tag: str) -> Any:
        return self.element.find(self.namespace + tag)

    def _vector(self, tag: str, attribute: str, default: str) -> Vector:
        element = self._find(tag)
        text = default if element is None else element.get(attribute, default)
        try:
            x, y, z = map(float, text.split())
        except ValueError:  # too few, too many, or no numbers
            x = y = z = math.nan
        if not all(map(math.isfinite, (x, y, z))):
            given = f"{attribute}={text[:60]!r} in its <{tag}>"
            raise RobotError(f"joint {self.name!r} has {given}: that takes three finite numbers.")
        return (x, y, z)


def parse(path: Path) -> tuple[list[str], list[FileJoint]]:
    """The names of all links, and all joints, in the order of the file.

    Raises:
        RobotError: the file is no URDF, or its links are no tree; says why.
    """
    root = _root(path)
    namespace = root.tag.removesuffix("robot")  # old files have a default one
    links = [_attribute(element, "name", "a link") for element in root.findall(f"{namespace}link")]
    joints = [FileJoint.of(element, namespace) for element in root.findall(f"{namespace}joint")]
    if not links:
        raise RobotError("has no links.")
    for what, names in (("links", links), ("joints", [joint.name for joint in joints])):
        name, count = Counter(names).most_common(1)[0] if names else ("", 0)
        if count > 1:
            raise RobotError(f"{count} {what} are called {name!r}.")
    above: dict[str, FileJoint] = {}
    for joint in joints:
        for link in (joint.parent, joint.child):
            if link not in links:
                raise RobotError(f"joint {joint.name!r} joins {link!r}, which is no link of the file.")
        if joint.child in above:
            raise RobotError(
                f"link {joint.child!r} hangs on two joints, {above[joint.child].name!r} and {joint.name!r}."
            )
        above[joint.child] = joint
    return links, joints


def _root(path: Path) -> Any:
    """The root element. Nothing outside the file is opened, and nothing in it is expanded."""
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

    try:
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # a null byte in a path is a ValueError
        raise RobotError(f"cannot be read ({getattr(error, 'strerror', None) or error}).") from None
    if len(content) > MAX_BYTES:
        raise RobotError(f"larger than {MAX_BYTES // 1_000_000} MB, which no arm's URDF is.")
    doctype = "has a DOCTYPE, which a URDF does not need and this suite does not read."
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise RobotError(doctype)
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError as error:
        raise RobotError(f"not well-formed XML ({error.msg}).") from None
    if root.getroottree().docinfo.doctype:  # written in UTF-16, say
        raise RobotError(doctype)
    if etree.QName(root).localname != "robot":
        raise RobotError(f"the root element is <{root.tag}>, a URDF's is <robot>.")
    return root


def _attribute(element: Any, name: str, what: str) -> str:
    value = element.get(name)
    if not value:
        raise RobotError(f"{what} has no {name!r} attribute.")
    return value
