"""Bodies made of cylinders, as URDF files: of an arm that has none of its own, and of the axes of a frame."""

import math
from xml.etree import ElementTree

from robots import urdf
from robots.spec import Joint, RobotSpec, Vector

_SHELL = "0.93 0.93 0.95 1"
_JOINT = "0.95 0.45 0.10 1"
_DARK = "0.22 0.24 0.28 1"
_RED, _GREEN, _BLUE = "0.90 0.10 0.10 1", "0.05 0.65 0.15 1", "0.10 0.25 0.95 1"


def drawn(robot: RobotSpec) -> str:
    """A URDF with the kinematics of `robot` and simple visuals; its joints are called joint0, joint1, ...

    Links are rods from joint to joint, revolute joints drums about their axis and prismatic ones rails along
    it. Sizes follow the reach and taper towards the tip.
    """
    root = ElementTree.fromstring(urdf.kinematics_only(robot))
    links = {element.get("name"): element for element in root.findall("link")}
    thickness_m = 0.045 * robot.reach_bound_m

    base = links["link0"]
    _add_cylinder(base, (0.0, 0.0, 0.0), (0.0, 0.0, 0.5 * thickness_m), 1.9 * thickness_m, _DARK)
    _add_cylinder(base, (0.0, 0.0, 0.0), robot.joints[0].origin_xyz_m, thickness_m, _SHELL)
    for index, (joint, link) in enumerate(zip(robot.joints, robot.links_m, strict=True)):
        radius_m = thickness_m * (1 - 0.6 * index / len(robot.joints))
        body = links[f"link{index + 1}"]
        _add_joint(body, joint, robot.range_of(joint), radius_m)
        _add_cylinder(body, (0.0, 0.0, 0.0), link, radius_m, _SHELL)
    _add(links[urdf.TIP_LINK], ElementTree.Element("sphere", radius=repr(0.5 * thickness_m)), (0.0, 0.0, 0.0), _DARK)
    return ElementTree.tostring(root, encoding="unicode")


def drawn_axes(length_m: float) -> str:
    """A URDF with the axes of a frame, `length_m` long: x red, y green and z blue."""
    root = ElementTree.Element("robot", name="axes")
    body = ElementTree.SubElement(root, "link", name="frame")
    for axis, colour in zip(((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)), (_RED, _GREEN, _BLUE), strict=True):
        _add_cylinder(body, (0.0, 0.0, 0.0), _scaled(axis, length_m), 0.06 * length_m, colour)
    return ElementTree.tostring(root, encoding="unicode")


def _add_joint(body: ElementTree.Element, joint: Joint, moves: tuple[float, float], radius_m: float) -> None:
    if joint.kind == "prismatic":
        # The frame slides with the joint: the rail goes back to the mounting of the joint.
        start, end, radius_m = -moves[1], -moves[0], 0.6 * radius_m
    else:
        start, end, radius_m = -1.4 * radius_m, 1.4 * radius_m, 1.4 * radius_m
    _add_cylinder(body, _scaled(joint.axis, start), _scaled(joint.axis, end), radius_m, _JOINT)


def _add_cylinder(body: ElementTree.Element, start: Vector, end: Vector, radius_m: float, colour: str) -> None:
    """A cylinder from `start` to `end` [m] in the body's frame; none where the two are the same."""
    along = [b - a for a, b in zip(start, end, strict=True)]
    length_m = math.hypot(*along)
    if length_m == 0:
        return
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, (start[2] + end[2]) / 2)
    pitch_rad = math.atan2(math.hypot(along[0], along[1]), along[2])
    yaw_rad = math.atan2(along[1], along[0])
    cylinder = ElementTree.Element("cylinder", radius=repr(radius_m), length=repr(length_m))
    _add(body, cylinder, middle, colour, (0.0, pitch_rad, yaw_rad))


def _add(
    body: ElementTree.Element, shape: ElementTree.Element, xyz: Vector, colour: str, rpy: Vector = (0.0, 0.0, 0.0)
) -> None:
    visual = ElementTree.SubElement(body, "visual")
    ElementTree.SubElement(visual, "origin", xyz=_text(xyz), rpy=_text(rpy))
    ElementTree.SubElement(visual, "geometry").append(shape)
    material = ElementTree.SubElement(visual, "material", name=colour)  # a name is shared, so it must tell the colour
    ElementTree.SubElement(material, "color", rgba=colour)


def _scaled(vector: Vector, factor: float) -> Vector:
    return (vector[0] * factor, vector[1] * factor, vector[2] * factor)


def _text(vector: Vector) -> str:
    return " ".join(repr(float(value)) for value in vector)
