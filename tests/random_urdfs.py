"""URDF files drawn at random, and how many of them are tried."""

import math
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from emssl_bench.cli.agreement import BOUND_M

SEEN = (
    '<visual><geometry><mesh filename="package://gone/visual.dae"/></geometry></visual>'
    '<collision><geometry><mesh filename="/no/such/folder/collision.stl" scale="1 1 1"/></geometry></collision>',
    '<visual><geometry><mesh filename="../../elsewhere.obj"/></geometry></visual>'
    '<inertial><mass value="0"/><inertia ixx="0" ixy="0" ixz="0" iyy="0" iyz="0" izz="0"/></inertial>',
    '<visual><geometry><box size="1 1"/></geometry></visual>',
    "",
)
KINDS = ("revolute", "continuous", "prismatic")

length_m = st.floats(-2, 2)
angle_rad = st.floats(-7, 7) | st.sampled_from([0.0, math.pi / 2, -math.pi / 2, 1.5707963, math.pi])
xyz = st.tuples(length_m, length_m, length_m)
rpy = st.tuples(angle_rad, angle_rad, angle_rad)
component = st.floats(-50, 50) | st.sampled_from([0.0, 1.0, -1.0])
axis = st.tuples(component, component, component).filter(lambda each: math.hypot(*each) > 1e-3)
joint_of_kind = st.tuples(st.sampled_from(KINDS), xyz, rpy, axis)
nowhere = st.just((0.0, 0.0, 0.0))
fixed_joint = st.tuples(st.just("fixed"), xyz, rpy, nowhere)
tool = st.tuples(st.just("fixed"), st.tuples(st.floats(0.1, 2), length_m, length_m), rpy, nowhere)


def text(vector):
    return " ".join(map(repr, vector))


def joint_xml(name, parent, child, kind, xyz, rpy, axis):
    limit = '<limit lower="-2.5" upper="1.5" effort="1" velocity="1"/>' if kind in ("revolute", "prismatic") else ""
    return (
        f'<joint name="{name}" type="{kind}"><parent link="{parent}"/><child link="{child}"/>'
        f'<origin xyz="{text(xyz)}" rpy="{text(rpy)}"/><axis xyz="{text(axis)}"/>{limit}</joint>'
    )


@st.composite
def urdf_files(draw):
    """A URDF's text, the link at the end of its arm, and how many joints move on the way there.

    Links and joints share their names, as they may; branches hang on any link; nothing is in order.
    """
    moving = draw(st.lists(joint_of_kind, min_size=1, max_size=8))
    arm = []
    for joint in moving:
        arm += [*draw(st.lists(fixed_joint, max_size=1)), joint]
    arm += [*draw(st.lists(fixed_joint, max_size=1)), draw(tool)]
    links = [f"part{number}" for number in range(len(arm) + 1)]
    joints = [
        joint_xml(child, parent, child, *joint) for joint, (parent, child) in zip(arm, pairwise(links), strict=True)
    ]
    tip = links[-1]
    for number, branch in enumerate(draw(st.lists(joint_of_kind | fixed_joint, max_size=3))):
        parent = draw(st.sampled_from(links))
        links.append(f"branch {number}")
        joints.append(joint_xml(f"twig{number}", parent, links[-1], *branch))
    bodies = [f'<link name="{link}">{draw(st.sampled_from(SEEN))}</link>' for link in links]
    shuffled = draw(st.permutations([*joints, *bodies]))
    return f'<?xml version="1.0"?><!-- an arm --><robot name="r">{"".join(shuffled)}</robot>', tip, len(moving)


def written(folder, document):
    with tempfile.NamedTemporaryFile("w", suffix=".urdf", dir=folder, delete=False) as file:
        file.write(document)
    return Path(file.name)


def assert_same_places(found, expected):
    assert np.linalg.norm(found - expected, axis=1).max() <= BOUND_M


few = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
many = settings(few, max_examples=40)
