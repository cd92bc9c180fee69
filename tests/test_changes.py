"""What becomes of an arm that changes."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import robots
from emssl_bench.exceptions import InvalidValue, RobotError
from emssl_bench.forward.chain import ChainArm
from robots.changes import BEYOND, Change
from tests.examples import SLIDER


def changed(robot, text, seed=0):
    return Change.parse(text).applied(robot, np.random.default_rng(seed))


def moved_m(robot, text, angles, seed=0):
    return ChainArm(changed(robot, text, seed)).positions(angles) - ChainArm(robot).positions(angles)


@pytest.fixture
def angles(robot, rng):
    return rng.uniform(-1, 1, (50, robot.dof))


@pytest.mark.parametrize("text", ["links=1", *BEYOND])
def test_every_change_moves_every_arm_and_keeps_its_joints(robot, text, angles):
    after = changed(robot, text)
    assert after.digest != robot.digest
    assert after.joint_names == robot.joint_names
    assert [(j.kind, j.lower, j.upper) for j in after.joints] == [(j.kind, j.lower, j.upper) for j in robot.joints]
    assert np.linalg.norm(moved_m(robot, text, angles), axis=1).max() > 1e-3


def test_a_link_alone_is_lengthened_along_itself(robot):
    lengths = {number: math.hypot(*link) for number, link in enumerate(robot.links_m, 1)}
    chosen = next(number for number, length in lengths.items() if length > 0)
    after = changed(robot, f"link{chosen}=2")
    for number, link in enumerate(after.links_m, 1):
        assert math.hypot(*link) == pytest.approx(lengths[number] + (0.02 if number == chosen else 0))
    np.testing.assert_allclose(np.cross(after.links_m[chosen - 1], robot.links_m[chosen - 1]), 0, atol=1e-15)


def test_all_links_lengthened_one_by_one_is_all_links_lengthened(paper6):
    one_by_one = paper6
    for number, link in enumerate(paper6.links_m, 1):
        if any(link):
            one_by_one = changed(one_by_one, f"link{number}=1")
    angles = np.random.default_rng(0).uniform(-1, 1, (20, 6))
    np.testing.assert_allclose(
        ChainArm(one_by_one).positions(angles), ChainArm(changed(paper6, "links=1")).positions(angles), atol=1e-12
    )


def test_encoder_offsets_are_other_joint_angles(robot, rng):
    """There is one offset for each joint that explains the changed arm everywhere."""
    after, before = ChainArm(changed(robot, "encoders=2")), ChainArm(robot)
    offsets = []
    generator = np.random.default_rng(0)
    for joint in robot.joints:
        offsets.append(generator.normal(scale=0.002 if joint.kind == "prismatic" else math.radians(2)))
    angles = rng.uniform(-1, 1, (50, robot.dof))
    np.testing.assert_allclose(after.positions(angles), before.positions(angles + offsets), atol=1e-12)


def test_calibration_errors_are_as_large_as_said(robot):
    """Millimetres in every origin and in the tip, tenths of as many degrees in every rotation."""
    after = [changed(robot, "calibration=5", seed) for seed in range(400)]
    origins, tips, turns = [], [], []
    for each in after:
        origins.append(
            [np.subtract(a.origin_xyz_m, b.origin_xyz_m) for a, b in zip(each.joints, robot.joints, strict=True)]
        )
        turns.append(
            [np.subtract(a.origin_rpy_rad, b.origin_rpy_rad) for a, b in zip(each.joints, robot.joints, strict=True)]
        )
        tips.append(np.subtract(each.tip_xyz_m, robot.tip_xyz_m))
        assert each.tip_rpy_rad == robot.tip_rpy_rad, "it moves nothing"
    for errors, expected in ((origins, 0.005), (tips, 0.005), (turns, math.radians(0.5))):
        np.testing.assert_allclose(np.std(errors, axis=0), expected, rtol=0.15)
        np.testing.assert_allclose(np.mean(errors, axis=0), 0, atol=0.2 * expected)
    apart = np.array(origins).reshape(400, -1)
    correlations = np.corrcoef(apart.T) - np.eye(apart.shape[1])
    assert np.abs(correlations).max() < 0.3, "each joint and each coordinate has its own"


def test_calibration_errors_are_normal_values_times_millimetres_and_tenths_of_a_degree(paper6):
    drawn = np.random.default_rng(3).normal(size=6)
    after, before = changed(paper6, "calibration=5", seed=3).joints[0], paper6.joints[0]
    moved = np.subtract(after.origin_xyz_m, before.origin_xyz_m)
    turned = np.subtract(after.origin_rpy_rad, before.origin_rpy_rad)
    np.testing.assert_allclose(moved, 0.005 * drawn[:3], rtol=1e-9)
    np.testing.assert_allclose(turned, math.radians(0.5) * drawn[3:], rtol=1e-9)


def test_encoder_offsets_of_a_sliding_joint_are_as_many_millimetres_along_its_axis(tmp_path, rng):
    path = tmp_path / "slider.urdf"
    path.write_text(SLIDER.replace('<child link="c"/><axis xyz="0 0 1"/>', '<child link="c"/><axis xyz="0.6 0 0.8"/>'))
    slider, generator = robots.load(path), np.random.default_rng(0)
    offsets = [generator.normal(scale=scale) for scale in (math.radians(20), 0.02)]
    after, before = ChainArm(changed(slider, "encoders=20")), ChainArm(slider)
    angles = rng.uniform(-1, 1, (50, 2))
    np.testing.assert_allclose(after.positions(angles), before.positions(angles + offsets), atol=1e-12)


def test_encoder_offsets_turn_about_any_axis(paper6, rng):
    """The suite's arms have axes along x, y or z; a file's may lie askew."""
    axes = [(0.6, 0.48, 0.64), (-0.64, 0.6, 0.48), (0.48, -0.64, -0.6)] * 2
    askew = replace(paper6, joints=tuple(replace(j, axis=axis) for j, axis in zip(paper6.joints, axes, strict=True)))
    generator = np.random.default_rng(0)
    offsets = [generator.normal(scale=math.radians(20)) for _ in askew.joints]
    after, before = ChainArm(changed(askew, "encoders=20")), ChainArm(askew)
    angles = rng.uniform(-1, 1, (50, 6))
    np.testing.assert_allclose(after.positions(angles), before.positions(angles + offsets), atol=1e-12)


def test_a_tool_makes_the_last_link_longer(paper6):
    assert math.hypot(*changed(paper6, "tool=10").links_m[-1]) == pytest.approx(math.hypot(*paper6.links_m[-1]) + 0.1)


def test_a_tool_on_a_tip_without_length_points_along_its_z_axis(paper6):
    from dataclasses import replace

    flange = replace(paper6, tip_xyz_m=(0.0, 0.0, 0.0), tip_rpy_rad=(math.pi / 2, 0.0, 0.0))
    np.testing.assert_allclose(changed(flange, "tool=10").tip_xyz_m, (0, -0.1, 0), atol=1e-12)


def test_what_is_random_about_a_change_is_its_seeds(paper6):
    for text in ("calibration=5", "encoders=2"):
        assert changed(paper6, text, 1) == changed(paper6, text, 1)
        assert changed(paper6, text, 1) != changed(paper6, text, 2)
    assert changed(paper6, "links=3", 1) == changed(paper6, "links=3", 2)


@given(
    st.sampled_from(["links", "link2", "calibration", "encoders", "tool"]),
    st.floats(1e-9, 1e6),
)
def test_a_change_is_what_its_text_says(kind, amount):
    change = Change.parse(f"{kind}={amount!r}")
    assert Change.parse(str(change)) == change
    assert change.amount == pytest.approx(amount, rel=1e-5)
    assert f"{amount:g}" in change.title


@pytest.mark.parametrize(
    "text", ["", "links", "links=", "links=0", "links=nan", "links=1e400", "link=3", "links2=3", "tool=-3", "knock=1"]
)
def test_what_is_no_change_is_refused_with_what_would_be_one(text):
    with pytest.raises(InvalidValue, match="is no change of an arm"):
        Change.parse(text)


def test_an_arm_without_lengths_has_no_link_to_lengthen(paper6):
    rails = tuple(replace(joint, kind="prismatic", origin_xyz_m=(0.0, 0.0, 0.0)) for joint in paper6.joints)
    gantry = replace(paper6, joints=rails, tip_xyz_m=(0.0, 0.0, 0.0))
    for text in ("links=3", "link1=3"):
        with pytest.raises(RobotError, match="has no link with a length"):
            changed(gantry, text)


@pytest.mark.parametrize("text", ["links=-50", "link2=-50", "link9=1", "link5=1"])
def test_an_arm_that_cannot_be_is_refused(text):
    with pytest.raises(RobotError, match=r"cannot be lengthened by -50 cm|has no link \d with a length: 1, 2"):
        changed(robots.load("paper6"), text)
