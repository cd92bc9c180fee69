"""Everything that is opened and closed, and what each is asked."""

import numpy as np
import pytest

import robots
from emssl_bench.envs import ReachEnv, ReachVectorEnv
from emssl_bench.envs.rendering import Scene
from emssl_bench.forward import Counted
from emssl_bench.forward.bullet import BulletArm
from emssl_bench.forward.chain import ChainArm, CountedChain
from emssl_bench.forward.pool import BulletPool
from emssl_bench.forward.usual import UsualArm

ROWS = np.random.default_rng(0).uniform(-2, 2, (40, 3))


def planar3():
    return robots.load("planar3")


def many(**named):
    arms = ReachVectorEnv(4, "planar3", horizon=10**6, render_mode="rgb_array", **named)
    arms.reset(seed=0)
    return arms


def single():
    env = ReachEnv("planar3", horizon=10**6, render_mode="rgb_array")
    env.reset(seed=0)
    return env


def moved(env):
    """Where the environment's arm, or arms, are after a step to each of a few actions."""
    shape = env.action_space.shape
    return np.array([env.step(np.full(shape, value, np.float32))[4]["position"] for value in (0.5, -0.5)])


def told(forward):
    return forward.positions(ROWS)


def pictured(scene):
    return scene.image(ROWS[0], np.array([0.1, 0.1, 0.0]))


# How each is opened, and what it is asked.
KINDS = {
    "an arm": (lambda: BulletArm(planar3()), told),
    "a usual arm": (lambda: UsualArm(planar3()), told),
    "a pool": (lambda: BulletPool(planar3(), 1), told),
    "a chain": (lambda: ChainArm(planar3()), told),
    "a counted arm": (lambda: Counted(BulletArm(planar3())), told),
    "a counted chain": (lambda: CountedChain(ChainArm(planar3())), told),
    "a scene": (lambda: Scene(planar3(), None), pictured),
    "an environment": (single, moved),
    "environments of a pool": (lambda: many(workers=1), moved),
    "environments of a chain": (lambda: many(forward="chain"), moved),
}
every_kind = pytest.mark.parametrize(("make", "ask"), KINDS.values(), ids=KINDS.keys())
