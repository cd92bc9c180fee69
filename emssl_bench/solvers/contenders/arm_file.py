"""Our arm as the URDF that other packages read: its bare kinematics, with the limits of a joint space."""

import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from emssl_bench.exceptions import SystemLimit
from emssl_bench.joint_space import JointSpace
from robots import urdf
from robots.spec import RobotSpec

BASE, TIP = "link0", urdf.TIP_LINK
"""Names of the first link and of the end effector."""


def urdf_text(robot: RobotSpec, space: JointSpace, more: str = "") -> str:
    """A URDF of an arm none of whose joints follows another.

    Args:
        robot: the arm.
        space: its joints' limits.
        more: an element to put before all others, such as one with options for a reader.
    """
    root = ElementTree.fromstring(urdf.kinematics_only(replace(robot, name="arm")))
    for limit, lower, upper in zip(root.iter("limit"), space.lower, space.upper, strict=True):
        limit.attrib.update(lower=repr(float(lower)), upper=repr(float(upper)), effort="100", velocity="10")
    base = root[0]
    base.remove(base[0])  # KDL complains of a base that has a mass
    if more:
        root.insert(0, ElementTree.fromstring(more))
    return ElementTree.tostring(root, encoding="unicode")


@contextmanager
def urdf_file(robot: RobotSpec, space: JointSpace) -> Iterator[str]:
    """The path of a file with `urdf_text`, for packages that read nothing else; gone afterwards.

    Raises:
        SystemLimit: there is no place for it.
    """
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "arm.urdf"
            path.write_text(urdf_text(robot, space), encoding="utf-8")
            yield str(path)
    except OSError as error:
        raise SystemLimit(f"no temporary file can be written for a solver to read: {error}.") from None
