"""Arms that nobody has seen before: three forward models agree on whatever a URDF file may hold."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

import robots
from emssl_bench.cli.agreement import pinocchio_frames
from emssl_bench.exceptions import RobotError
from emssl_bench.forward.bullet import BulletArm
from emssl_bench.forward.chain import ChainArm
from emssl_bench.forward.client import MOST_JOINTS
from emssl_bench.forward.pool import BulletPool
from tests.examples import assert_same_frames
from tests.random_urdfs import assert_same_places, few, many, urdf_files, written


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("random")


@few
@given(urdf_files())
def test_pybullet_agrees_with_the_chain_on_any_urdf_and_prints_nothing(folder, capfd, file):
    document, tip, moving = file
    robot = robots.load(written(folder, document), tip)
    assert robot.dof == moving
    joint_angles = np.random.default_rng(0).uniform(-math.pi, math.pi, (20, moving))
    arm = BulletArm(robot)
    try:
        assert_same_frames(arm.frames(joint_angles), ChainArm(robot).frames(joint_angles))
    finally:
        arm.close()
    assert capfd.readouterr() == ("", "")


@many
@given(urdf_files())
def test_pinocchio_reads_the_same_arm_from_any_urdf(folder, file):
    pinocchio = pytest.importorskip("pinocchio")
    document, tip, moving = file
    path = written(folder, document)
    robot = robots.load(path, tip)
    joint_angles = np.random.default_rng(0).uniform(-math.pi, math.pi, (5, moving))
    found = pinocchio_frames(pinocchio, robot, path, tip, joint_angles)
    assert_same_frames(found, ChainArm(robot).frames(joint_angles))


@many
@given(urdf_files())
def test_the_tip_is_found_where_it_is_the_only_leaf_and_asked_for_where_not(folder, file):
    document, tip, _ = file
    path = written(folder, document)
    leaves = [link for link in names(document) if f'<parent link="{link}"/>' not in document]
    if leaves == [tip]:
        assert robots.load(path) == robots.load(path, tip)
    elif len(leaves) > 1:
        with pytest.raises(RobotError, match="several branches, name the end with --tip") as refused:
            robots.load(path)
        assert all(leaf in str(refused.value) for leaf in leaves)


def names(document):
    return [piece.split('"')[0] for piece in document.split('<link name="')[1:]]


def test_the_longest_arm_that_pybullet_holds_is_right_and_a_longer_one_is_refused(planar3, rng):
    def snake(count):
        joints = (planar3.joints * count)[:count]
        return replace(planar3, joints=tuple(replace(each, name=f"j{i}") for i, each in enumerate(joints)))

    longest = snake(MOST_JOINTS)
    joint_angles = rng.uniform(-1, 1, (20, longest.dof))
    arm = BulletArm(longest)
    assert_same_places(arm.positions(joint_angles), ChainArm(longest).positions(joint_angles))
    arm.close()
    for opened in (BulletArm, lambda robot: BulletPool(robot, workers=1)):
        with pytest.raises(RobotError, match="has 127 moving joints, and PyBullet holds at most 126: use --forward"):
            opened(snake(MOST_JOINTS + 1))
