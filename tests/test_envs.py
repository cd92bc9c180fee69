"""The environment of one arm keeps Gymnasium's contract."""

import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env, data_equivalence

import robots
from emssl_bench.envs import ENV_ID, ReachEnv, ReachVectorEnv
from emssl_bench.envs.rendering import SIZE_PX
from emssl_bench.exceptions import InvalidValue, RobotError, ShapeError, UnknownName
from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace
from tests.examples import SLIDER


@pytest.fixture
def planar_env(opened):
    return opened(ReachEnv, "planar3", 120)


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
        with pytest.raises(RobotError, match=r"name the end with --tip\. One of: d "):
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
        ({"task": "poses"}, UnknownName, "unknown task 'poses': did you mean 'pose'"),
        ({"task": 6}, InvalidValue, "a task is a name, .* not 6"),
        ({"task": "pose:turn=1"}, UnknownName, "unknown setting of the task pose 'turn'"),
        ({"task": "pose:orientation=euler"}, InvalidValue, "must be one of rot6d, quaternion, not 'euler'"),
        ({"task": "pose:metres_a_radian=0"}, InvalidValue, "over 0 and at most 1000, not 0"),
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
        (
            {"target": [0.3, 0, 0.2]},
            InvalidValue,
            r"target 0, .* cannot be reached: 'planar3' comes no nearer .* 0\.200 m",
        ),
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


def test_without_a_render_mode_there_is_a_warning_and_no_picture(planar_env):
    planar_env.reset()
    with pytest.warns(UserWarning, match="without a render mode"):
        assert planar_env.render() is None
