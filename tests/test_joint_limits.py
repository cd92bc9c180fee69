"""Joints of a URDF file that are locked, or have no limits."""

import math

import numpy as np
import pytest

from emssl_bench.cli.agreement import pinocchio_frames
from emssl_bench.exceptions import InvalidValue, RobotError
from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace
from robots import urdf
from tests.examples import assert_same_frames
from tests.random_urdfs import assert_same_places
from tests.urdf_files import by_pinocchio, joint, limit, load


@pytest.mark.parametrize("kind", ["revolute", "prismatic"])
def test_a_locked_joint_is_a_fixed_one_at_its_value(tmp_path, kind, rng):
    pinocchio = pytest.importorskip("pinocchio")
    joints = (
        joint("one", "a", "b", axis="1 2 0"),
        joint("locked", "b", "c", kind=kind, rpy="0.2 0 0.1", axis="1 0 1", more=limit(0.4, 0.4)),
        joint("two", "c", "d", axis="0 0 1", xyz="0.1 0 0.3"),
        joint("f", "d", "e", "fixed"),
    )
    arm = load(tmp_path, *joints, links="abcde")
    path = tmp_path / "arm.urdf"
    assert arm.joint_names == ("one", "two")
    assert urdf.held(path, "e") == {"locked": 0.4}
    q = rng.uniform(-2, 2, (20, 2))
    found = ChainArm(arm).positions(q)
    expected = [by_pinocchio(path, "e", "a", {"one": a, "two": b, "locked": 0.4}) for a, b in q]
    assert_same_places(found, np.array(expected))
    assert_same_frames(pinocchio_frames(pinocchio, arm, path, "e", q), ChainArm(arm).frames(q))


def test_a_prismatic_joint_from_0_to_0_is_locked_there(tmp_path):
    slide = joint("slide", "b", "c", kind="prismatic", more=limit(0, 0))
    assert load(tmp_path, joint("one", "a", "b"), slide, links="abc").joint_names == ("one",)


@pytest.mark.parametrize("bounds", [limit(), limit(0, 0), limit(0), limit(upper="-0.0"), ""])
def test_a_joint_without_limits_takes_a_range_in_degrees_and_has_no_own_limits(tmp_path, bounds):
    arm = load(tmp_path, joint("one", "a", "b", more=bounds), joint("two", "b", "c"), links="abc")
    assert arm.coordinates[0].bounds_missing
    space = JointSpace.of(arm, 90)
    assert (space.lower[0], space.upper[0]) == (-math.pi / 2, math.pi / 2)
    with pytest.raises(InvalidValue, match=r"joint 'one' of .*arm\.urdf has no limits in its file .* such as"):
        JointSpace.of(arm, "limits")
    assert arm.digest == load(tmp_path, joint("o", "a", "b", "continuous"), joint("t", "b", "c"), links="abc").digest


@pytest.mark.parametrize("bounds", [limit(), ""])
def test_a_prismatic_joint_without_limits_needs_some(tmp_path, bounds):
    slide = joint("slide", "b", "c", kind="prismatic", more=bounds)
    with pytest.raises(RobotError, match="joint 'slide' is prismatic and its <limit> has no lower and upper: it needs"):
        load(tmp_path, joint("one", "a", "b"), slide, joint("two", "c", "d"), links="abcd")


def test_one_bound_alone_has_0_beside_it_as_readers_have_it(tmp_path):
    arm = load(
        tmp_path, joint("one", "a", "b", more=limit(-1)), joint("two", "b", "c", more=limit(upper=1)), links="abc"
    )
    assert [(each.lower, each.upper) for each in arm.coordinates] == [(-1, 0), (0, 1)]
    with pytest.raises(
        RobotError, match=r"limits \[0.5, 0\] \(upper is left out, which stands for 0\): the lower must"
    ):
        load(tmp_path, joint("one", "a", "b", more=limit(0.5)), joint("two", "b", "c"), links="abc")
