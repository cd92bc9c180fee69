"""What is closed, ruined or forgotten: one clear error, and nothing left behind."""

import copy
import gc
import pickle

import numpy as np
import pybullet
import pytest

import robots
from emssl_bench.envs import ReachEnv
from emssl_bench.exceptions import Closed, EmsslBenchError, Forked, InUse
from emssl_bench.forward.bullet import BulletArm
from emssl_bench.forward.chain import ChainArm, CountedChain
from tests.openable import KINDS, ROWS, every_kind, many, planar3, single


@every_kind
def test_what_is_closed_raises_whatever_is_opened_later(opened, make, ask):
    each = opened(make)
    ask(each)
    each.close()
    each.close()
    other = opened(BulletArm, robots.load("paper6"))
    with pytest.raises(Closed, match=r"is closed: open a new one\."):
        ask(each)
    for copied in (copy.deepcopy, pickle.dumps):
        with pytest.raises(Closed):
            copied(each)
    assert other.positions(np.zeros((1, 6))).shape == (1, 3), "closing twice closes nobody else's client"


@pytest.mark.parametrize("make", [single, lambda: many(forward="chain"), lambda: many(workers=1)])
def test_every_call_of_a_closed_environment_raises(make):
    env = make()
    env.render()
    env.close()
    for call in (env.reset, env.render, lambda: env.step(env.action_space.sample())):
        with pytest.raises(Closed, match="the environment is closed"):
            call()


def test_the_chain_with_gradients_raises_when_closed_too():
    import torch

    chain = CountedChain(ChainArm(planar3()))
    chain.close()
    with pytest.raises(Closed):
        chain.differentiable(torch.zeros(1, 3))


@pytest.mark.parametrize("name", ["an arm", "a scene", "an environment"])
@pytest.mark.parametrize("ruin", ["reset", "disconnected", "another's"])
def test_a_client_that_other_code_ruins_is_an_error(opened, name, ruin):
    make, ask = KINDS[name]
    before = {number for number in range(50) if pybullet.isConnected(number)}
    each = opened(make)
    (number,) = {number for number in range(50) if pybullet.isConnected(number)} - before
    ask(each)
    if ruin == "reset":
        pybullet.resetSimulation(physicsClientId=number)
    else:
        pybullet.disconnect(number)
    theirs = opened(BulletArm, planar3()) if ruin == "another's" else None
    with pytest.raises(Closed, match="other code has reset or disconnected its PyBullet client"):
        ask(each)
    each.close()
    if theirs is not None:
        assert len(theirs.positions(ROWS)) == len(ROWS), "closing leaves alone what is another's"


def test_closing_an_arm_leaves_its_client(planar3):
    before = {number for number in range(50) if pybullet.isConnected(number)}
    arm = BulletArm(planar3)
    assert {number for number in range(50) if pybullet.isConnected(number)} - before
    arm.close()
    assert {number for number in range(50) if pybullet.isConnected(number)} == before


def test_an_arm_that_is_forgotten_gives_its_client_back(planar3):
    def connected():
        return sum(pybullet.isConnected(number) for number in range(200))

    gc.collect()
    before = connected()
    for _ in range(3):
        ReachEnv(planar3)
    gc.collect()
    assert connected() == before


def test_every_error_here_is_the_suites():
    assert all(issubclass(error, EmsslBenchError) for error in (Closed, Forked, InUse))
