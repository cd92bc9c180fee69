"""The forward kinematics that PyBullet's reading is compared with, and how far apart the two may be."""

from dataclasses import replace

import numpy as np
import pytest

import robots
from emssl_bench.exceptions import RobotError
from emssl_bench.forward import reading
from emssl_bench.forward.chain import ChainArm
from tests.examples import SLIDER


@pytest.fixture
def slider(tmp_path):
    path = tmp_path / "slider.urdf"
    path.write_text(SLIDER)
    return robots.load(path)


def test_it_is_the_chains_kinematics(robot, rng):
    angles = rng.uniform(-3, 3, (50, robot.dof))
    np.testing.assert_allclose(reading.positions(robot, angles), ChainArm(robot).positions(angles), atol=1e-12)


def test_it_is_the_chains_kinematics_where_a_joint_slides_too(slider, rng):
    angles = rng.uniform(-3, 3, (50, 2))
    np.testing.assert_allclose(reading.positions(slider, angles), ChainArm(slider).positions(angles), atol=1e-12)


def off(robot, which, **changes):
    """The arm with one joint otherwise."""
    joints = list(robot.joints)
    joints[which] = replace(joints[which], **changes)
    return replace(robot, joints=tuple(joints))


@pytest.mark.parametrize("which", [0, 2, 5])
def test_another_placement_or_axis_of_any_joint_is_noticed(paper6, which):
    x, y, z = paper6.joints[which].origin_xyz_m
    a, b, c = paper6.joints[which].origin_rpy_rad
    for other in (
        off(paper6, which, origin_xyz_m=(x, y, z + 1e-3)),
        off(paper6, which, origin_rpy_rad=(a + 0.02, b + 0.02, c)),
        off(paper6, which, axis=tuple(-each for each in paper6.joints[which].axis)),
    ):
        if np.allclose(reading.positions(other, ANGLES), reading.positions(paper6, ANGLES)):
            continue  # a wrist's last joint, whose turning moves nothing
        with pytest.raises(RobotError, match="PyBullet has read an arm wrongly: at joint angles"):
            reading.require_as_given(paper6, ChainArm(other).positions, "an arm")


ANGLES = np.random.default_rng(0).uniform(-3, 3, (20, 6))


def test_single_precision_is_no_misreading(robot):
    reading.require_as_given(robot, lambda angles: ChainArm(robot).positions(angles).astype(np.float32), "an arm")


def test_what_is_no_number_is_a_misreading(paper6):
    with pytest.raises(RobotError, match="wrongly"):
        reading.require_as_given(paper6, lambda angles: np.full((len(angles), 3), np.nan), "an arm")
    one_row = np.array([[1.0, 1.0, np.inf]])
    with pytest.raises(RobotError, match="wrongly"):
        reading.require_as_given(
            paper6, lambda angles: np.concatenate([ChainArm(paper6).positions(angles)[:-1], one_row]), "an arm"
        )
