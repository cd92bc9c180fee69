"""EMSSL with a generator in its loop, in both readings."""

import numpy as np
import pytest
import torch

import emssl_bench
from emssl_bench.data import Dataset
from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.base import Problem
from emssl_bench.methods.cemssl import Cemssl
from emssl_bench.methods.trainer import Trainer
from emssl_bench.seeding import Seeds
from emssl_bench.solvers.network_solver import NetworkSolver
from tests.examples import Recording
from tests.models import trained

SMALL = {"iterations": 3, "epochs": 2, "training_batch": 64}
LATENT, FLOW = {"model": "latent"}, {"hidden_widths": (16,)}


@pytest.fixture
def data(planar3, planar3_chain):
    return Dataset.sample(planar3_chain, JointSpace.of(planar3, 90), 600, 200, Seeds(0)).train.unlabelled()


@pytest.fixture
def fitted(monkeypatch):
    """The features, joint angles and z of each data set that is trained on."""
    seen, some = [], Trainer.some

    def kept(self, count, loss, batch, generator, *data):
        seen.append([each.clone() for each in data])
        return some(self, count, loss, batch, generator, *data)

    monkeypatch.setattr(Trainer, "some", kept)
    return seen


def learn(data, arm, **settings):
    recording = Recording(arm)
    return recording, list(Cemssl(**{**SMALL, **settings}).learn(Problem(data, recording, Seeds(0))))


@pytest.mark.parametrize("of_model", [LATENT, FLOW])
def test_every_iteration_queries_the_arm_once_for_every_target(of_model, data, planar3_chain):
    recording, progress = learn(data, planar3_chain, **of_model)
    assert [len(asked) for asked in recording.asked] == [120] * 5 * 3
    assert [each.costs for each in progress] == [{"gradient_steps": 20 * number} for number in (1, 2, 3)]


def test_what_was_drawn_with_a_z_is_learned_with_that_z(data, planar3_chain, fitted, monkeypatch):
    """The newest samples as many as there are targets; noise aside."""
    drawn, inferred = [], NetworkSolver.inferred

    def kept(self, inputs, latent=None, compute=None):
        found = inferred(self, inputs, latent, compute)
        drawn.append((latent, self.joints_scale.normalise(found)))
        return found

    monkeypatch.setattr(NetworkSolver, "inferred", kept)
    learn(data, planar3_chain, **LATENT, joint_noise=0.0)
    assert [len(joint_angles) for _, joint_angles, _ in fitted[:7]] == [120, 240, 360, 480, 600, 600, 600]
    latest = drawn[:-6:-1]
    torch.testing.assert_close(fitted[-1][2], torch.cat([latent for latent, _ in latest]))
    np.testing.assert_allclose(fitted[-1][1], np.concatenate([joints for _, joints in latest]), atol=1e-6)


def test_a_flow_keeps_all_samples_with_what_they_reach(data, planar3_chain, fitted):
    recording, progress = learn(data, planar3_chain, **FLOW)
    assert [len(joint_angles) for _, joint_angles, _ in fitted] == list(range(120, 1801, 120))
    solver = progress[-1].solver
    assert isinstance(solver, NetworkSolver)
    asked = np.concatenate(recording.asked[::-1])
    np.testing.assert_allclose(fitted[-1][1], solver.joints_scale.normalise(asked), atol=1e-6)
    torch.testing.assert_close(fitted[-1][0], solver.prepared(planar3_chain.positions(asked)))


def test_a_flow_that_knows_nothing_babbles(data, planar3_chain):
    """It draws from every tenth of every joint's range; a network of Table I answers in the middle."""
    tenths = []
    for model in ("flow", "latent"):
        settings = {"model": model, "samplings_per_iteration": 1, "iterations": 1, "joint_noise": 0.0}
        recording, _ = learn(data, planar3_chain, **settings)
        shares = recording.asked[0] / np.pi + 0.5
        tenths.append([np.histogram(joint, 10, (0, 1))[0] for joint in shares.T])
    assert np.min(tenths[0]) > 15
    assert np.min(tenths[1]) == 0


@pytest.mark.parametrize("of_model", [LATENT, FLOW])
def test_poses_are_learned_without_labels_and_evaluated_as_the_best_of_32(of_model, planar3, tmp_path):
    record, path = trained(tmp_path, planar3, "cemssl", task="pose", more=of_model)
    metrics = record.metrics
    assert 0 < metrics["cost_best_of_32_cm"] < metrics["cost_mean_cm"]
    assert metrics["labelled_samples"] == 0
    assert metrics["forward_calls"] == 600 * record.curve["iteration"][-1]
    found = emssl_bench.load(path).solve(ChainArm(planar3).frames(np.zeros((1, 3))), 5)
    assert len(np.unique(found.error_m)) == 5
