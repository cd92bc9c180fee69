"""The method that is trained through the exact arm."""

import numpy as np
import pytest
import torch

from baselines.distal_exact import DistalExact
from emssl_bench.data import Dataset
from emssl_bench.forward import Counted
from emssl_bench.forward.chain import CountedChain
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.base import Problem
from emssl_bench.methods.emssl import Emssl
from emssl_bench.seeding import Seeds
from tests.examples import distance_errors_cm

SETTINGS = {"iterations": 4, "epochs": 5, "training_batch": 64}


@pytest.fixture
def data(paper6, paper6_chain):
    return Dataset.sample(paper6_chain, JointSpace.of(paper6, 90), 600, 200, Seeds(0))


def error_cm(learning, arm, data):
    return distance_errors_cm(list(learning)[-1].solver, arm, data.test_targets, data.train.joint_space).mean()


def test_its_loss_is_the_distance_by_which_it_misses(data, paper6_chain):
    """Mean square of the error in each normalised coordinate, at a learning rate that leaves the network alone."""
    method = DistalExact(**{**SETTINGS, "iterations": 1, "epochs": 1, "learning_rate": 1e-12})
    progress = next(method.learn(Problem(data.train.unlabelled(), CountedChain(paper6_chain), Seeds(0), "cpu")))
    reached = paper6_chain.positions(progress.solver.joint_angles(data.train.targets))
    scale = progress.solver.inputs_scale
    missed = scale.normalise(reached) - scale.normalise(data.train.targets)
    assert progress.loss == pytest.approx(np.square(missed).mean(), rel=1e-4)


def test_with_the_arms_gradient_it_ends_below_what_learns_without(data, paper6_chain):
    seen = data.train.unlabelled()
    exact = DistalExact(**SETTINGS).learn(Problem(seen, CountedChain(paper6_chain), Seeds(0), "cpu"))
    emssl = Emssl(**SETTINGS).learn(Problem(seen, Counted(paper6_chain), Seeds(0), "cpu"))
    assert error_cm(exact, paper6_chain, data) < error_cm(emssl, paper6_chain, data)


def test_every_position_its_chain_computes_is_counted(data, paper6_chain):
    counted = CountedChain(paper6_chain)
    angles = torch.zeros(7, 6, dtype=torch.float64, requires_grad=True)
    positions = counted.differentiable(angles)
    positions.sum().backward()
    assert counted.calls == 7
    assert angles.grad is not None
    np.testing.assert_array_equal(positions.detach(), counted.positions(np.zeros((7, 6))))
    assert counted.calls == 14
