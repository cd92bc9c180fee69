"""Joints of a URDF file that follow others."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from emssl_bench.adaptation.identification import identified
from emssl_bench.cli.agreement import pinocchio_frames
from emssl_bench.exceptions import RobotError
from emssl_bench.forward.chain import ChainArm
from emssl_bench.forward.pool import BulletPool
from emssl_bench.forward.usual import UsualArm
from emssl_bench.joint_space import JointSpace
from robots import urdf
from robots.changes import Change
from robots.spec import Coordinate, RobotSpec
from tests.examples import assert_same_frames
from tests.random_urdfs import assert_same_places
from tests.urdf_files import by_pinocchio, joint, limit, load, mimic


def test_a_joint_follows_another_in_every_forward_model(tmp_path, rng, bullet_arm):
    pinocchio = pytest.importorskip("pinocchio")
    joints = (
        joint("one", "a", "b", axis="0 0 1"),
        joint("three", "b", "c", axis="1 0 0", more=limit(-9, 9) + mimic("two", -0.5, 0.3)),
        joint("two", "c", "d", axis="0 1 0"),
        joint("slide", "d", "e", "prismatic", axis="0 1 1", more=limit(-9, 9) + mimic("three", 0.1)),
        joint("finger", "e", "f", axis="0 1 0", more=limit(-9, 9) + mimic("outside", 2)),
        joint("outside", "b", "g", kind="continuous"),
        joint("end", "f", "h", "fixed", xyz="0.3 0.1 0"),
    )
    arm = load(tmp_path, *joints, links="abcdefgh", tip="h")
    assert arm.joint_names == ("one", "two", "outside")
    q = rng.uniform(-2, 2, (40, 3))

    def all_angles(one, two, outside):
        three = -0.5 * two + 0.3
        return {"one": one, "two": two, "three": three, "slide": 0.1 * three, "finger": 2 * outside}

    expected = np.array([by_pinocchio(tmp_path / "arm.urdf", "h", "a", all_angles(*row)) for row in q])
    assert_same_places(ChainArm(arm).positions(q), expected)
    assert_same_places(bullet_arm(arm).positions(q), expected)
    assert_same_frames(pinocchio_frames(pinocchio, arm, tmp_path / "arm.urdf", "h", q), ChainArm(arm).frames(q))
    pool = BulletPool(arm, workers=1)
    np.testing.assert_array_equal(pool.positions(q), bullet_arm(arm).positions(q))
    pool.close()
    usual = UsualArm(arm)
    np.testing.assert_allclose(usual.positions(q), expected, atol=1e-6)
    usual.close()
    angles = torch.tensor(q[:2], requires_grad=True)
    assert torch.autograd.gradcheck(ChainArm(arm), (angles,))


def test_the_space_keeps_followers_within_their_limits_too(tmp_path):
    joints = (
        joint("one", "a", "b", more=limit(-2, 2)),
        joint("two", "b", "c", more=limit(-1, 0.5) + mimic("one", -0.5, 0.25)),
        joint("three", "c", "d", more=limit(0, 3) + mimic("driver", 2)),
        joint("driver", "a", "e", more=limit(-1, 1)),
    )
    arm = load(tmp_path, *joints, links="abcde", tip="d")
    assert [(each.name, each.lower, each.upper) for each in arm.coordinates] == [("one", -0.5, 2), ("driver", 0, 1)]
    drawn = arm.of_every_joint(JointSpace.of(arm, "limits").sample(1000, np.random.default_rng(0)))
    assert (drawn >= [-2, -1, 0]).all()
    assert (drawn <= [2, 0.5, 3]).all()
    assert JointSpace.of(arm, 20).lower[0] == math.radians(-20)


def test_several_followers_of_one_joint_outside_share_it(tmp_path):
    joints = (
        joint("left", "a", "b", more=limit(-2, 2) + mimic("motor")),
        joint("right", "b", "c", more=limit(-2, 2) + mimic("motor", -1)),
        joint("motor", "a", "d", more=limit(-1, 1)),
    )
    arm = load(tmp_path, *joints, links="abcd", tip="c")
    assert arm.joint_names == ("motor",)
    assert [driver.name for driver in arm.drivers] == ["motor"]


@pytest.mark.parametrize(
    ("second", "names"),
    [
        (limit(-1, 1) + mimic("one", 0, 0.4), ("one",)),
        (limit(-1, 1) + mimic("fixed", 3, 0.4), ("one",)),
        (limit(-1, 1) + mimic("locked", 2, -0.4), ("one",)),
    ],
)
def test_what_follows_something_that_stays_is_fixed(tmp_path, second, names):
    joints = (
        joint("one", "a", "b"),
        joint("two", "b", "c", more=second),
        joint("fixed", "a", "d", "fixed"),
        joint("locked", "a", "e", more=limit(0.4, 0.4)),
    )
    arm = load(tmp_path, *joints, links="abcde", tip="c")
    assert arm.joint_names == names
    assert urdf.held(tmp_path / "arm.urdf", "c") == {"two": pytest.approx(0.4)}


def test_a_fixed_joint_that_says_it_mimics_is_fixed(tmp_path):
    arm = load(tmp_path, joint("one", "a", "b"), joint("two", "b", "c", "fixed", more=mimic("one")), links="abc")
    assert arm.joint_names == ("one",)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (mimic("onne"), "'two' mimics 'onne', which is no joint: did you mean 'one'"),
        (mimic("two"), "mimic each other in a loop: two, two"),
        (mimic("three"), "mimic each other in a loop: two, three, two"),
        ("<mimic/>", "the <mimic> of joint 'two' has no 'joint' attribute"),
        (mimic("one", "x"), "multiplier='x' in its <mimic>: that takes one finite number"),
        (mimic("one", 1, "nan"), "offset='nan' in its <mimic>"),
        (mimic("one", 1, 9), r"joint 'one' has nowhere to go: the limits of what mimics it \(two, three\)"),
        (mimic("free"), "'free' is floating: only"),
    ],
)
def test_a_mimic_joint_that_makes_no_sense_is_named(tmp_path, more, says):
    joints = (
        joint("one", "a", "b"),
        joint("two", "b", "c", more=limit(-1, 1) + more),
        joint("three", "c", "d", more=limit(-1, 1) + mimic("two")),
        joint("free", "a", "e", "floating"),
    )
    with pytest.raises(RobotError, match=says):
        load(tmp_path, *joints, links="abcde", tip="d")


def test_what_slides_with_something_that_turns_without_end_needs_a_bound(tmp_path):
    slide = joint("slide", "b", "c", "prismatic", more=mimic("one", 0.1))
    with pytest.raises(RobotError, match="slides mimics one that turns without end"):
        load(tmp_path, joint("one", "a", "b", "continuous"), slide, links="abc")


def test_an_arm_with_a_follower_is_identified_and_its_encoders_shift_the_follower_too(tmp_path, rng):
    joints = (
        joint("one", "a", "b", axis="0 0 1"),
        joint("two", "b", "c", axis="0 1 0"),
        joint("three", "c", "d", axis="1 1 0", more=limit(-9, 9) + mimic("two", -0.5)),
        joint("end", "d", "e", "fixed", xyz="0.3 0 0"),
    )
    arm = load(tmp_path, *joints, links="abcde")
    shifted = Change.parse("encoders=5").applied(arm, np.random.default_rng(1))
    offsets = np.radians(np.random.default_rng(1).normal(scale=5, size=2))
    q = rng.uniform(-2, 2, (60, 2))
    np.testing.assert_allclose(ChainArm(shifted).positions(q), ChainArm(arm).positions(q + offsets), atol=1e-12)
    found = identified(arm, q, ChainArm(shifted).positions(q))
    unseen = rng.uniform(-2, 2, (50, 2))
    np.testing.assert_allclose(found.positions(unseen), ChainArm(shifted).positions(unseen), atol=1e-5)
    longer = arm.lengthened(0.01)
    assert np.abs(ChainArm(longer).positions(q) - ChainArm(arm).positions(q)).max() > 0.01


def test_an_arm_that_is_made_by_hand_follows_what_there_is(planar3):
    one, two, three = planar3.joints
    with pytest.raises(RobotError, match="'joint3' follows 'jont', which is no coordinate"):
        replace(planar3, joints=(one, two, replace(three, follows="jont")))
    with pytest.raises(RobotError, match="times 0: that is a fixed joint"):
        replace(planar3, joints=(one, two, replace(three, follows="joint1", multiplier=0.0)))
    driver = Coordinate("motor", "prismatic", 0, 1)
    arm = RobotSpec("r", (one, replace(two, follows="motor")), (1, 0, 0), (0, 0, 0), "", (driver,))
    assert arm.joint_names == ("joint1", "motor")
