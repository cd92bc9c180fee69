"""Arms and legs as their makers and other packages describe them: every forward model has their frames alike."""

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest

import robots
from emssl_bench.cli.agreement import pinocchio_frames
from emssl_bench.forward.bullet import BulletArm
from emssl_bench.forward.chain import ChainArm
from emssl_bench.forward.pool import BulletPool
from tests.examples import assert_same_frames

TIPS = {
    "pybullet_data": {
        "TwoJointRobot_w_fixedJoints.urdf": "link_23_cyl",
        "TwoJointRobot_wo_fixedJoints.urdf": "link_23_cyl",
        "a1/a1.urdf": "FL_toe",
        "aliengo/aliengo.urdf": "RR_toe",
        "cartpole.urdf": "pole",
        "franka_panda/panda.urdf": "panda_grasptarget",
        "kuka_iiwa/model.urdf": "lbr_iiwa_link_7",
        "kuka_iiwa/model_for_sdf.urdf": "lbr_iiwa_link_7",
        "kuka_iiwa/model_free_base.urdf": "lbr_iiwa_link_7",
        "kuka_iiwa/model_vr_limits.urdf": "lbr_iiwa_link_7",
        "laikago/laikago.urdf": "RR_lower_leg",
        "laikago/laikago_toes.urdf": "toeRR",
        "laikago/laikago_toes_limits.urdf": "toeFL",
        "laikago/laikago_toes_zup.urdf": "toeRL",
        "laikago/laikago_toes_zup_lores.urdf": "toeFR",
        "mini_cheetah/mini_cheetah.urdf": "toe_hr",
        "pendulum5.urdf": "link4",
        "quadruped/minitaur.urdf": "lower_leg_front_rightR_link",
        "quadruped/minitaur_derpy.urdf": "lower_leg_front_rightR_link",
        "quadruped/minitaur_fixed_knees.urdf": "lower_leg_front_rightR_link",
        "quadruped/minitaur_rainbow_dash.urdf": "lower_leg_front_rightR_link",
        "quadruped/minitaur_rainbow_dash_v1.urdf": "lower_leg_front_rightR_link",
        "quadruped/minitaur_v1.urdf": "lower_leg_front_rightR_link",
        "quadruped/quadruped.urdf": "lower_leg_front_rightR_link",
        "quadruped/spirit40.urdf": "toe3",
        "quadruped/spirit40newer.urdf": "FL_toe",
        "quadruped/vision60.urdf": "toe3",
        "r2d2.urdf": "right_tip",
        "xarm/xarm6_robot.urdf": "link6",
        "xarm/xarm6_robot_white.urdf": "link6",
        "xarm/xarm6_with_gripper.urdf": "right_finger",
    },
    "rtbdata": {
        "xacro/abb_irb140_description/urdf/irb140.urdf": "tool0",
        "xacro/kuka_description/kuka_kr120/urdf/kr120r2500pro.urdf": "tool0",
        "xacro/kuka_description/kuka_kr16/urdf/kr16_2.urdf": "tool0",
        "xacro/kuka_description/kuka_kr210/urdf/kr210l150.urdf": "tool0",
        "xacro/kuka_description/kuka_lbr_iiwa/urdf/lbr_iiwa_14_r820.urdf": "tool0",
        "xacro/lynxmotion_al5d_description/urdf/al5d_robot.urdf": "link4",
        "xacro/unimation_puma560_description/urdf/puma560_robot.urdf": "link7",
    },
}
FILES = [(package, file, tip) for package, files in TIPS.items() for file, tip in files.items()]


@pytest.mark.parametrize(("package", "file", "tip"), FILES, ids=[file for _, file, _ in FILES])
def test_every_forward_model_has_its_frames_alike(package, file, tip, rng):
    found = importlib.util.find_spec(package)
    if found is None:
        pytest.skip(f"needs {package}")
    assert found.origin
    path = Path(found.origin).parent / file
    robot = robots.load(path, tip)
    joint_angles = rng.uniform(-math.pi, math.pi, (50, robot.dof))
    expected = ChainArm(robot).frames(joint_angles)
    arm, pool = BulletArm(robot), BulletPool(robot, workers=1)
    try:
        assert_same_frames(arm.frames(joint_angles), expected)
        np.testing.assert_array_equal(pool.frames(joint_angles), arm.frames(joint_angles))
    finally:
        pool.close()
        arm.close()
    pinocchio = pytest.importorskip("pinocchio")
    assert_same_frames(pinocchio_frames(pinocchio, robot, path, tip, joint_angles), expected)
