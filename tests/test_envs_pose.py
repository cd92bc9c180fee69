"""Environments whose targets are poses, and what of theirs goes by the task."""

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env, data_equivalence
from scipy.spatial.transform import Rotation

from emssl_bench import tasks
from emssl_bench.envs import ENV_ID, ReachEnv, ReachVectorEnv
from emssl_bench.exceptions import InvalidValue, ShapeError
from emssl_bench.forward.bullet import BulletArm
from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace

QUATERNION = "pose:orientation=quaternion"


@pytest.mark.parametrize(("robot_name", "task"), [("paper6", "pose"), ("panda7", QUATERNION), ("planar3", "pose")])
@pytest.mark.parametrize("horizon", [1, 5])
def test_it_passes_gymnasiums_checker_without_a_warning(opened, robot_name, task, horizon):
    env = opened(gymnasium.make, ENV_ID, robot=robot_name, horizon=horizon, task=task)
    check_env(env.unwrapped)  # pytest makes errors of warnings


@pytest.mark.parametrize("task", ["pose", QUATERNION, "pose:metres_a_radian=0.2"])
def test_it_is_made_alike_in_every_way(opened, task):
    made = opened(gymnasium.make, ENV_ID, robot="paper6", task=task), opened(ReachEnv, "paper6", task=task)
    assert made[0].observation_space == made[1].observation_space
    (first, _), (second, _) = (env.reset(seed=1) for env in made)
    np.testing.assert_array_equal(first, second)
    action = np.full(6, 0.1, np.float32)
    assert data_equivalence(made[0].step(action), made[1].step(action), exact=True)
    many = opened(gymnasium.make_vec, ENV_ID, num_envs=1, robot="paper6", task=task, workers=1)
    assert many.single_observation_space == made[0].observation_space
    np.testing.assert_array_equal(many.reset(seed=1)[0][0], first)


@pytest.mark.parametrize(("task", "size"), [("pose", 9), (QUATERNION, 7)])
def test_an_observation_is_target_joint_angles_and_end_effector_with_their_orientations(opened, task, size):
    env = opened(ReachEnv, "paper6", task=task)
    target = BulletArm.frames(env._arm, np.full((1, 6), 0.3))[0]
    observation, info = env.reset(options={"target": target})
    shown = tasks.task(task).features(np.array([target, info["frame"]]))
    assert shown.shape == (2, size)
    expected = np.concatenate([shown[0], info["joint_angles"], shown[1]])
    np.testing.assert_allclose(observation, expected, atol=1e-7)
    np.testing.assert_array_equal(info["frame"][:3], info["position"])


@pytest.mark.parametrize("task", ["pose", QUATERNION])
def test_the_sign_of_a_quaternion_does_not_matter(opened, task):
    env = opened(ReachEnv, "paper6", task=task)
    target = BulletArm.frames(env._arm, np.full((1, 6), 0.3))[0]
    found = []
    for sign in (1, -1):
        observation, _ = env.reset(options={"target": target * [1, 1, 1, *4 * [sign]]})
        found.append((observation, *env.step(np.full(6, 0.2))))
    assert data_equivalence(*found, exact=True)


@pytest.mark.parametrize(("task", "metres_a_radian"), [("pose", 0.3), ("pose:metres_a_radian=2", 2.0)])
def test_the_reward_is_minus_the_cost_by_an_independent_model(opened, robot, task, metres_a_radian):
    env, chain = opened(ReachEnv, robot, horizon=20, task=task), ChainArm(robot)
    observation, _ = env.reset(seed=1)
    columns = observation[3:9].reshape(2, 3).astype(float)
    wanted = Rotation.from_matrix(np.column_stack([*columns, np.cross(*columns)]))
    env.action_space.seed(1)
    for _ in range(20):
        _, reward, _, _, info = env.step(env.action_space.sample())
        frame = chain.frames(info["joint_angles"][None])[0]
        distance_m = np.linalg.norm(frame[:3] - observation[:3])
        angle_rad = (Rotation.from_quat(frame[3:]).inv() * wanted).magnitude()
        assert info["distance_m"] == pytest.approx(distance_m, abs=1e-6)
        assert info["angle_deg"] == pytest.approx(np.degrees(angle_rad), abs=1e-3)
        assert reward == pytest.approx(-info["distance_m"] - metres_a_radian * np.radians(info["angle_deg"]), abs=1e-12)


