"""What is copied: a copy works by itself, and goes on from where the first is."""

import copy
import pickle

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence

from emssl_bench.envs import ENV_ID
from tests.openable import KINDS, every_kind, pictured


@every_kind
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_a_copy_works_by_itself(opened, make, ask, copied):
    if copied is copy.copy and ask is not pictured and make not in [KINDS[name][0] for name in ("an arm", "a pool")]:
        pytest.skip("a shallow copy shares what it holds")
    each = opened(make)
    second = opened(copied, each)
    expected = ask(each)
    np.testing.assert_array_equal(ask(second), expected)
    second.close()
    np.testing.assert_array_equal(ask(each), expected)


@pytest.mark.parametrize("make", [gymnasium.make, gymnasium.make_vec])
def test_a_copied_environment_goes_on_from_where_the_first_is(opened, make):
    env = opened(make, ENV_ID, robot="planar3", horizon=3)
    env.reset(seed=1)
    env.step(np.full(env.action_space.shape, 0.3, np.float32))
    second = opened(copy.deepcopy, env)
    for value in (0.1, 0.2):
        action = np.full(env.action_space.shape, value, np.float32)
        assert data_equivalence(env.step(action), second.step(action), exact=True)
    assert data_equivalence(env.reset(), second.reset(), exact=True)
