"""Many arms in one environment give the numbers of each one."""

import gymnasium
import numpy as np
import psutil
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers.vector import RecordEpisodeStatistics

from emssl_bench import tasks
from emssl_bench.envs import ENV_ID, ReachEnv, ReachVectorEnv
from emssl_bench.exceptions import EmsslBenchError, InvalidValue, ShapeError

MODES = list(AutoresetMode)


def same_draws(first, second_envs, seed):
    """One random stream for the vector environment, and an equal one for single environments to share."""
    first.np_random = np.random.default_rng(seed)
    shared = np.random.default_rng(seed)
    for env in second_envs:
        env.unwrapped.np_random = shared


@pytest.mark.parametrize("horizon", [1, 3])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("task", ["position", "pose", "pose:orientation=quaternion"])
def test_it_is_gymnasiums_own_vector_of_single_arms_bit_for_bit(opened, mode, horizon, task):
    arguments = {"horizon": horizon, "task": task}
    many = opened(ReachVectorEnv, 4, "paper6", 90, autoreset_mode=mode, workers=1, **arguments)
    singles = [lambda: ReachEnv("paper6", 90, **arguments) for _ in range(4)]
    one_by_one = opened(SyncVectorEnv, singles, autoreset_mode=mode)
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


@pytest.mark.parametrize("task", ["position", "pose"])
def test_every_arm_has_its_picture(opened, planar3_chain, task):
    arms = opened(ReachVectorEnv, 2, "planar3", render_mode="rgb_array", forward="chain", task=task)
    single = opened(ReachEnv, "planar3", render_mode="rgb_array", task=task)
    targets = tasks.task(task).reached(planar3_chain, np.array([[0.9, 0.5, -0.3], [-0.7, -0.4, 1.0]]))
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