def test_the_target_is_what_random_joint_angles_reach_and_they_succeed(opened, robot):
    env = opened(ReachEnv, robot, task="pose")
    env.reset(seed=5)
    space = JointSpace.of(robot, 180)
    joint_angles = space.sample(1, np.random.default_rng(5))[0]
    lower, upper = np.array(space.lower), np.array(space.upper)
    _, reward, terminated, _, info = env.step((joint_angles - lower) / (upper - lower) * 2 - 1)
    assert terminated
    assert -1e-10 < reward <= 0
    assert info["success_1mm"] is info["success_5mm"] is info["success_1cm"] is True


def test_success_needs_the_place_and_the_turn(opened):
    """An angle of planar3's last joint turns its end effector by as much, and moves it on a small circle."""
    env = opened(ReachEnv, "planar3", 120, horizon=9, task="pose")
    target = env._arm.frames(np.zeros((1, 3)))[0]
    env.reset(options={"target": target})
    radius_m = np.linalg.norm(target[:3] - env._arm.frames(np.array([[0, 0, np.pi]]))[0, :3]) / 2
    for turned_deg in (0.1, 1.5, 4.0, 8.0):
        *_, info = env.step(np.array([0, 0, turned_deg / 120]))
        assert info["angle_deg"] == pytest.approx(turned_deg)
        assert info["distance_m"] == pytest.approx(2 * radius_m * np.sin(np.radians(turned_deg) / 2))
        for name, cm, degrees in (("1mm", 0.1, 0.57), ("5mm", 0.5, 2), ("1cm", 1, 5)):
            assert info[f"success_{name}"] == (info["distance_m"] * 100 <= cm and turned_deg <= degrees)


def test_every_observation_is_in_its_space_even_at_full_stretch(opened, robot, rng):
    for task in ("pose", QUATERNION):
        env = opened(ReachEnv, robot, 360, horizon=50, task=task)
        env.reset(seed=0)
        assert env.observation_space.is_bounded()
        corners = rng.choice([-1.0, 0.0, 1.0], (50, robot.dof))
        corners[0] = 0
        assert all(env.observation_space.contains(env.step(action)[0]) for action in corners)


def test_the_chain_gives_pybullets_numbers(opened, robot):
    arguments = {"robot": robot, "task": "pose", "autoreset_mode": "SameStep"}
    bullet = opened(ReachVectorEnv, 8, workers=1, **arguments)
    chain = opened(ReachVectorEnv, 8, forward="chain", **arguments)
    np.testing.assert_allclose(chain.reset(seed=0)[0], bullet.reset(seed=0)[0], atol=1e-6)
    bullet.action_space.seed(0)
    for _ in range(4):
        actions = bullet.action_space.sample()
        found, expected = chain.step(actions), bullet.step(actions)
        np.testing.assert_allclose(found[0], expected[0], atol=1e-6)
        np.testing.assert_allclose(found[1], expected[1], atol=1e-9)
        for name in ("distance_m", "angle_deg"):
            np.testing.assert_allclose(found[4]["final_info"][name], expected[4]["final_info"][name], atol=1e-6)


