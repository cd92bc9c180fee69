"""Where the arm in a URDF file begins and ends."""

import numpy as np
import pytest

import robots
from emssl_bench.exceptions import RobotError
from emssl_bench.forward.chain import ChainArm
from tests.urdf_files import by_pinocchio, joint, limit, load

CART = joint("bx", "a", "b", kind="prismatic", axis="1 0 0", more=limit(-999999, 999999))
ON_A_CART = (CART, joint("one", "b", "c", rpy="0.3 0 1"), joint("two", "c", "d"), joint("f", "d", "e", "fixed"))


def test_what_carries_the_base_is_left_out_and_positions_are_in_its_frame(tmp_path, rng):
    arm = load(tmp_path, *ON_A_CART, links="abcde", base="b")
    assert arm.joint_names == ("one", "two")
    assert arm == load(tmp_path, *ON_A_CART[1:], links="bcde")
    load(tmp_path, *ON_A_CART, links="abcde", base="b")
    for row in rng.uniform(-2, 2, (5, 2)):
        angles = {"bx": 7.0, "one": row[0], "two": row[1]}
        expected = by_pinocchio(tmp_path / "arm.urdf", "e", "b", angles)
        np.testing.assert_allclose(ChainArm(arm).positions(row[None])[0], expected, atol=1e-12)


@pytest.mark.parametrize("kind", ["floating", "planar", "prismatic"])
@pytest.mark.parametrize("bounds", [limit(), limit(-1e6, 1e6), ""])
def test_a_mobile_base_is_refused_with_the_base_that_leaves_it_out(tmp_path, kind, bounds):
    cart = joint("cart", "a", "b", kind=kind, more=bounds)
    with pytest.raises(RobotError, match=r"joint 'cart' (is|slides) .* --base b leaves it out\.$"):
        load(tmp_path, cart, *ON_A_CART[1:], links="abcde")
    assert load(tmp_path, cart, *ON_A_CART[1:], links="abcde", base="b").dof == 2


def test_a_mobile_base_with_several_joints_and_arms_is_left_out_as_a_whole(tmp_path):
    dummy = (joint("x", "w", "x", "prismatic", more=limit()), joint("free", "x", "y", "floating"))
    arms = joint("one", "y", "a"), joint("two", "y", "b"), joint("end", "a", "c"), joint("other", "b", "d")
    with pytest.raises(RobotError, match="--base y --tip c leaves it out") as refused:
        load(tmp_path, *dummy, *arms, links="wxyabcd")
    assert "joint 'free' is floating" in str(refused.value) or "joint 'x' is prismatic" in str(refused.value)
    assert load(tmp_path, *dummy, *arms, links="wxyabcd", base="y", tip="c").joint_names == ("one", "end")
    with pytest.raises(RobotError, match=r"name the end with --tip\. One of: c, d"):
        load(tmp_path, *dummy, *arms, links="wxyabcd", base="y")


def test_a_base_that_is_none_is_named(tmp_path):
    with pytest.raises(RobotError, match="no link 'bb': did you mean 'b'"):
        load(tmp_path, *ON_A_CART, links="abcde", base="bb")
    with pytest.raises(RobotError, match="'d' does not carry the end 'c': a, b do"):
        load(tmp_path, *ON_A_CART, links="abcde", base="d", tip="c")
    with pytest.raises(RobotError, match="no moving joint between the base and the tip"):
        load(tmp_path, *ON_A_CART, links="abcde", base="d")
    with pytest.raises(RobotError, match="no moving joint between the base and the tip"):
        load(tmp_path, *ON_A_CART, links="abcde", base="e")


def test_a_named_arm_takes_a_base_too():
    whole, part = robots.load("panda7"), robots.load("panda7", base="panda_link2")
    assert part.joint_names == whole.joint_names[2:]
    assert part.name == "panda7:panda_link2:panda_hand"
    assert robots.load("panda7", "panda_link6", "panda_link2").name == "panda7:panda_link2:panda_link6"
    q = np.random.default_rng(0).uniform(-1, 1, 5)
    path, tip = robots.file_and_tip("panda7", base="panda_link2")
    expected = by_pinocchio(path, tip, "panda_link2", dict(zip(part.joint_names, q, strict=True)))
    np.testing.assert_allclose(ChainArm(part).positions(q[None])[0], expected, atol=1e-9)


def written_arm(*joints):
    return '<robot name="x"><link name="a"/><link name="b"/><link name="c"/>' + "".join(joints) + "</robot>"


def test_the_file_and_the_end_of_an_arm_are_those_that_load_takes(tmp_path):
    assert robots.file_and_tip("ur5") == (robots.urdf_path("ur5"), "tool0")
    assert robots.file_and_tip("ur5", "wrist_1_link") == (robots.urdf_path("ur5"), "wrist_1_link")
    file = tmp_path / "arm.urdf"
    file.write_text(written_arm(joint("one", "a", "b"), joint("two", "b", "c")))
    assert robots.file_and_tip(file) == (file, "c")
    assert robots.file_and_tip(str(file), "b") == (file, "b")
    file.write_text(written_arm(joint("one", "a", "b"), joint("two", "a", "c")))
    with pytest.raises(RobotError, match=r"arm\.urdf: several branches"):
        robots.file_and_tip(file)
