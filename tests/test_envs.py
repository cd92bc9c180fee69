"""The environments keep Gymnasium's contract, and many arms give the numbers of each one."""

import subprocess
import sys

import gymnasium
import numpy as np
import psutil
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env, data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers.vector import RecordEpisodeStatistics

import robots
from emssl_bench.data import JointSpace
from emssl_bench.envs import ENV_ID, ReachEnv, ReachVectorEnv
from emssl_bench.envs.rendering import SIZE_PX, Scene
from emssl_bench.errors import EmsslBenchError, InvalidValue, RobotError, ShapeError, UnknownName
from emssl_bench.forward.chain import ChainArm
from robots.rotation import matrix_from_rpy


@pytest.fixture
def opened():
    """Makes environments and scenes, and closes them after the test."""
    made = []

    def open_one(kind, *arguments, **named):
        made.append(kind(*arguments, **named))
        return made[-1]

    yield open_one
    for each in made:
        each.close()


@pytest.fixture
def planar_env(opened):
    return opened(ReachEnv, "planar3", 120)


# One arm


@pytest.mark.parametrize(("robot_name", "horizon"), [("paper6", 1), ("planar3", 5), ("panda7", 1)])
def test_it_passes_gymnasiums_checker_without_a_warning(opened, robot_name, horizon):
    env = opened(gymnasium.make, ENV_ID, robot=robot_name, horizon=horizon)
    check_env(env.unwrapped)  # pytest makes errors of warnings


