"""Reading arms from URDF files."""

import math

import numpy as np
import pytest

import robots
from emssl_bench.exceptions import RobotError, UnknownName
from emssl_bench.forward.chain import ChainArm
from robots.rotation import matrix_from_rpy
from tests.urdf_files import joint, load


def test_a_fixed_joint_is_folded_into_what_comes_after(tmp_path, bullet_arm, rng):
    spec = load(
        tmp_path,
        joint("one", "a", "b", rpy="0.3 0.1 -0.4"),
        joint("mount", "b", "c", kind="fixed", xyz="0.1 0.2 0.3", rpy="0.5 -1.5707963267948966 0.7"),
        joint("two", "c", "d", axis="1 2 3"),
        joint("flange", "d", "e", kind="fixed", xyz="0 0 0.1", rpy="1 1 1"),
        links="abcde",
    )
    assert spec.joint_names == ("one", "two")
    a, b = rng.uniform(-2, 2, 2)
    k = np.array([1, 2, 3]) / math.sqrt(14)
    cross = np.array([[0, -k[2], k[1]], [k[2], 0, -k[0]], [-k[1], k[0], 0]])
    turn = np.eye(3) + math.sin(b) * cross + (1 - math.cos(b)) * cross @ cross
    after = turn @ [0, 0, 0.1]
    mount = np.array([0.1, 0.2, 0.3]) + matrix_from_rpy((0.5, -math.pi / 2, 0.7)) @ (np.array([0, 0, 0.2]) + after)
    expected = np.array([0, 0, 0.2]) + matrix_from_rpy((0.3, 0.1, -0.4)) @ matrix_from_rpy((0, a, 0)) @ mount
    np.testing.assert_allclose(bullet_arm(spec).positions(np.array([[a, b]]))[0], expected, atol=1e-12)


def test_the_end_effector_is_turned_as_the_file_says(tmp_path):
    """It moves no position; a tool on it points along its z axis."""
    turned = [
        joint("mount", "b", "c", kind="fixed", rpy="0.3 0.1 -0.4"),
        joint("tool", "c", "d", kind="fixed", rpy="0.5 0 0.7"),
    ]
    spec = load(
        tmp_path, joint("one", "a", "b"), joint("two", "b", "e", xyz="0.1 0 0"), *turned, links="abcde", tip="d"
    )
    expected = matrix_from_rpy((0.3, 0.1, -0.4)) @ matrix_from_rpy((0.5, 0, 0.7))
    np.testing.assert_allclose(matrix_from_rpy(spec.tip_rpy_rad), expected, atol=1e-12)


def test_a_misspelt_tip_is_told_the_link_that_is_meant(tmp_path):
    path = tmp_path / "arm.urdf"
    links = '<link name="base"/><link name="forearm"/><link name="hand"/>'
    path.write_text(
        f'<robot name="r">{links}{joint("one", "base", "forearm")}{joint("two", "forearm", "hand")}</robot>'
    )
    with pytest.raises(RobotError, match="no link 'hadn': did you mean 'hand'"):
        robots.load(path, "hadn")


def test_prismatic_and_continuous_joints(tmp_path, bullet_arm, rng):
    spec = load(
        tmp_path,
        joint("slide", "a", "b", kind="prismatic", axis="0.6 0 0.8"),
        joint("wheel", "b", "c", kind="continuous", rpy="0 1 0"),
        joint("mount", "c", "d", kind="fixed", xyz="0.3 0 0"),
        links="abcd",
    )
    assert [j.kind for j in spec.joints] == ["prismatic", "revolute"]
    assert spec.joints[1].upper == math.inf
    angles = rng.uniform(-2, 2, (50, 2))
    np.testing.assert_allclose(bullet_arm(spec).positions(angles), ChainArm(spec).positions(angles), atol=1e-12)
    moved, still = ChainArm(spec).positions(np.array([[1.0, 0.0], [0.0, 0.0]]))
    np.testing.assert_allclose(moved - still, [0.6, 0, 0.8], atol=1e-15)


