"""How vector environments are made, and the time limit that they may be given."""

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import SyncVectorEnv

from emssl_bench.envs import ENV_ID, ReachVectorEnv
from emssl_bench.exceptions import InvalidValue


@pytest.mark.parametrize("horizon", [1, 5])
@pytest.mark.parametrize("most", [1, 3])
def test_max_episode_steps_is_gymnasiums_own_time_limit(opened, horizon, most):
    arguments = {"robot": "planar3", "horizon": horizon, "max_episode_steps": most}
    many = opened(gymnasium.make_vec, ENV_ID, num_envs=2, workers=1, **arguments)
    one_by_one = opened(SyncVectorEnv, [lambda: gymnasium.make(ENV_ID, **arguments) for _ in range(2)])
    many.np_random = np.random.default_rng(7)
    shared = np.random.default_rng(7)
    for env in one_by_one.envs:
        env.unwrapped.np_random = shared
    assert data_equivalence(many.reset(), one_by_one.reset(), exact=True)
    for value in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7):
        actions = np.full((2, 3), value, np.float32)
        assert data_equivalence(many.step(actions), one_by_one.step(actions), exact=True)


@pytest.mark.parametrize("most", [0, -1, 1.5, "3", True])
def test_bad_max_episode_steps_are_one_clear_line(most):
    with pytest.raises(InvalidValue, match=r"step.*max_episode_steps|max_episode_steps is a whole number"):
        ReachVectorEnv(2, "planar3", max_episode_steps=most)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", ["sync", "async", "vector_entry_point"])
def test_every_way_to_make_a_vector_works(opened, mode):
    arms = opened(gymnasium.make_vec, ENV_ID, num_envs=2, vectorization_mode=mode, robot="planar3", horizon=2)
    arms.reset(seed=0)
    positions = arms.step(np.full((2, 3), 0.2, np.float32))[4]["position"]
    np.testing.assert_allclose(positions[0], positions[1])
