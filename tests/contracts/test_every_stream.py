"""What published numbers hang on: the names of random streams, and what a stream's name gives."""

import numpy as np
import pytest

from emssl_bench.data import Dataset
from emssl_bench.forward.chain import ChainArm, CountedChain
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods import registry
from emssl_bench.methods.base import Adaptable, Problem
from emssl_bench.seeding import Seeds

DATA_0, WEIGHTS_7 = 3509910692935324612, 2948364802347663239
"""Seeds of the stream "data" at seed 0, and of "weights" at seed 7."""
SETTINGS = {"iterations": 1, "epochs": 1, "training_batch": 32}
LEARNING = {
    "direct": {"weights", "order"},
    "distal": {"weights", "forward weights", "order"},
    "cgan": {"weights", "discriminator", "order", "latent"},
    "emssl": {"weights", "sampling", "order", "joint noise"},
    "emssl-plus": {"weights", "sampling", "order", "joint noise"},
    "distal-exact": {"weights", "order"},
    "lookup": set(),
    "babbling": {"babble"},
    "inverted-forward": {"forward weights", "order", "babble"},
    "cemssl": {"weights", "sampling", "order", "joint noise", "latent"},
    "mdn": {"weights", "order"},
    "flow": {"weights", "order"},
    "cvae": {"weights", "encoder", "order", "latent"},
    "flow-matching": {"weights", "order", "latent"},
    "ddpg": {"weights", "reinforcement", "targets", "actions"},
    "dqn": {"reinforcement", "targets", "actions"},
    "goal-babbling": {"goals"},
    "constrained-dof": {"babble"},
    "local-linear": set(),
    "fnn-joints": {"weights", "order", "joint noise"},
    "cnn": {"weights", "order"},
}
ADAPTING = {
    "direct": {"order", "babble"},
    "distal": {"forward weights", "order", "babble"},
    "emssl": {"sampling", "order", "joint noise"},
    "emssl-plus": {"sampling", "order", "joint noise"},
    "babbling": {"babble"},
    "goal-babbling": {"goals"},
    "constrained-dof": {"babble"},
}


def configured(name):
    known = registry.settings_of(name)
    return registry.configured(name, {key: value for key, value in SETTINGS.items() if key in known})


@pytest.fixture
def asked(monkeypatch):
    """The streams that are asked for."""
    names, number = set(), Seeds.number
    monkeypatch.setattr(Seeds, "number", lambda self, stream: names.add(stream) or number(self, stream))
    return names


@pytest.fixture
def data(planar3, planar3_chain):
    return Dataset.sample(planar3_chain, JointSpace.of(planar3, 90), 70, 20, Seeds(0)).train


def test_streams_give_what_they_gave_when_the_results_were_published():
    assert Seeds(0).number("data") == DATA_0
    assert Seeds(7).number("weights") == WEIGHTS_7
    assert Seeds(0).numpy("data").integers(10**9) == np.random.default_rng(DATA_0).integers(10**9)
    assert Seeds(7).torch("weights").initial_seed() == WEIGHTS_7


def test_data_come_of_the_stream_of_data(asked, planar3, planar3_chain):
    Dataset.sample(planar3_chain, JointSpace.of(planar3, 90), 7, 2, Seeds(0))
    assert asked == {"data"}


def test_methods_that_are_not_here_have_published_nothing():
    assert LEARNING.keys() == registry.METHODS.keys()
    assert ADAPTING.keys() == {name for name in registry.METHODS if issubclass(registry.method_class(name), Adaptable)}


@pytest.mark.parametrize("name", LEARNING)
def test_learning_asks_for_the_streams_it_always_did(name, data, planar3_chain, asked):
    method = configured(name)
    seen = data if method.uses_joint_angles else data.unlabelled()
    asked.clear()
    list(method.learn(Problem(seen, CountedChain(planar3_chain), Seeds(0), "cpu")))
    assert asked == LEARNING[name]


@pytest.mark.parametrize("name", ADAPTING)
def test_adapting_asks_for_the_streams_it_always_did(name, data, planar3, asked):
    method = configured(name)
    seen = data if method.uses_joint_angles else data.unlabelled()
    *_, learned = method.learn(Problem(seen, CountedChain(ChainArm(planar3)), Seeds(0)))
    asked.clear()
    list(method.adapt(learned.solver, Problem(seen, ChainArm(planar3.lengthened(0.02)), Seeds(1)), 40))
    assert asked == ADAPTING[name]