def test_it_is_made_by_its_id_from_the_module_alone():
    code = (
        "import gymnasium, sys; env = gymnasium.make('emssl_bench.envs:emssl_bench/Reach-v0', robot='planar3');"
        "env.reset(); env.step(env.action_space.sample()); env.close(); print('torch' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).split() == ["False"]


def test_the_target_is_where_random_joint_angles_lead_and_they_reach_it(opened, robot):
    env = opened(ReachEnv, robot)
    observation, _ = env.reset(seed=5)
    space = JointSpace.of(robot, 180)
    joint_angles = space.sample(1, np.random.default_rng(5))[0]
    lower, upper = np.array(space.lower), np.array(space.upper)
    observation, reward, _, _, info = env.step((joint_angles - lower) / (upper - lower) * 2 - 1)
    np.testing.assert_allclose(info["joint_angles"], joint_angles, atol=1e-12)
    assert -1e-12 < reward <= 0
    np.testing.assert_allclose(observation[:3], observation[-3:], atol=1e-6)


def test_the_reward_is_minus_the_distance_in_metres_by_an_independent_model(opened, robot):
    env, chain = opened(ReachEnv, robot, horizon=20), ChainArm(robot)
    observation, _ = env.reset(seed=1)
    env.action_space.seed(1)
    for _ in range(20):
        observation, reward, _, _, info = env.step(env.action_space.sample())
        position = chain.positions(info["joint_angles"][None])[0]
        np.testing.assert_allclose(info["position"], position, atol=1e-9)
        assert reward == -info["distance_m"]
        assert info["distance_m"] == pytest.approx(np.linalg.norm(position - observation[:3]), abs=1e-6)


def test_an_observation_is_target_joint_angles_and_end_effector(planar_env):
    target = [0.2, 0.1, 0.0]
    observation, info = planar_env.reset(options={"target": target})
    np.testing.assert_array_equal(
        observation, np.concatenate([target, info["joint_angles"], info["position"]]).astype(np.float32)
    )
    assert observation.dtype == np.float32


def test_every_observation_is_in_its_space_even_at_full_stretch(opened, robot, rng):
    env = opened(ReachEnv, robot, 360, horizon=100)
    observation, _ = env.reset(seed=0)
    assert env.observation_space.is_bounded()
    corners = rng.choice([-1.0, 0.0, 1.0], (100, robot.dof))
    corners[0] = 0  # planar3 is stretched here, to exactly its reach
    for action in corners:
        observation, *_ = env.step(action)
        assert env.observation_space.contains(observation)


def test_the_arm_starts_where_action_zero_leads(opened, robot):
    env = opened(ReachEnv, robot)
    _, at_start = env.reset(seed=0)
    *_, after_zero = env.step(np.zeros(robot.dof))
    assert data_equivalence(at_start, after_zero, exact=True)


def test_an_action_beyond_the_bounds_stops_at_them(planar_env):
    planar_env.reset(seed=0)
    *_, info = planar_env.step(np.array([5.0, -5.0, 0.5]))
    np.testing.assert_allclose(info["joint_angles"], np.radians([120, -120, 60]))


def test_one_step_terminates_and_more_are_truncated(opened):
    ends = {}
    for horizon in (1, 3):
        env = opened(ReachEnv, "planar3", horizon=horizon)
        env.reset(seed=0)
        ends[horizon] = [env.step(np.zeros(3))[2:4] for _ in range(horizon)]
        with pytest.raises(ResetNeeded, match="episode is over"):
            env.step(np.zeros(3))
    assert ends == {1: [(True, False)], 3: [(False, False), (False, False), (False, True)]}


def test_a_seed_decides_the_targets_and_they_differ_from_episode_to_episode(planar_env):
    def three_targets(seed):
        first, _ = planar_env.reset(seed=seed)
        return np.array([first[:3], *(planar_env.reset()[0][:3] for _ in range(2))])

    targets = three_targets(1)
    np.testing.assert_array_equal(targets, three_targets(1))
    assert len({tuple(target) for target in np.concatenate([targets, three_targets(2)])}) == 6


def test_nothing_can_be_done_before_the_first_reset(opened):
    env = opened(ReachEnv, "planar3", render_mode="rgb_array")
    with pytest.raises(ResetNeeded, match="none has begun"):
        env.step(np.zeros(3))
    with pytest.raises(ResetNeeded, match="nothing to show yet"):
        env.render()


def test_a_robot_may_be_a_name_a_file_or_an_arm(opened, planar3):
    starts = [opened(ReachEnv, robot).reset(seed=3)[0] for robot in ("planar3", robots.urdf_path("planar3"), planar3)]
    np.testing.assert_array_equal(starts, [starts[0]] * 3)


def test_one_branch_of_a_file_is_taken_by_its_tip(opened, tmp_path):
    path = tmp_path / "branches.urdf"
    camera = '<joint name="eye" type="fixed"><parent link="b"/><child link="eye"/></joint>'
    path.write_text(SLIDER.replace("</robot>", f'<link name="eye"/>{camera}</robot>'))
    spec = robots.load(path, "d")
    expected = opened(ReachEnv, spec).reset(seed=3)[0]
    single = opened(gymnasium.make, ENV_ID, robot=path, tip="d", render_mode="rgb_array")
    np.testing.assert_array_equal(single.reset(seed=3)[0], expected)
    assert single.render().shape == (SIZE_PX, SIZE_PX, 3)
    arms = opened(gymnasium.make_vec, ENV_ID, num_envs=2, robot=path, tip="d", forward="chain")
    assert arms.reset(seed=3)[0].shape == (2, len(expected))
    assert opened(ReachEnv, path, tip="c").action_space.shape == (2,)
    for make in (ReachEnv, ReachVectorEnv):
        with pytest.raises(RobotError, match=r"name the end with --tip\. One of: d, eye"):
            make(robot=path)
        with pytest.raises(InvalidValue, match="a RobotSpec has its end effector already"):
            make(robot=spec, tip="d")


@pytest.mark.parametrize("make", [gymnasium.make, gymnasium.make_vec])
@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"robot": "ur55"}, UnknownName, "did you mean 'ur5'"),
        ({"robot": "no/such.urdf"}, RobotError, "No such file"),
        ({"robot": 6}, InvalidValue, "a robot is a name, .* not 6"),
        ({"joint_range_deg": 0}, InvalidValue, "over 0 and at most 360 degrees, not 0"),
        ({"joint_range_deg": "wide"}, InvalidValue, "number of degrees, not 'wide'"),
        ({"horizon": 0}, InvalidValue, "at least 1, not 0"),
        ({"horizon": 1.5}, InvalidValue, r"at least 1, not 1\.5"),
    ],
)
def test_a_bad_argument_is_one_clear_line(make, arguments, error, says):
    with pytest.raises(error, match=says) as caught:
        make(ENV_ID, **arguments)
    assert "\n" not in str(caught.value)


def test_a_bad_render_mode_says_which_there_are():
    with pytest.raises(InvalidValue, match="unknown render mode 'human': rgb_array or None"):
        ReachEnv("planar3", render_mode="human")


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"target": [1, 2]}, ShapeError, r"targets must have shape \(n, 3\)"),
        ({"target": [np.nan, 0, 0]}, ShapeError, "finite"),
        ({"target": [0, 0, 9]}, InvalidValue, r"target 0 is 9\.000 m from the first joint, and 'planar3' reaches"),
        ({"tarqet": [0, 0, 0]}, UnknownName, "unknown reset option 'tarqet': did you mean 'target'"),
    ],
)
def test_a_bad_reset_option_is_named(planar_env, options, error, says):
    with pytest.raises(error, match=says):
        planar_env.reset(options=options)


