"""URDF files: read into a `RobotSpec`, and written from one as the bare kinematics."""

import io
import math
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np

from emssl_bench.errors import RobotError
from robots.rotation import rpy_from_matrix
from robots.spec import Joint, RobotSpec, Vector

MAX_BYTES = 10_000_000
TIP_LINK = "tip"


def read(path: Path, name: str, source: str, tip: str | None = None) -> RobotSpec:
    """The chain of a URDF file from its base to `tip`, fixed joints folded in; meshes are never opened.

    Args:
        path: the file.
        name: what to call the arm.
        source: where its dimensions come from.
        tip: the link that is the end effector; without it, the only link that carries no other.

    Raises:
        RobotError: the file is no URDF this suite can use; says why.
    """
    links, joints = _parse(path)
    parent_joint = {joint.child: joint for joint in joints}
    parents = {joint.parent for joint in joints}
    if not links:
        raise RobotError(f"{path}: has no links.")
    leaves = sorted(link for link in links if link not in parents)
    if tip is None:
        if len(leaves) != 1:
            raise RobotError(f"{path}: several branches, name the end with --tip. One of: {', '.join(leaves)}.")
        tip = leaves[0]
    if tip not in links:
        raise RobotError(f"{path}: no link {tip!r}. Links: {', '.join(links)}.")

    chain, link = [], tip
    while link in parent_joint:
        chain.append(parent_joint[link])
        link = parent_joint[link].parent
        if len(chain) > len(joints):
            raise RobotError(f"{path}: the joints above {tip!r} form a loop.")
    return _folded(path, chain[::-1], name, source)


def _parse(path: Path):
    """Link names and joints of the file, as yourdfpy reads them."""
    import yourdfpy  # a second of import time, so not before an arm is read
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:  # a null byte in a path is a ValueError
        raise RobotError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error}).") from None
    if len(content) > MAX_BYTES:
        raise RobotError(f"{path}: larger than {MAX_BYTES // 1_000_000} MB, which no arm's URDF is.")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise RobotError(f"{path}: has a DOCTYPE, which a URDF does not need and this suite does not read.")
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise RobotError(f"{path}: not well-formed XML ({error}).") from None
    if root.tag != "robot":
        raise RobotError(f"{path}: the root element is <{root.tag}>, a URDF's is <robot>.")
    for element in root.xpath(".//visual | .//collision | .//inertial | .//transmission | .//gazebo"):
        element.getparent().remove(element)
    try:
        robot = yourdfpy.URDF.load(io.BytesIO(etree.tostring(root)), load_meshes=False, build_scene_graph=False).robot
    except Exception as error:
        raise RobotError(f"{path}: not a URDF that can be read ({type(error).__name__}: {error}).") from None
    return [link.name for link in robot.links], robot.joints


def _folded(path: Path, chain, name: str, source: str) -> RobotSpec:
    """The chain with every fixed joint folded into the placement of what comes after it."""
    joints: list[Joint] = []
    placement = np.eye(4)
    for joint in chain:
        if joint.origin is not None:
            placement = placement @ joint.origin
        if joint.type == "fixed":
            continue
        if joint.type not in ("revolute", "continuous", "prismatic"):
            raise RobotError(f"{path}: joint {joint.name!r} is {joint.type}: only revolute, continuous and prismatic.")
        if joint.mimic is not None:
            raise RobotError(f"{path}: joint {joint.name!r} mimics another, so the arm cannot move it freely.")
        axis = np.array([1.0, 0.0, 0.0]) if joint.axis is None else np.asarray(joint.axis, float)
        length = math.hypot(*axis)
        if not 0 < length < math.inf:
            raise RobotError(f"{path}: joint {joint.name!r} has an axis of length {length:g}.")
        lower, upper = _limits(path, joint)
        xyz, rpy = _xyz_rpy(placement)
        unit = _vector(axis / length)
        kind = "prismatic" if joint.type == "prismatic" else "revolute"
        joints.append(Joint(joint.name, kind, xyz, rpy, unit, lower, upper))
        placement = np.eye(4)
    if not joints:
        raise RobotError(f"{path}: no moving joint between the base and the tip.")
    tip_xyz, tip_rpy = _xyz_rpy(placement)
    spec = RobotSpec(name, tuple(joints), tip_xyz, tip_rpy, source)
    if not all(math.isfinite(value) for joint in joints for value in joint.origin_xyz_m + joint.origin_rpy_rad):
        raise RobotError(f"{path}: has a joint origin that is not finite.")
    if not 0 < spec.reach_m < math.inf:
        raise RobotError(f"{path}: its end effector cannot move, or without bound.")
    return spec


def _limits(path: Path, joint) -> tuple[float, float]:
    limit = joint.limit
    if joint.type == "continuous":
        return -math.inf, math.inf
    lower = 0.0 if limit is None or limit.lower is None else float(limit.lower)
    upper = 0.0 if limit is None or limit.upper is None else float(limit.upper)
    if not lower < upper:
        raise RobotError(f"{path}: joint {joint.name!r} has limits [{lower:g}, {upper:g}]: the lower must be less.")
    return lower, upper


def _xyz_rpy(placement: np.ndarray) -> tuple[Vector, Vector]:
    return _vector(placement[:3, 3]), rpy_from_matrix(placement[:3, :3])


def _vector(values) -> Vector:
    x, y, z = (float(value) for value in values)
    return (x, y, z)


_INERTIAL = '<inertial><mass value="1"/><inertia ixx="1" ixy="0" ixz="0" iyy="1" iyz="0" izz="1"/></inertial>'


def kinematics_only(spec: RobotSpec) -> str:
    """A URDF with the joints of `spec` and nothing to see or to hit; the end effector is the link "tip".

    Every link has its centre of mass at its own frame's origin, so that what PyBullet reports of the centre
    of mass, in double precision, is the position of the frame.
    """

    def joint_xml(index: int, kind: str, xyz: Vector, rpy: Vector, child: str, inside: str = "") -> str:
        return (
            f'<link name="{child}">{_INERTIAL}</link><joint name="joint{index}" type="{kind}">'
            f'<parent link="link{index}"/><child link="{child}"/>'
            f'<origin xyz="{_text(xyz)}" rpy="{_text(rpy)}"/>{inside}</joint>'
        )

    parts = [f'<robot name={quoteattr(spec.name)}><link name="link0">{_INERTIAL}</link>']
    for index, joint in enumerate(spec.joints):
        limit = '<limit lower="-1" upper="1" effort="1" velocity="1"/>'
        inside = f'<axis xyz="{_text(joint.axis)}"/>{limit}'
        parts.append(joint_xml(index, joint.kind, joint.origin_xyz_m, joint.origin_rpy_rad, f"link{index + 1}", inside))
    parts.append(joint_xml(spec.dof, "fixed", spec.tip_xyz_m, spec.tip_rpy_rad, TIP_LINK))
    return "\n".join([*parts, "</robot>\n"])


def _text(vector: Vector) -> str:
    return " ".join(repr(float(value)) for value in vector)
