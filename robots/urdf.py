"""URDF files: read into a `RobotSpec`, and written from one as the bare kinematics."""

from pathlib import Path
from xml.sax.saxutils import quoteattr

from emssl_bench.exceptions import RobotError
from robots import ends, folding
from robots.spec import RobotSpec, Vector
from robots.tree import Tree
from robots.urdf_file import named, parse

TIP_LINK = "tip"


def read(path: Path, name: str, source: str, tip: str | None = None, base: str | None = None) -> RobotSpec:
    """The chain of a URDF file from `base` to `tip`, fixed joints folded in; meshes are never opened.

    Args:
        path: the file.
        name: what to call the arm.
        source: where its dimensions come from.
        tip: the link that is the end effector; without it, the only link that carries no other.
        base: the link whose frame positions are given in; what carries it is left out. By default the file's first.

    Raises:
        RobotError: the file is no URDF this suite can use; says why.
    """
    try:
        tree = Tree(*parse(path))
        return ends.arm(tree, name, source, ends.end(tree, tip, base), base, tip is None)
    except RobotError as error:
        raise named(path, error) from None


def tip_link(path: Path, tip: str | None = None, base: str | None = None) -> str:
    """The link that `read` takes for the end effector.

    Raises:
        RobotError: it cannot be told.
    """
    try:
        return ends.end(Tree(*parse(path)), tip, base)
    except RobotError as error:
        raise named(path, error) from None


def held(path: Path, tip: str, base: str | None = None) -> dict[str, float]:
    """The joints between the ends that could move, by their type, but do not, and where they are [rad, or m].

    Raises:
        RobotError: as `read`.
    """
    try:
        return folding.held(Tree(*parse(path)), tip, base)
    except RobotError as error:
        raise named(path, error) from None


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
    parts.append(joint_xml(len(spec.joints), "fixed", spec.tip_xyz_m, spec.tip_rpy_rad, TIP_LINK))
    return "\n".join([*parts, "</robot>\n"])


def _text(vector: Vector) -> str:
    return " ".join(repr(float(value)) for value in vector)