@pytest.mark.parametrize("action", [np.zeros(4), [np.nan, 0, 0], 0.5, [], "left"])
def test_a_bad_action_is_named_and_the_episode_goes_on(planar_env, action):
    planar_env.reset(seed=0)
    with pytest.raises(ShapeError, match="actions must"):
        planar_env.step(action)
    planar_env.step(np.zeros(3))


# Pictures


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


SLIDER = """<robot name="slider"><link name="a"/><link name="b"/><link name="c"/><link name="d"/>
<joint name="turn" type="revolute"><parent link="a"/><child link="b"/><axis xyz="0 0 1"/>
<limit lower="-2" upper="2" effort="1" velocity="1"/><origin xyz="0 0 0.1"/></joint>
<joint name="slide" type="prismatic"><parent link="b"/><child link="c"/><axis xyz="0 0 1"/>
<limit lower="0" upper="0.4" effort="1" velocity="1"/></joint>
<joint name="end" type="fixed"><parent link="c"/><child link="d"/><origin xyz="0.2 0 0"/></joint></robot>"""


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

    reach_m = env._task.robot.reach_m
    right, up = seen(0.5 * reach_m, 0.5 * reach_m)
    assert right == pytest.approx(up, abs=2)
    assert 0.2 * SIZE_PX < right < 0.25 * SIZE_PX  # half the reach is a little less than a quarter of the picture
    assert seen(-0.5 * reach_m, 0.5 * reach_m) == pytest.approx((-right, up), abs=2)


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


def test_without_a_render_mode_there_is_a_warning_and_no_picture(planar_env):
    planar_env.reset()
    with pytest.warns(UserWarning, match="without a render mode"):
        assert planar_env.render() is None


