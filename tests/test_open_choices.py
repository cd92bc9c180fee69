"""The plug-in of docs/open_choices: what it varies, and that it is EMSSL where it varies nothing."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from emssl_bench.data import Dataset
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.base import Problem
from emssl_bench.methods.emssl import Emssl
from emssl_bench.seeding import Seeds

SIZES = {"iterations": 2, "epochs": 3, "training_batch": 64}


@pytest.fixture(scope="module")
def plug_in():
    path = Path(__file__).parent.parent / "docs" / "open_choices" / "open_choices.py"
    spec = importlib.util.spec_from_file_location("open_choices", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def data(planar3, planar3_chain):
    return Dataset.sample(planar3_chain, JointSpace.of(planar3, 90), 200, 10, Seeds(0)).train.unlabelled()


def learned(method, data, arm):
    return list(method.learn(Problem(data, arm, Seeds(0), "cpu")))[-1].solver


def test_by_default_it_is_emssl(plug_in, data, planar3_chain):
    usual = learned(Emssl(**SIZES), data, planar3_chain)
    assert learned(plug_in.OpenChoices(**SIZES), data, planar3_chain).same_as(usual)
    for other in ({"inputs": "metres"}, {"inputs": "standardised"}, {"batches": "shuffled_every_iteration"}):
        assert not learned(plug_in.OpenChoices(**SIZES, **other), data, planar3_chain).same_as(usual)


def test_positions_reach_the_network_as_the_setting_says(plug_in, data):
    problem = Problem(data, None, Seeds(0))
    scaled = {
        inputs: plug_in.OpenChoices(inputs=inputs).new_solver(problem).prepared(data.targets).numpy()
        for inputs in ("box", "metres", "standardised")
    }
    np.testing.assert_allclose(scaled["metres"], data.targets, atol=1e-6)
    moving = data.targets.std(axis=0) > 0
    np.testing.assert_allclose(scaled["standardised"].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(scaled["standardised"].std(axis=0)[moving], 1, atol=1e-5)
    np.testing.assert_allclose(scaled["box"].max(axis=0)[moving], 1, atol=1e-6)


def test_one_order_is_for_the_epochs_of_one_iteration(plug_in):
    network, seen, rows = torch.nn.Linear(1, 1), [], torch.arange(8.0)[:, None]

    def loss(batch):
        seen.extend(batch.flatten().tolist())
        return network(batch).square().mean()

    trainer, order = plug_in.TrainerInOneOrder(network, 0.1), Seeds(0).torch("order")
    for _ in range(2):
        trainer.epochs(3, loss, 4, order, rows)
    epochs = [tuple(seen[i : i + 8]) for i in range(0, 48, 8)]
    assert len(set(epochs[:3])) == len(set(epochs[3:])) == 1
    assert epochs[0] != epochs[3]
