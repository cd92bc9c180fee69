"""The picture of an environment shows arm and target where they are."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import robots
from emssl_bench.envs import ReachEnv
from emssl_bench.envs.rendering import SIZE_PX, Scene
from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace
from robots.rotation import matrix_from_rpy
from tests.examples import SLIDER

MISSING_MESH = '<link name="c"><visual><geometry><mesh filename="package://gone/c.stl"/></geometry></visual></link>'


def drawn_tip_m(scene, spec, joint_angles):
    """Where the picture's end effector is: its last moving link's frame, by PyBullet, and the tip on it."""
    scene.image(joint_angles, np.zeros(3))
    state = scene._bullet.getLinkState(
        scene._arm, scene._joints[-1], computeForwardKinematics=1, physicsClientId=scene._client
    )
    rotation = np.reshape(scene._bullet.getMatrixFromQuaternion(state[5]), (3, 3))
    return np.array(state[4]) + rotation @ np.array(spec.tip_xyz_m)


def test_the_arm_in_the_picture_is_where_the_arm_is(opened, robot, rng):
    chain = ChainArm(robot)
    for spec, model in ((robot, chain), (longer := robot.lengthened(0.02), ChainArm(longer))):
        scene = opened(Scene.of, spec, spec)
        angles = JointSpace.of(spec, 180).sample(1, rng)
        np.testing.assert_allclose(drawn_tip_m(scene, spec, angles[0]), model.positions(angles)[0], atol=1e-5)


def test_a_named_arm_shows_its_own_visuals_and_a_changed_one_is_drawn(opened, robot):
    def shown_joints(asked, spec):
        scene = opened(Scene.of, asked, spec)
        infos = (scene._bullet.getJointInfo(scene._arm, j, physicsClientId=scene._client) for j in scene._joints)
        return tuple(info[1].decode() for info in infos)

    changed = robot.lengthened(0.01)
    assert shown_joints(robot.name, robot) == shown_joints(robot, robot) == robot.joint_names
    assert shown_joints(changed, changed) == tuple(f"joint{index}" for index in range(robot.dof))


def test_a_prismatic_arm_is_drawn_where_it_is(opened, tmp_path):
    path = tmp_path / "slider.urdf"
    path.write_text(SLIDER)
    spec = robots.load(path)
    scene = opened(Scene.of, path, spec)
    shapes = scene._bullet.getVisualShapeData(scene._arm, physicsClientId=scene._client)
    rail = next(shape for shape in shapes if shape[1] == scene._joints[1])
    assert rail[5] == pytest.approx((0, 0, -0.2), abs=1e-6)  # from the mount, where the joint is at 0.4, to its end
    tip = matrix_from_rpy((0, 0, 0.3)) @ [0.2, 0, 0.35]
    np.testing.assert_allclose(drawn_tip_m(scene, spec, np.array([0.3, 0.25])), tip, atol=1e-6)


def green_pixels(image):
    red, green, blue = (image[..., channel].astype(int) for channel in range(3))
    return np.argwhere((green > red + 40) & (green > blue + 40))


def test_the_target_is_seen_where_it_is(opened):
    env = opened(ReachEnv, "planar3", render_mode="rgb_array")  # seen from above: x to the right, y up

    def seen(x, y):
        env.reset(options={"target": [x, y, 0.0]})
        image = env.render()
        assert image.shape == (SIZE_PX, SIZE_PX, 3)
        assert image.dtype == np.uint8
        found = green_pixels(image)
        assert len(found) > 20
        row, column = found.mean(axis=0)
        return column - SIZE_PX / 2, SIZE_PX / 2 - row

    reach_m = env._task.robot.reach_bound_m
    right, up = seen(0.5 * reach_m, 0.5 * reach_m)
    assert right == pytest.approx(up, abs=2)
    assert 0.2 * SIZE_PX < right < 0.25 * SIZE_PX  # half the reach is a little less than a quarter of the picture
    assert seen(-0.5 * reach_m, 0.5 * reach_m) == pytest.approx((-right, up), abs=2)


@pytest.mark.parametrize("turned_deg", [0, 90, 200])
def test_the_axes_of_a_frame_are_seen_where_they_are(opened, planar3, turned_deg):
    scene = opened(Scene, planar3, None)  # seen from above: x to the right, y up
    at_m = np.array([-0.5, 0.4, 0.0]) * planar3.reach_bound_m
    quaternion = Rotation.from_euler("z", turned_deg, degrees=True).as_quat()
    without = scene.image(np.zeros(3), np.array([0, 0, -1.0])).astype(int)
    image = scene.image(np.zeros(3), np.array([0, 0, -1.0]), np.array([[*at_m, *quaternion]])).astype(int)
    px_a_reach = SIZE_PX / 2 * np.cos(np.radians(35 / 2)) / 1.12
    for channel, axis_deg in ((0, 0), (1, 90)):  # x is red, y green
        is_strong = image[..., channel] > np.delete(image, channel, axis=2).max(axis=2) + 90
        rows, columns = np.nonzero(is_strong & (image != without).any(axis=2))
        middle = np.array([columns.mean() - SIZE_PX / 2, SIZE_PX / 2 - rows.mean()])
        along = Rotation.from_euler("z", turned_deg + axis_deg, degrees=True).apply([0.06, 0, 0])[:2]
        np.testing.assert_allclose(middle / px_a_reach - [-0.5, 0.4], along, atol=0.03)  # the blue axis covers some


def test_axes_of_a_picture_are_gone_from_the_next(opened, planar3, rng):
    scene = opened(Scene, planar3, None)
    target, frames = np.array([0.1, 0.1, 0.0]), ChainArm(planar3).frames(rng.uniform(-1, 1, (3, 3)))
    shown = [scene.image(np.zeros(3), target, frames[:count]) for count in (0, 1, 3, 1)]
    np.testing.assert_array_equal(shown[3], shown[1])
    np.testing.assert_array_equal(scene.image(np.zeros(3), target), shown[0])
    assert len({image.tobytes() for image in shown}) == 3


def test_poses_show_the_axes_of_the_target_and_of_the_end_effector(opened, planar3):
    env = opened(ReachEnv, "planar3", 120, render_mode="rgb_array", task="pose")
    frames = ChainArm(planar3).frames(np.array([[1.0, 0.5, 0.5], [0, 0, 0]]))
    _, info = env.reset(options={"target": frames[0]})
    np.testing.assert_allclose(info["frame"], frames[1], atol=1e-9)
    expected = opened(Scene, planar3, robots.urdf_path("planar3")).image(np.zeros(3), frames[0, :3], frames)
    np.testing.assert_array_equal(env.render(), expected)


def test_the_picture_follows_the_arm(opened, robot):
    env = opened(ReachEnv, robot, render_mode="rgb_array", horizon=2)
    env.reset(seed=0)
    before, again = env.render(), env.render()
    env.step(np.full(robot.dof, 0.4))
    after = env.render()
    np.testing.assert_array_equal(before, again)
    assert (np.abs(after.astype(int) - before) > 30).any(axis=-1).mean() > 0.005


def test_an_arm_never_leaves_the_picture(opened, robot):
    scene = opened(Scene.of, robot, robot)
    rng = np.random.default_rng(0)
    for angles in [np.zeros(robot.dof), *JointSpace.of(robot, 180).sample(4, rng)]:
        colours = scene.image(angles, np.zeros(3)).astype(int)
        border = np.concatenate([colours[0], colours[-1], colours[:, 0], colours[:, -1]])
        assert border.min() > 150  # sky and pale lines


def test_rendering_prints_nothing(tmp_path):
    path = tmp_path / "arm.urdf"
    path.write_text(SLIDER.replace('<link name="c"/>', MISSING_MESH))
    code = (
        "from emssl_bench.envs import ReachEnv\n"
        f"for robot in ('paper6', 'panda7', {str(path)!r}):\n"
        "    env = ReachEnv(robot, render_mode='rgb_array', task='pose'); env.reset(); env.render(); env.close()"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_an_arm_whose_meshes_are_elsewhere_is_drawn(opened, tmp_path):
    path = tmp_path / "arm.urdf"
    path.write_text(SLIDER.replace('<link name="c"/>', MISSING_MESH))
    env = opened(ReachEnv, path, render_mode="rgb_array")
    env.reset(seed=0)
    orange = env.render().astype(int)
    assert ((orange[..., 0] > orange[..., 2] + 80).sum()) > 100