def test_rendering_prints_nothing(tmp_path):
    path = tmp_path / "arm.urdf"
    path.write_text(SLIDER.replace('<link name="c"/>', MISSING_MESH))
    code = (
        "from emssl_bench.envs import ReachEnv\n"
        f"for robot in ('paper6', 'panda7', {str(path)!r}):\n"
        "    env = ReachEnv(robot, render_mode='rgb_array'); env.reset(); env.render(); env.close()"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


MISSING_MESH = '<link name="c"><visual><geometry><mesh filename="package://gone/c.stl"/></geometry></visual></link>'


def test_an_arm_whose_meshes_are_elsewhere_is_drawn(opened, tmp_path):
    path = tmp_path / "arm.urdf"
    path.write_text(SLIDER.replace('<link name="c"/>', MISSING_MESH))
    env = opened(ReachEnv, path, render_mode="rgb_array")
    env.reset(seed=0)
    orange = env.render().astype(int)
    assert ((orange[..., 0] > orange[..., 2] + 80).sum()) > 100


# Many arms


MODES = list(AutoresetMode)


def same_draws(first, second_envs, seed):
    """One random stream for the vector environment, and an equal one for single environments to share."""
    first.np_random = np.random.default_rng(seed)
    shared = np.random.default_rng(seed)
    for env in second_envs:
        env.unwrapped.np_random = shared


@pytest.mark.parametrize("horizon", [1, 3])
@pytest.mark.parametrize("mode", MODES)
def test_it_is_gymnasiums_own_vector_of_single_arms_bit_for_bit(opened, mode, horizon):
    many = opened(ReachVectorEnv, 4, "paper6", 90, horizon=horizon, autoreset_mode=mode, workers=1)
    one_by_one = opened(
        SyncVectorEnv, [lambda: ReachEnv("paper6", 90, horizon=horizon) for _ in range(4)], autoreset_mode=mode
    )
    same_draws(many, one_by_one.envs, seed=7)
    for space in ("observation_space", "action_space", "single_observation_space", "single_action_space"):
        assert getattr(many, space) == getattr(one_by_one, space)
    assert many.metadata == one_by_one.metadata
    assert data_equivalence(many.reset(), one_by_one.reset(), exact=True)
    many.action_space.seed(7)
    for step in range(1, 9):
        actions = many.action_space.sample()
        found, expected = many.step(actions), one_by_one.step(actions)
        assert data_equivalence(found, expected, exact=True), (step, found, expected)
        assert [part.dtype for part in found[:4]] == [part.dtype for part in expected[:4]]
        if mode is AutoresetMode.DISABLED and step % horizon == 0:
            every_arm = {"reset_mask": np.ones(4, bool)}
            assert data_equivalence(many.reset(options=dict(every_arm)), one_by_one.reset(options=every_arm), True)


@pytest.mark.parametrize("mode", MODES)
def test_arms_out_of_step_with_each_other_start_again_each_in_its_own_time(opened, mode):
    many = opened(ReachVectorEnv, 3, "planar3", horizon=2, autoreset_mode=mode, forward="chain")
    one_by_one = opened(SyncVectorEnv, [lambda: ReachEnv("planar3", horizon=2) for _ in range(3)], autoreset_mode=mode)
    same_draws(many, one_by_one.envs, seed=3)
    many.reset(), one_by_one.reset()
    many.step(np.zeros((3, 3))), one_by_one.step(np.zeros((3, 3)))
    mask = np.array([False, True, False])
    for env in (many, one_by_one):
        env.reset(options={"reset_mask": mask.copy()})
    rng = np.random.default_rng(0)
    for _ in range(1 if mode is AutoresetMode.DISABLED else 7):
        actions = rng.uniform(-1, 1, (3, 3))
        found, expected = many.step(actions), one_by_one.step(actions)
        np.testing.assert_allclose(found[0], expected[0], atol=1e-6)
        np.testing.assert_allclose(found[1], expected[1], atol=1e-9)
        np.testing.assert_array_equal(found[2:4], expected[2:4])
        np.testing.assert_allclose(found[4]["distance_m"], expected[4]["distance_m"], atol=1e-9)
        for key in (key for key in expected[4] if key.startswith("_")):
            np.testing.assert_array_equal(found[4][key], expected[4][key])
        for mine, theirs in zip(found[4].get("final_obs", ()), expected[4].get("final_obs", ()), strict=True):
            assert (mine is None) == (theirs is None)
            assert mine is None or np.allclose(mine, theirs, atol=1e-6)


@pytest.fixture
def planar_arms(opened):
    return opened(ReachVectorEnv, 3, "planar3", horizon=2, forward="chain")


def test_make_vec_makes_it(opened):
    for mode in (None, "vector_entry_point"):
        arms = opened(gymnasium.make_vec, ENV_ID, num_envs=2, vectorization_mode=mode, robot="planar3", horizon=4)
        assert isinstance(arms, ReachVectorEnv)
        assert arms.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
        observations, _ = arms.reset(seed=0)
        assert arms.observation_space.contains(observations)


def test_spaces_hold_what_it_returns_and_dtypes_are_as_gymnasiums(planar_arms):
    observations, _ = planar_arms.reset(seed=0)
    planar_arms.action_space.seed(0)
    for _ in range(6):
        assert planar_arms.observation_space.contains(observations)
        observations, rewards, terminations, truncations, _ = planar_arms.step(planar_arms.action_space.sample())
        assert rewards.shape == terminations.shape == truncations.shape == (3,)
        assert (rewards.dtype, terminations.dtype, truncations.dtype) == (np.float64, np.bool_, np.bool_)
    assert planar_arms.single_observation_space.contains(observations[0])


def rollout(arms, seed, steps=5):
    arms.action_space.seed(seed)
    return [arms.reset(seed=seed)] + [arms.step(arms.action_space.sample()) for _ in range(steps)]


def test_a_seed_decides_a_whole_rollout(planar_arms):
    first = rollout(planar_arms, 1)
    assert data_equivalence(first, rollout(planar_arms, 1), exact=True)
    assert not np.array_equal(first[0][0], rollout(planar_arms, 2)[0][0])
    assert len(np.unique(first[0][0][:, :2], axis=0)) == 3  # each arm has a target of its own


def test_one_arm_in_a_vector_has_the_targets_of_a_single_one(opened):
    many, single = opened(ReachVectorEnv, 1, "planar3", workers=1), opened(ReachEnv, "planar3")
    np.testing.assert_array_equal(many.reset(seed=4)[0][0], single.reset(seed=4)[0])


def test_what_it_returned_is_not_changed_later(planar_arms):
    returned = [planar_arms.reset(seed=0)]
    copies = [data_copy(returned[-1])]
    for value in (0.1, 0.2, 0.3):
        returned.append(planar_arms.step(np.full((3, 3), value)))
        copies.append(data_copy(returned[-1]))
    assert data_equivalence(returned, copies, exact=True)


def data_copy(data):
    if isinstance(data, dict):
        return {key: data_copy(value) for key, value in data.items()}
    return tuple(map(data_copy, data)) if isinstance(data, tuple) else data.copy()


def test_targets_asked_for_are_given(planar_arms):
    targets = np.array([[0.1, 0.2, 0.0], [0.2, 0.1, 0.0], [-0.1, 0.1, 0.0]])
    observations, infos = planar_arms.reset(options={"target": targets})
    np.testing.assert_array_equal(observations[:, :3], targets.astype(np.float32))
    np.testing.assert_allclose(infos["distance_m"], np.linalg.norm(targets - infos["position"], axis=1))


def test_the_chain_gives_pybullets_numbers(opened, robot):
    bullet = opened(ReachVectorEnv, 8, robot, horizon=9, workers=1)
    chain = opened(ReachVectorEnv, 8, robot, horizon=9, forward="chain")
    for found, expected in zip(rollout(chain, 0), rollout(bullet, 0), strict=True):
        np.testing.assert_allclose(found[-1]["distance_m"], expected[-1]["distance_m"], atol=1e-9)


def test_gymnasiums_wrappers_count_one_step_episodes(opened):
    arms = RecordEpisodeStatistics(opened(ReachVectorEnv, 5, "planar3", autoreset_mode="SameStep", forward="chain"))
    arms.reset(seed=0)
    _, rewards, *_, infos = arms.step(np.zeros((5, 3)))
    np.testing.assert_allclose(infos["episode"]["r"], rewards, rtol=1e-6)
    np.testing.assert_array_equal(infos["episode"]["l"], 1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"num_envs": 0}, "at least 1, not 0"),
        ({"num_envs": 2.0}, r"at least 1, not 2\.0"),
        ({"autoreset_mode": "never"}, "unknown autoreset mode 'never': NextStep, SameStep, Disabled"),
        ({"forward": "mujoco"}, "unknown forward model 'mujoco'"),
        ({"workers": 0}, "at least 1 worker"),
        ({"render_mode": "human"}, "unknown render mode 'human'"),
    ],
)
def test_a_bad_vector_argument_is_one_clear_line(arguments, says):
    with pytest.raises(InvalidValue, match=says) as caught:
        ReachVectorEnv(robot="planar3", **arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"reset_mask": np.zeros(3, bool)},
        {"reset_mask": np.ones(2, bool)},
        {"reset_mask": np.ones(3)},
        {"target": np.zeros((2, 3))},
        {"targets": np.zeros((3, 3))},
    ],
)
def test_a_bad_vector_reset_option_is_named(planar_arms, options):
    planar_arms.reset()
    with pytest.raises(EmsslBenchError):
        planar_arms.reset(options=options)


