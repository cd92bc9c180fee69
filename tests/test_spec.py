"""What an arm is: what its digest names, and how long its links are."""

import math
from dataclasses import replace

import pytest

GEOMETRY = {
    "kind": "prismatic",
    "origin_xyz_m": (0.1, 0.2, 0.3),
    "origin_rpy_rad": (0.1, 0.2, 0.3),
    "axis": (0.6, 0.0, 0.8),
    "lower": -0.123,
    "upper": 0.123,
}


@pytest.mark.parametrize("what", GEOMETRY)
@pytest.mark.parametrize("which", [0, 3, 5])
def test_another_geometry_of_any_joint_is_another_arm(paper6, what, which):
    """And so are other limits: they bound the joint space."""
    joints = list(paper6.joints)
    joints[which] = replace(joints[which], **{what: GEOMETRY[what]})
    assert replace(paper6, joints=tuple(joints)).digest != paper6.digest


def test_another_tip_is_another_arm_and_so_is_another_order_of_joints(paper6):
    assert replace(paper6, tip_xyz_m=(0.1, 0.2, 0.3)).digest != paper6.digest
    assert replace(paper6, tip_rpy_rad=(0.1, 0.2, 0.3)).digest != paper6.digest
    assert replace(paper6, joints=paper6.joints[::-1]).digest != paper6.digest
    assert replace(paper6, joints=paper6.joints[1:]).digest != paper6.digest


def test_names_and_sources_make_no_other_arm(paper6):
    called = tuple(replace(joint, name=f"j{number}") for number, joint in enumerate(paper6.joints))
    assert replace(paper6, name="mine", joints=called, source="somewhere").digest == paper6.digest


def test_links_lead_from_every_joint_to_the_next_and_the_last_to_the_tip(paper6):
    assert paper6.links_m == (*(joint.origin_xyz_m for joint in paper6.joints[1:]), paper6.tip_xyz_m)
    assert len(paper6.links_m) == paper6.dof == len(paper6.joint_names)


def test_the_mounting_of_the_first_joint_is_no_link(paper6):
    longer = paper6.lengthened(0.01)
    assert longer.joints[0] == paper6.joints[0]
    raised = replace(paper6, joints=(replace(paper6.joints[0], origin_xyz_m=(0, 0, 9.0)), *paper6.joints[1:]))
    assert raised.reach_bound_m == paper6.reach_bound_m
    assert raised.lengthened(0.01).joints[1:] == longer.joints[1:]


def test_one_link_is_lengthened_by_its_number_from_the_base(paper6):
    after = paper6.lengthened(0.01, 2)
    assert math.hypot(*after.links_m[1]) == pytest.approx(math.hypot(*paper6.links_m[1]) + 0.01)
    assert [a == b for a, b in zip(after.links_m, paper6.links_m, strict=True)] == [True, False, True, True, True, True]


def test_a_follower_bounds_what_has_no_bounds_of_its_own(paper6):
    free = replace(paper6.joints[0], lower=-math.inf, upper=math.inf, bounds_missing=True)
    for lower, upper, missing in ((-1.0, 1.0, False), (-math.inf, math.inf, True)):
        follower = replace(paper6.joints[1], lower=lower, upper=upper, follows=free.name, multiplier=2.0)
        coordinate = replace(paper6, joints=(free, follower, *paper6.joints[2:])).coordinates[0]
        assert (coordinate.lower, coordinate.upper, coordinate.bounds_missing) == (lower / 2, upper / 2, missing)
