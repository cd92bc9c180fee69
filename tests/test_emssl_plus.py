"""EMSSL plus: what it does that Algorithm 1 does not, each part by itself."""

import itertools

import numpy as np
import pytest
import torch

from emssl_bench.data import Dataset
from emssl_bench.exceptions import InvalidValue
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.base import Problem
from emssl_bench.methods.emssl import Emssl
from emssl_bench.methods.emssl_plus import EmsslPlus
from emssl_bench.methods.network_method import robust_error
from emssl_bench.methods.trainer import Trainer
from emssl_bench.scaling import Normaliser
from emssl_bench.seeding import Seeds
from emssl_bench.solvers.network import InverseNetwork
from emssl_bench.solvers.network_solver import NetworkSolver
from tests.examples import Recording

SMALL = {"iterations": 3, "epochs": 2, "training_batch": 64}


@pytest.fixture
def data(planar3, planar3_chain):
    return Dataset.sample(planar3_chain, JointSpace.of(planar3, 90), 610, 200, Seeds(0)).train.unlabelled()


def learn(method, data, arm):
    recording = Recording(arm)
    return recording.asked, list(method.learn(Problem(data, recording, Seeds(0), "cpu")))


@pytest.mark.parametrize("samplings", [1, 4, 7])
def test_it_asks_and_steps_as_often_as_emssl(data, planar3_chain, samplings):
    asked, progress = learn(EmsslPlus(**SMALL, samplings_per_iteration=samplings), data, planar3_chain)
    asked_of_emssl, of_emssl = learn(Emssl(**SMALL), data, planar3_chain)
    assert len(asked) == 3 * samplings
    assert sum(map(len, asked)) == sum(map(len, asked_of_emssl))
    assert [p.costs.get("gradient_steps", 0) for p in progress] == [p.costs.get("gradient_steps", 0) for p in of_emssl]


def test_the_noise_fades(data, planar3_chain):
    """Against what the same network guesses: the share of the joint range is that of the sampling's turn."""
    method = EmsslPlus(**SMALL, samplings_per_iteration=1, joint_noise=0.1, learning_rate=1e-12)
    asked, _ = learn(method, data, planar3_chain)
    plain, _ = learn(
        EmsslPlus(**SMALL, samplings_per_iteration=1, joint_noise=0.0, learning_rate=1e-12), data, planar3_chain
    )
    spread = [float((noisy - guess).std() / np.pi) for noisy, guess in zip(asked, plain, strict=True)]
    assert spread == pytest.approx([0.1, 0.2 / 3, 0.1 / 3], rel=0.1)


def test_a_robust_loss_keeps_to_the_branch_that_most_samples_share():
    """Least squares answers with the mean of two branches, which is neither."""
    q = torch.tensor([0.2] * 7 + [0.8] * 3)[:, None]
    p = torch.full((10, 3), 0.5)

    def settled(cauchy_scale):
        network = InverseNetwork(1, "he_uniform", Seeds(0).torch("weights"))
        unit = Normaliser((0.0,) * 3, (1.0,) * 3, -1.0, 1.0), Normaliser((0.0,), (1.0,), 0.0, 1.0)
        loss = robust_error(NetworkSolver(network, *unit, 512), cauchy_scale)
        trainer = Trainer(network, 0.0001)
        trainer.some(400, loss, 10, Seeds(0).torch("order"), p, q)
        return network(p[:1]).item()

    assert settled(0.0) == pytest.approx(0.38, abs=0.01)
    assert settled(0.01) == pytest.approx(0.2, abs=0.01)


def test_for_small_disagreements_the_robust_loss_is_the_mean_squared_error(data, planar3_chain):
    def losses(cauchy_scale):
        method = EmsslPlus(**SMALL, cauchy_scale=cauchy_scale, joint_noise=0.0, learning_rate=1e-12)
        return [p.loss for p in learn(method, data, planar3_chain)[1]]

    assert losses(1e3) == pytest.approx(losses(0.0), rel=1e-3)


def test_samples_stay_in_the_window_until_as_many_as_positions_have_come_after_them(data, planar3_chain, monkeypatch):
    seen = []
    some = Trainer.some
    monkeypatch.setattr(Trainer, "some", lambda self, *rest: seen.append(len(rest[-1])) or some(self, *rest))
    learn(EmsslPlus(**SMALL, samplings_per_iteration=4), data, planar3_chain)
    assert seen == [153, 306, 458, *[610] * 9]


def test_the_window_is_of_the_last_samples(data, planar3_chain, monkeypatch):
    seen, some = [], Trainer.some
    monkeypatch.setattr(Trainer, "some", lambda self, *rest: seen.append(rest[-2:]) or some(self, *rest))
    asked, progress = learn(EmsslPlus(**SMALL, samplings_per_iteration=4), data, planar3_chain)
    model = progress[-1].solver
    for number, (positions, joint_angles) in enumerate(seen):
        window = np.concatenate(asked[number::-1])[: len(data.targets)]
        np.testing.assert_allclose(model.joints_scale.restore(joint_angles.numpy()), window, atol=1e-5)
        reached = model.inputs_scale.restore(positions.numpy())
        np.testing.assert_allclose(reached, planar3_chain.positions(window), atol=1e-5)


def test_in_adapting_the_noise_begins_again_in_every_iteration(data, planar3_chain):
    def asked(joint_noise):
        recording = Recording(planar3_chain)
        method = EmsslPlus(**SMALL, samplings_per_iteration=2, joint_noise=joint_noise, learning_rate=1e-12)
        model = method.new_solver(Problem(data, None, Seeds(0)))
        list(method.adapt(model, Problem(data, recording, Seeds(1)), len(data.targets)))
        return recording.asked

    pairs = zip(asked(0.1), asked(0.0), strict=True)
    spread = [float((noisy - guess).std() / np.pi) for noisy, guess in pairs]
    assert spread == pytest.approx([0.1, 0.05] * 3, rel=0.1)


def test_a_disagreement_counts_by_its_logarithm_beyond_the_scale(data):
    """Of each sample, whose joints are taken together: s² ln(1 + d²/s²)."""
    method = EmsslPlus(cauchy_scale=0.1)
    model = method.new_solver(Problem(data, None, Seeds(0)))
    inputs = model.prepared(data.targets[:2])
    with torch.no_grad():
        answers = model.network(inputs)
    off = torch.tensor([[0.1, 0.1, 0.1], [0.3, 0.0, 0.0]])
    expected = 0.01 * (np.log(1 + 1) + np.log(1 + 3)) / 2
    assert robust_error(model, method.cauchy_scale)(inputs, answers + off).item() == pytest.approx(expected, rel=1e-4)


def test_steps_pass_through_the_data_as_often_as_they_need_to(planar3, planar3_chain):
    rows = torch.arange(10.0)[:, None]
    weight = torch.nn.Linear(1, 1)
    batches = []

    def loss(x):
        batches.append(x.flatten().tolist())
        return weight(x).sum() * 0

    Trainer(weight, 0.001).some(7, loss, 4, Seeds(0).torch("order"), rows)
    assert [len(batch) for batch in batches] == [4, 4, 2, 4, 4, 2, 4]
    for one_pass in (batches[:3], batches[3:6]):
        assert sorted(itertools.chain(*one_pass)) == list(range(10))


@pytest.mark.parametrize("settings", [{"samplings_per_iteration": 0}, {"cauchy_scale": -1.0}, {"joint_noise": -0.1}])
def test_settings_outside_what_is_allowed_are_refused(settings):
    with pytest.raises(InvalidValue):
        EmsslPlus(**settings)
