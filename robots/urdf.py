"""URDF files: read into a `RobotSpec`, and written from one as the bare kinematics."""

from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np

from emssl_bench.errors import RobotError, listed, nearest, quoted, shortened
from robots.rotation import rpy_from_matrix
from robots.spec import Joint, RobotSpec, Vector
from robots.urdf_file import FileJoint, named, parse

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
    try:
        links, joints = parse(path)
        return _folded(_chain(joints, _end(links, joints, tip)), name, source)
    except RobotError as error:
        raise named(path, error) from None


def tip_link(path: Path, tip: str | None = None) -> str:
    """The link that `read` takes for the end effector.

    Raises:
        RobotError: it cannot be told.
    """
    try:
        return _end(*parse(path), tip)
    except RobotError as error:
        raise named(path, error) from None


def _end(links: list[str], joints: list[FileJoint], tip: str | None) -> str:
    if tip is not None:
        if tip in links:
            return tip
        near = nearest(tip, links)
        raise RobotError(f"no link {quoted(tip)}{f': did you mean {near!r}?' if near else '.'} Links: {listed(links)}.")
    parents = {joint.parent for joint in joints}
    leaves = sorted(link for link in links if link not in parents)
    if not leaves:
        raise RobotError("every link carries another: its joints form a loop.")
    if len(leaves) > 1:
        fixed_to_base = _fixed_to_base(joints)
        moving = [leaf for leaf in leaves if leaf not in fixed_to_base]
        still = [leaf for leaf in leaves if leaf in fixed_to_base]
        fixed = f" (Fixed to the base: {listed(still)}.)" if still else ""
        raise RobotError(
            f"several branches, name the end with --tip. One of: {listed(moving)} (or a link before it).{fixed}"
            if moving
            else f"no moving joint in any of its branches: {listed(still)}."
        )
    return leaves[0]


def _fixed_to_base(joints: list[FileJoint]) -> set[str]:
    """The links that no joint moves, found from the base outwards: following each to the base would be quadratic."""
    below: dict[str, list[str]] = {}
    for joint in joints:
        below.setdefault(joint.parent, [])
        if joint.kind == "fixed":
            below[joint.parent].append(joint.child)
    children = {joint.child for joint in joints}
    found = [link for link in below if link not in children]
    for link in found:
        found += below.get(link, [])
    return set(found)


def _chain(joints: list[FileJoint], tip: str) -> list[FileJoint]:
    """The joints from the base to `tip`."""
    above = {joint.child: joint for joint in joints}
    chain, link = [], tip
    while link in above:
        chain.append(above[link])
        link = above[link].parent
        if len(chain) > len(joints):
            raise RobotError(f"the joints above {quoted(tip)} form a loop.")
    return chain[::-1]


def _folded(chain: list[FileJoint], name: str, source: str) -> RobotSpec:
    """The chain with every fixed joint folded into the placement of what comes after it."""
    joints: list[Joint] = []
    placement = np.eye(4)
    for joint in chain:
        placement = placement @ joint.origin
        if joint.kind == "fixed":
            continue
        if joint.kind not in ("revolute", "continuous", "prismatic"):
            plain = joint.kind.strip().lower()
            meant = (
                f" (a type is written {plain!r})" if plain in ("revolute", "continuous", "prismatic", "fixed") else ""
            )
            found = f"joint {quoted(joint.name)} is {shortened(joint.kind)}{meant}"
            raise RobotError(f"{found}: only revolute, continuous and prismatic.")
        if joint.mimics:
            raise RobotError(f"joint {quoted(joint.name)} mimics another, so the arm cannot move it freely.")
        kind = "prismatic" if joint.kind == "prismatic" else "revolute"
        joints.append(Joint(joint.name, kind, *_xyz_rpy(placement), joint.axis, *joint.limits))
        placement = np.eye(4)
    if not joints:
        raise RobotError("no moving joint between the base and the tip.")
    spec = RobotSpec(name, tuple(joints), *_xyz_rpy(placement), source)
    if not spec.reach_m:
        raise RobotError("its end effector cannot move: it sits on every joint.")
    return spec


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