def test_one_branch_is_taken_by_its_tip(tmp_path):
    branches = joint("one", "a", "b"), joint("two", "b", "c"), joint("hand", "c", "d"), joint("eye", "b", "e")
    assert load(tmp_path, *branches, links="abcde", tip="d").joint_names == ("one", "two", "hand")
    with pytest.raises(RobotError, match=r"several branches, name the end with --tip\. One of: d, e"):
        load(tmp_path, *branches, links="abcde")
    with pytest.raises(RobotError, match="no link 'x'"):
        load(tmp_path, *branches, links="abcde", tip="x")
    stand = joint("stand", "a", "f", kind="fixed")
    with pytest.raises(RobotError, match=r"One of: d, e \(or a link before it\)\. \(Fixed to the base: f\.\)"):
        load(tmp_path, *branches, stand)


def test_a_loop_beside_the_arm_is_no_end_and_no_hang(tmp_path):
    ring = joint("k", "b", "c"), joint("l", "c", "b")
    spec = load(tmp_path, joint("j", "a", "d"), joint("mount", "d", "e", "fixed"), *ring, links="abcde")
    assert spec.joint_names == ("j",)
    with pytest.raises(RobotError, match="the joints above 'b' form a loop"):
        load(tmp_path, joint("j", "a", "d"), *ring, links="abcd", tip="b")


@pytest.mark.parametrize(
    ("joints", "says"),
    [
        ([joint("j", "a", "b", kind="fixed")], "no moving joint"),
        ([joint("j", "a", "b", kind="floating")], "is floating: only"),
        ([joint("j", "a", "b", axis="0 0 0")], "axis of length 0"),
        ([joint("j", "a", "b", axis="1.5e308 1.5e308 1.5e308")], "axis of length inf"),
        ([joint("j", "a", "b", axis="inf 0 1")], "xyz='inf 0 1' in its <axis>: that takes three finite numbers"),
        ([joint("j", "a", "b", axis="0 1")], "xyz='0 1' in its <axis>: that takes three finite numbers"),
        ([joint("j", "a", "b", axis="0 0 1 0")], "that takes three finite numbers"),
        ([joint("j", "a", "b", xyz="0.1")], "xyz='0.1' in its <origin>: that takes three finite numbers"),
        ([joint("j", "a", "b", xyz="${width} 0 0")], "that takes three finite numbers"),
        ([joint("j", "a", "b", xyz="1e5 0 0")], "over 10,000 m from the one before; URDF has metres"),
        ([joint("j", "a", "b", rpy="1 2 3 4")], "rpy='1 2 3 4' in its <origin>"),
        ([joint("j", "a", "b"), joint("k", "b", "c", kind="fixed", rpy="nan 0 0")], "'k' has rpy='nan 0 0'"),
        (
            [joint("j", "a", "b", more='<limit lower="x" upper="1"/>')],
            "lower='x' in its <limit>: that takes one finite number, in rad",
        ),
        (
            [joint("j", "a", "b", more='<limit lower="nan" upper="1"/>')],
            "lower='nan' in its <limit>: that takes one finite",
        ),
        ([joint("j", "a", "b", "prismatic", more='<limit lower="-inf" upper="1"/>')], "it needs a bound"),
        ([joint("j", "a", "b", xyz="1 2 3")], "cannot move: it sits on every joint"),
        ([joint("j", "a", "b"), joint("j", "b", "c")], "2 joints are called 'j'"),
        ([joint("j", "a", "b"), joint("k", "a", "b")], "link 'b' hangs on two joints, 'j' and 'k'"),
        ([joint("j", "a", "x")], "joint 'j' joins 'x', which is no link of the file"),
        ([joint("j", "x", "b")], "joint 'j' joins 'x', which is no link of the file"),
        ([joint("j", "a", "b"), joint("k", "b", "c"), joint("l", "c", "a")], "its joints form a loop"),
        (
            [joint("j", "a", "b", "fixed"), joint("k", "a", "c", "fixed")],
            "no moving joint in any of its branches: b, c",
        ),
        ([joint("j", "a", "b", more='<limit lower="1" upper="-1" effort="1" velocity="1"/>')], "lower must be less"),
        ([joint("j", "a", "b", xyz="0 0 nan"), joint("k", "b", "c")], "xyz='0 0 nan' in its <origin>"),
    ],
)
def test_an_arm_that_cannot_be_used_is_refused_with_the_reason(tmp_path, joints, says):
    with pytest.raises(RobotError, match=says):
        load(tmp_path, *joints, links="abc"[: len(joints) + 1])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("<robot", "not well-formed XML"),
        ("<sdf/>", "root element is <sdf>"),
        ('<!DOCTYPE r [<!ENTITY a "b">]><robot name="r"/>', "has a DOCTYPE"),
        ("", "is empty"),
        ("<robot>" + "<link>" * 300 + "</link>" * 300 + "</robot>", "not well-formed XML"),
        ('<robot name="r"><link/></robot>', "a link has no 'name'"),
        ('<robot name="r"><link name="a"/><joint/></robot>', "a joint has no 'name'"),
        ('<robot name="r"><link name="a"/><joint name="j"><parent link="a"/></joint></robot>', "'j' has no <child>"),
        (
            '<robot name="r"><link name="a"/><joint name="j"><parent/></joint></robot>',
            "<parent> of joint 'j' has no 'link'",
        ),
        ('<robot name="x"/>', "has no links"),
    ],
)
def test_a_file_that_is_no_urdf_is_refused(tmp_path, content, says):
    path = tmp_path / "broken.urdf"
    path.write_text(content)
    with pytest.raises(RobotError, match=says):
        robots.load(path)


