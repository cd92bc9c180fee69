"""The network that is told where the joints are, and walks to a target."""

import numpy as np
import pytest
import torch

import emssl_bench
from baselines.fnn_joints import FnnJoints
from emssl_bench.data import Dataset
from emssl_bench.exceptions import Diverged, ModelError
from emssl_bench.forward import Counted
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.base import Problem
from emssl_bench.records import model_files
from emssl_bench.seeding import Seeds
from tests.examples import distance_errors_cm, record
from tests.models import rewritten

SMALL = {"iterations": 4, "epochs": 5, "training_batch": 32}


@pytest.fixture(scope="module")
def data(planar3, planar3_chain):
    return Dataset.sample(planar3_chain, JointSpace.of(planar3, 90), 800, 200, Seeds(0))


@pytest.fixture(scope="module")
def learned(data, planar3_chain):
    counted = Counted(planar3_chain)
    *_, last = FnnJoints(**SMALL).learn(Problem(data.train, counted, Seeds(1)))
    assert counted.calls == 0, "it learns from labels alone"
    return last.solver


def untrained(data, **own):
    (progress,) = FnnJoints(iterations=1, epochs=1, **own).learn(Problem(data.train, None, Seeds(1)))
    return progress.solver


def test_home_is_a_label_in_the_middle_of_the_targets(data, learned, planar3_chain):
    np.testing.assert_allclose(planar3_chain.positions(learned.home), learned.home_target)
    apart = np.linalg.norm(data.train.targets - data.train.targets.mean(axis=0), axis=1)
    np.testing.assert_allclose(np.linalg.norm(learned.home_target - data.train.targets.mean(axis=0)), apart.min())


def test_a_network_that_changes_nothing_stays_at_home(data):
    solver = untrained(data)
    with torch.no_grad():
        for parameter in solver.network.parameters():
            parameter.zero_()
    found = solver.joint_angles(data.test_targets)
    np.testing.assert_allclose(found, solver.home.repeat(200, axis=0), atol=1e-6)


def test_every_step_begins_where_the_last_one_ended(data):
    """A network that adds the same to every joint adds it in every step, up to the ends of the joint space."""
    solver = untrained(data, steps=3, steps_at_target=2)
    with torch.no_grad():
        for parameter in solver.network.parameters():
            parameter.zero_()
        solver.network.layers[-1].bias.fill_(0.02)
    found = solver.joint_angles(data.test_targets[:3])
    expected = np.minimum(solver.home + 5 * 0.02 * np.pi, np.pi / 2)
    np.testing.assert_allclose(found, expected.repeat(3, axis=0), atol=1e-5)


def test_it_walks_far_better_than_it_jumps(data, learned, planar3_chain):
    jumping = type(learned)(learned.inner, learned.home, learned.home_target, 1, 0)
    walked_cm, jumped_cm = (
        distance_errors_cm(solver, planar3_chain, data.test_targets, data.train.joint_space).mean()
        for solver in (learned, jumping)
    )
    assert walked_cm < jumped_cm / 2


def test_weights_that_are_not_finite_are_named(data):
    solver = untrained(data)
    with torch.no_grad():
        next(solver.network.parameters()).fill_(float("nan"))
    with pytest.raises(Diverged, match="its weights are not, or are much too large"):
        solver.solve(data.test_targets)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"home": [0.0, 0.0]}, "its home must be 3 numbers"),
        ({"home_target": None}, "its home_target must be 3 numbers"),
        ({"steps": 0}, "its steps must be a whole number from 1"),
        ({"steps_at_target": -1}, "its steps_at_target must be a whole number from 0"),
        ({"latent_size": 2}, "its latent_size must be its dof"),
        ({"dof": 4, "latent_size": 4}, "must have 4 numbers each"),
        ({"task": "poses"}, "its task must be one of position"),
    ],
)
def test_a_description_that_is_none_of_a_walk_is_refused(learned, changes, says, tmp_path):
    path = tmp_path / "model.safetensors"
    model_files.save(learned, path, record("fnn-joints", 90).trial)
    rewritten(path, **changes)
    with pytest.raises(ModelError, match=says):
        emssl_bench.load(path)
