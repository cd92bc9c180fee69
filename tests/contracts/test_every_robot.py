"""Laws that hold for every arm, at every extension of the paper's Table IV."""

import math

import numpy as np
import pinocchio
import pytest
import torch
from torch.func import functional_call

import robots
from emssl_bench.forward.bullet import BulletArm
from emssl_bench.forward.chain import ChainArm
from emssl_bench.forward.pool import BulletPool
from robots import urdf
from tests.conftest import EXTENSIONS_M
from tests.examples import assert_same_frames


def joint_angles(robot, rng, count):
    return rng.uniform(-math.pi, math.pi, (count, robot.dof))


@pytest.mark.parametrize("extension_m", EXTENSIONS_M)
def test_pybullet_and_the_chain_agree(robot, extension_m, bullet_arm, rng):
    spec = robot.lengthened(extension_m)
    angles = joint_angles(spec, rng, 200)
    np.testing.assert_allclose(bullet_arm(spec).positions(angles), ChainArm(spec).positions(angles), atol=1e-12, rtol=0)


def test_frames_agree_in_orientation_too(robot, bullet_arm, opened, rng):
    angles = joint_angles(robot, rng, 100)
    chain, arm = ChainArm(robot), bullet_arm(robot)
    found = arm.frames(angles)
    np.testing.assert_array_equal(found[:, :3], arm.positions(angles))
    np.testing.assert_array_equal(opened(BulletPool, robot, 2, block_rows=30).frames(angles), found)
    np.testing.assert_array_equal(chain.frames(angles)[:, :3], chain.positions(angles))
    assert_same_frames(chain.frames(angles), found)
    model = pinocchio.buildModelFromXML(urdf.kinematics_only(robot))
    data, tip = model.createData(), model.getFrameId(urdf.TIP_LINK)
    for row, frame in zip(angles, found, strict=True):
        pinocchio.framesForwardKinematics(model, data, row)
        assert_same_frames(frame[None], pinocchio.SE3ToXYZQUAT(data.oMf[tip])[None])


@pytest.mark.parametrize("extension_m", EXTENSIONS_M)
def test_pinocchio_agrees(robot, extension_m, rng):
    spec = robot.lengthened(extension_m)
    model = pinocchio.buildModelFromXML(urdf.kinematics_only(spec))
    data, tip = model.createData(), model.getFrameId(urdf.TIP_LINK)
    angles = joint_angles(spec, rng, 50)
    expected = []
    for row in angles:
        pinocchio.framesForwardKinematics(model, data, row)
        expected.append(data.oMf[tip].translation.copy())
    np.testing.assert_allclose(ChainArm(spec).positions(angles), expected, atol=1e-12, rtol=0)


def test_reading_the_file_gives_what_pinocchio_reads_from_it(robot, rng):
    # Independent of our folding of fixed joints: pinocchio is given the arm's original file.
    path = robots.urdf_path(robot.name)
    model = pinocchio.buildModelFromUrdf(str(path))
    tip = {"iiwa7": "lbr_iiwa_link_7", "panda7": "panda_hand", "xarm6": "link6", "paper6": "tool", "ur5": "tool0"}
    frame = model.getFrameId(tip.get(robot.name, "tip"))
    data = model.createData()
    angles = joint_angles(robot, rng, 50)
    for row, found in zip(angles, ChainArm(robot).frames(angles), strict=True):
        configuration = np.zeros(model.nq)
        for name, angle in zip(robot.joint_names, row, strict=True):
            configuration[model.joints[model.getJointId(name)].idx_q] = angle
        pinocchio.framesForwardKinematics(model, data, configuration)
        assert_same_frames(found[None], pinocchio.SE3ToXYZQUAT(data.oMf[frame])[None])


def test_one_centimetre_really_moves_the_end_effector(robot, bullet_arm, rng):
    angles = joint_angles(robot, rng, 100)
    moved = bullet_arm(robot.lengthened(0.01)).positions(angles) - bullet_arm(robot).positions(angles)
    moving_links = sum(math.hypot(*link) > 0 for link in robot.links_m)
    distance = np.linalg.norm(moved, axis=1)
    assert distance.mean() > 0.005
    assert distance.max() <= 0.01 * moving_links + 1e-12


def test_lengthening_by_nothing_is_the_identity(robot):
    assert robot.lengthened(0) == robot


def test_lengthening_extends_every_link_along_its_own_direction(robot):
    for before, after in zip(robot.links_m, robot.lengthened(0.03).links_m, strict=True):
        length = math.hypot(*before)
        if length == 0:
            assert after == before
        else:
            np.testing.assert_allclose(after, np.array(before) * (length + 0.03) / length, atol=1e-15)


def test_lengthening_and_shortening_again_is_the_identity(robot):
    there_and_back = robot.lengthened(0.02).lengthened(-0.02)
    np.testing.assert_allclose(there_and_back.links_m, robot.links_m, atol=1e-15)


def test_no_position_is_beyond_the_bound_of_the_reach(robot, rng):
    positions = ChainArm(robot).positions(joint_angles(robot, rng, 2000))
    distance = np.linalg.norm(positions - robot.joints[0].origin_xyz_m, axis=1)
    assert distance.max() <= robot.reach_bound_m + 1e-12
    assert distance.max() > 0.7 * robot.reach_bound_m


def test_gradients_of_the_chain_are_those_of_finite_differences(robot, rng):
    arm = ChainArm(robot)
    angles = torch.tensor(joint_angles(robot, rng, 2), requires_grad=True)

    def positions(angles, offsets, rotations):
        return functional_call(arm, {"link_offsets": offsets, "link_rotations": rotations}, (angles,))

    parameters = [p.detach().clone().requires_grad_() for p in (arm.link_offsets, arm.link_rotations)]
    assert torch.autograd.gradcheck(positions, (angles, *parameters))


def test_the_written_urdf_reads_back_as_the_same_kinematics(robot, tmp_path, rng):
    path = tmp_path / "arm.urdf"
    path.write_text(urdf.kinematics_only(robot))
    again = robots.load(path)
    angles = joint_angles(robot, rng, 50)
    np.testing.assert_allclose(ChainArm(again).positions(angles), ChainArm(robot).positions(angles), atol=1e-12, rtol=0)


def test_a_changed_arm_is_never_mistaken_for_the_old_one(robot, bullet_arm, rng):
    # PyBullet caches URDF files by path.
    angles = joint_angles(robot, rng, 5)
    nominal = bullet_arm(robot).positions(angles)
    for extension_m in EXTENSIONS_M[1:]:
        assert np.abs(bullet_arm(robot.lengthened(extension_m)).positions(angles) - nominal).max() > extension_m / 2
    np.testing.assert_array_equal(bullet_arm(robot).positions(angles), nominal)


def test_positions_in_single_precision_are_within_a_hundredth_of_a_millimetre(robot, rng):
    angles = joint_angles(robot, rng, 100)
    single = ChainArm(robot, dtype=torch.float32).positions(angles)
    np.testing.assert_allclose(single, ChainArm(robot).positions(angles), atol=1e-5, rtol=0)


def test_the_order_of_rows_does_not_matter(robot, bullet_arm, rng):
    # A reset that left something behind from the row before would show here.
    arm = bullet_arm(robot)
    assert isinstance(arm, BulletArm)
    angles = joint_angles(robot, rng, 300)
    order = rng.permutation(300)
    np.testing.assert_array_equal(arm.positions(angles[order]), arm.positions(angles)[order])