def test_entities_are_refused_whatever_the_encoding(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("0.5")
    laughs = "".join(f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(9))
    bombs = f'<!ENTITY a9 SYSTEM "{secret.as_uri()}">', f'<!ENTITY a0 "ha">{laughs}'
    # It may be the parser that gives up on them.
    for entities, used, encoding, says in (
        *((bomb, "&a9;", "utf-8", "has a DOCTYPE|not well-formed XML") for bomb in bombs),
        *((bomb, "&a9;", "utf-16", "has a DOCTYPE|not well-formed XML") for bomb in bombs),
        ('<!ATTLIST link name CDATA "b">', "a", "utf-8", "has a DOCTYPE"),
        ('<!ATTLIST link name CDATA "b">', "a", "utf-16", "has a DOCTYPE"),
    ):
        document = f'<!DOCTYPE robot [{entities}]><robot name="r"><link name="{used}"/></robot>'
        path = tmp_path / "bomb.urdf"
        path.write_text(f'<?xml version="1.0" encoding="{encoding}"?>{document}', encoding=encoding)
        with pytest.raises(RobotError, match=says):
            robots.load(path)


def test_a_file_that_is_too_large_is_not_read_to_its_end(tmp_path):
    path = tmp_path / "large.urdf"
    with open(path, "wb") as file:
        file.truncate(10**12)  # a hole: it takes no room
    with pytest.raises(RobotError, match="larger than 10 MB"):
        robots.load(path)


def test_a_default_namespace_changes_nothing(tmp_path):
    plain = load(tmp_path, joint("j", "a", "b"), joint("k", "b", "c"), links="abc")
    path = tmp_path / "arm.urdf"
    path.write_text(path.read_text().replace("<robot", '<robot xmlns="http://www.ros.org"'))
    assert robots.load(path) == plain


def test_a_missing_file_and_an_unknown_name_say_so(tmp_path):
    with pytest.raises(RobotError, match="No such file"):
        robots.load(tmp_path / "none.urdf")
    with pytest.raises(UnknownName, match="did you mean 'paper6'"):
        robots.load("paper")
