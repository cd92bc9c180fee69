"""What must hold of every learning-rate schedule: it ends where the training does."""

import pytest

from emssl_bench.data import Dataset
from emssl_bench.forward.chain import ChainArm, CountedChain
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods import registry
from emssl_bench.methods.base import Adaptable, Problem
from emssl_bench.methods.gradient_method import GradientMethod
from emssl_bench.methods.trainer import Trainer
from emssl_bench.seeding import Seeds

SETTINGS = {"iterations": 2, "epochs": 3, "training_batch": 32, "schedule": "cosine"}
LEARNERS = [name for name in registry.METHODS if issubclass(registry.method_class(name), GradientMethod)]
ADAPTABLE = [name for name in LEARNERS if issubclass(registry.method_class(name), Adaptable)]


@pytest.fixture
def trainers(monkeypatch):
    """All that are made."""
    made, init = [], Trainer.__init__

    def kept(self, *arguments, **named):
        init(self, *arguments, **named)
        made.append(self)

    monkeypatch.setattr(Trainer, "__init__", kept)
    return made


@pytest.fixture
def data(planar3, planar3_chain):
    return Dataset.sample(planar3_chain, JointSpace.of(planar3, 90), 70, 20, Seeds(0)).train


@pytest.mark.parametrize("name", LEARNERS)
def test_a_schedule_of_learning_ends_with_the_last_step(name, data, planar3_chain, trainers):
    """Of 70 samples in batches of 32, of which the last is smaller."""
    method = registry.configured(name, SETTINGS)
    seen = data if method.uses_joint_angles else data.unlabelled()
    list(method.learn(Problem(seen, CountedChain(planar3_chain), Seeds(0), "cpu")))
    assert trainers
    assert {trainer.schedule for trainer in trainers} == {"cosine"}
    assert {(trainer.steps, trainer.total_steps) for trainer in trainers} == {(2 * 3 * 3, 2 * 3 * 3)}


@pytest.mark.parametrize("name", ADAPTABLE)
def test_a_schedule_of_adapting_ends_with_the_last_step_of_every_iteration(name, data, planar3, trainers):
    method = registry.configured(name, SETTINGS)
    seen = data if method.uses_joint_angles else data.unlabelled()
    model = method.new_solver(Problem(data, None, Seeds(0)))
    changed = ChainArm(planar3.lengthened(0.02))
    adapting = method.adapt(model, Problem(seen, changed, Seeds(1)), 40)
    next(adapting)
    trainers.clear()  # of a forward model of the unchanged arm
    for number, progress in enumerate(adapting, start=1):
        assert progress.costs["gradient_steps"] == number * 3 * 2
        assert {trainer.total_steps for trainer in trainers} <= {3 * 2}
        assert {trainer.steps % trainer.total_steps for trainer in trainers} <= {0}
