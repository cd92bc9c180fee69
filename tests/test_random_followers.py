"""Joints that follow others, drawn at random: whatever mimics whatever, the forward models agree."""

import re
from xml.etree import ElementTree

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import robots
from emssl_bench.exceptions import RobotError
from emssl_bench.forward.bullet import BulletArm
from emssl_bench.forward.chain import ChainArm
from tests.random_urdfs import assert_same_places, axis, few, many, rpy, text, written, xyz
from tests.urdf_files import by_pinocchio


@st.composite
def mimicking_files(draw):
    """A chain of which some joints mimic others, which may come after them or be on another branch."""
    count = draw(st.integers(2, 6))
    kinds = draw(st.lists(st.sampled_from(["revolute", "prismatic"]), min_size=count, max_size=count))
    order = draw(st.permutations(range(count)))  # a joint mimics one that is before it here: never a loop
    pieces, masters = [], {}
    for place, number in enumerate(order):
        more = '<limit lower="-50" upper="50" effort="1" velocity="1"/>'
        if place and draw(st.booleans()):
            master, times, plus = draw(st.sampled_from(order[:place])), *draw(st.tuples(*2 * [st.floats(-1.5, 1.5)]))
            masters[number] = master, times, plus
            more += f'<mimic joint="j{master}" multiplier="{times!r}" offset="{plus!r}"/>'
        parent = number if number != count - 1 or count < 3 else 0
        pieces.append(
            f'<joint name="j{number}" type="{kinds[number]}"><parent link="l{parent}"/><child link="l{number + 1}"/>'
            f'<origin xyz="{text(draw(xyz))}" rpy="{text(draw(rpy))}"/><axis xyz="{text(draw(axis))}"/>{more}</joint>'
        )
    tip = f"l{count - 1}" if count >= 3 else f"l{count}"
    pieces.append(
        f'<joint name="f" type="fixed"><parent link="{tip}"/><child link="tip"/><origin xyz="1 0.3 0.2"/></joint>'
    )
    links = "".join(f'<link name="{name}"/>' for name in [*(f"l{i}" for i in range(count + 1)), "tip"])
    return f'<robot name="r">{links}{"".join(draw(st.permutations(pieces)))}</robot>', masters


def angle_of(number, masters, free):
    if number not in masters:
        return free[number]
    master, times, plus = masters[number]
    return times * angle_of(master, masters, free) + plus


@many
@given(mimicking_files())
def test_whatever_mimics_whatever_pinocchio_agrees(tmp_path_factory, file):
    document, masters = file
    path = written(tmp_path_factory.mktemp("mimics"), document)
    try:
        arm = robots.load(path, "tip")
    except RobotError as error:
        if re.search("nowhere to go|no moving joint|cannot move|turns about", str(error)):
            return
        raise
    names = [joint.get("name") for joint in ElementTree.fromstring(document).findall("joint")]
    for row in np.random.default_rng(0).uniform(-1, 1, (3, arm.dof)):
        chosen = dict(zip(arm.joint_names, row, strict=True))
        free = {int(name[1:]): chosen.get(name, 0.0) for name in names if name != "f"}
        angles = {f"j{number}": angle_of(number, masters, free) for number in free}
        expected = by_pinocchio(path, "tip", "l0", angles)
        assert np.linalg.norm(ChainArm(arm).positions(row[None])[0] - expected) <= 1e-9


@few
@given(mimicking_files())
def test_whatever_mimics_whatever_pybullet_agrees_with_the_chain(tmp_path_factory, file):
    try:
        arm = robots.load(written(tmp_path_factory.mktemp("mimics"), file[0]), "tip")
    except RobotError:
        return
    q = np.random.default_rng(0).uniform(-1, 1, (5, arm.dof))
    bullet = BulletArm(arm)
    try:
        assert_same_places(bullet.positions(q), ChainArm(arm).positions(q))
    finally:
        bullet.close()