def test_a_bad_batch_of_actions_is_named(planar_arms):
    planar_arms.reset(seed=0)
    with pytest.raises(ShapeError, match=r"actions must have shape \(3, 3\), not \(2, 3\)"):
        planar_arms.step(np.zeros((2, 3)))


def test_reset_comes_first_and_without_autoreset_comes_again(opened):
    arms = opened(ReachVectorEnv, 2, "planar3", autoreset_mode="Disabled", forward="chain")
    with pytest.raises(ResetNeeded):
        arms.step(np.zeros((2, 3)))
    with pytest.raises(ResetNeeded, match="before some"):
        arms.reset(options={"reset_mask": np.array([True, False])})
    arms.reset()
    arms.step(np.zeros((2, 3)))
    with pytest.raises(ResetNeeded):
        arms.step(np.zeros((2, 3)))


def test_every_arm_has_its_picture(opened):
    arms = opened(ReachVectorEnv, 2, "planar3", render_mode="rgb_array", forward="chain")
    single = opened(ReachEnv, "planar3", render_mode="rgb_array")
    targets = np.array([[0.1, 0.2, 0.0], [0.2, -0.1, 0.0]])
    arms.reset(options={"target": targets})
    for image, target in zip(arms.render(), targets, strict=True):
        single.reset(options={"target": target})
        np.testing.assert_array_equal(image, single.render())


def test_closing_ends_the_processes_and_may_be_done_twice():
    arms = ReachVectorEnv(2, "planar3", workers=2)
    processes = [psutil.Process(worker.process.pid) for worker in arms._forward._workers]
    arms.close()
    arms.close()
    assert len(processes) == 2
    assert not psutil.wait_procs(processes, timeout=60)[1]