@pytest.mark.parametrize(
    ("target", "error", "says"),
    [
        ([0.2, 0.1, 0], ShapeError, r"must have shape \(n, 7\)"),
        ([0.2, 0.1, 0, 0, 0, np.inf, 1], ShapeError, "finite"),
        ([0.2, 0.1, 0, 0, 0, 0, 2], ShapeError, "row 0 of the poses has a quaternion of length 2 and not 1"),
        ([0.2, 0.1, 0, 0, 0, 0, 0], ShapeError, "row 0 of the poses has a quaternion of length 0"),
        ([0, 0, 9, 0, 0, 0, 1], InvalidValue, r"target 0 is 9\.000 m from the first joint, and 'planar3' reaches"),
        ([0.2, 0.1, 0, 0.6, 0, 0, 0.8], InvalidValue, r"'planar3' comes no nearer to it than \S+ m and 7\d\.\d\d°, as"),
    ],
)
def test_a_bad_target_is_named(opened, target, error, says):
    env = opened(ReachEnv, "planar3", 120, task="pose")
    with pytest.raises(error, match=says) as caught:
        env.reset(options={"target": target})
    assert "\n" not in str(caught.value)


def test_targets_that_the_arm_reaches_are_taken_and_nearly_unit_quaternions_made_unit(opened, robot, rng):
    arms = opened(ReachVectorEnv, 30, robot, 180, forward="chain", task="pose")
    frames = ChainArm(robot).frames(JointSpace.of(robot, 180).sample(30, rng))
    observations, infos = arms.reset(options={"target": frames * [1, 1, 1, *4 * [1.0005]]})
    np.testing.assert_allclose(observations[:, :9], tasks.task("pose").features(frames), atol=1e-6)
    assert infos["frame"].shape == (30, 7)


def test_another_task_is_reached_for_by_its_own_features_and_cost(opened, monkeypatch):
    monkeypatch.setitem(tasks.TASKS, "above", "tests.toy_task:ABOVE")
    env = opened(ReachEnv, "paper6", 90, task="above", render_mode="rgb_array")
    observation, _ = env.reset(options={"target": [0.2, 0.1]})
    assert env.observation_space.contains(observation)
    np.testing.assert_allclose(observation[:3], tasks.task("above").features(np.array([[0.2, 0.1]]))[0], rtol=1e-6)
    _, reward, _, _, info = env.step(np.zeros(6))
    reached = env._arm.positions(info["joint_angles"][None])[0]
    assert reward == -info["distance_m"] == pytest.approx(-np.hypot(0.2 - reached[0], 0.1 - reached[1]))
    assert env.render().ndim == 3


def test_positions_are_what_they_were_bit_for_bit(opened, robot):
    """Spaces, random numbers, observations, rewards and infos, written out as before there were other tasks."""
    arm, space, rng = opened(BulletArm, robot), JointSpace.of(robot, 90), np.random.default_rng(11)
    lower, upper = np.array(space.lower), np.array(space.upper)
    env = opened(ReachEnv, robot, 90, horizon=4)
    centre, bound_m = np.array(robot.joints[0].origin_xyz_m), robot.reach_bound_m * (1 + 1e-6)
    for found, joints, sign in ((env.observation_space.low, lower, -1), (env.observation_space.high, upper, 1)):
        box = centre + sign * bound_m
        np.testing.assert_array_equal(found, np.concatenate([box, joints, box]).astype(np.float32))
    env.action_space.seed(0)
    for seed in (11, None, None):
        env.reset(seed=seed)
        target = arm.positions(space.sample(1, rng))
        for _ in range(4):
            action = env.action_space.sample()
            observation, reward, _, _, info = env.step(action)
            middle = np.where(upper > lower, (action.astype(float) + 1) / 2 * (upper - lower) + lower, lower)
            joint_angles = np.clip(middle, lower, upper)[None]
            position = arm.positions(joint_angles)
            expected = np.concatenate([target, joint_angles, position], axis=1)[0].astype(np.float32)
            np.testing.assert_array_equal(observation, expected)
            x, y, z = (target - position)[0]
            assert reward == -np.sqrt(x * x + y * y + z * z)
            assert info.keys() == {"distance_m", "joint_angles", "position"}
            assert info["distance_m"] == -reward
            np.testing.assert_array_equal(info["position"], position[0])
    assert env.np_random.random() == rng.random()
