"""How many arms the environments move in a second: a process for each arm, or all arms in one batch."""

import functools

import gymnasium
import pytest
from gymnasium.vector import AsyncVectorEnv

from emssl_bench.envs import ReachVectorEnv

ENV = "emssl_bench.envs:emssl_bench/Reach-v0"  # by its module: a fresh process has registered nothing
ROBOT = "paper6"
HORIZON = 10**9  # so that no step is spent on starting an episode
GROUP = f"environment step, {ROBOT}"


def step(benchmark, arms):
    benchmark.group = GROUP
    arms.reset(seed=0)
    arms.action_space.seed(0)
    benchmark(arms.step, arms.action_space.sample())
    if benchmark.stats is not None:  # there are none under --benchmark-disable
        benchmark.extra_info["arms_per_second"] = round(arms.num_envs / benchmark.stats["median"])
    arms.close()


@pytest.mark.parametrize("processes", [2, 4])
def test_async_vector_env_one_arm_a_process(benchmark, processes):
    make = functools.partial(gymnasium.make, ENV, robot=ROBOT, horizon=HORIZON)
    step(benchmark, AsyncVectorEnv([make] * processes, context="spawn"))


@pytest.mark.parametrize("forward", ["bullet", "chain"])
@pytest.mark.parametrize("num_envs", [64, 4096])
def test_reach_vector_env(benchmark, num_envs, forward):
    step(benchmark, ReachVectorEnv(num_envs, ROBOT, horizon=HORIZON, forward=forward))
