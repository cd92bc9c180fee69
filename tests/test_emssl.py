"""Algorithm 1, step by step."""

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
from emssl_bench.methods.trainer import Trainer
from emssl_bench.seeding import Seeds
from tests.examples import Recording


@pytest.fixture
def data(planar3, planar3_chain):
    return Dataset.sample(planar3_chain, JointSpace.of(planar3, 90), 600, 200, Seeds(0)).train.unlabelled()


def learn(data, arm, **settings):
    recording = Recording(arm)
    method = Emssl(**{"iterations": 3, "epochs": 2, "training_batch": 64, **settings})
    return recording, list(method.learn(Problem(data, recording, Seeds(0), "cpu")))


def test_each_iteration_samples_every_wanted_position_once(data, planar3_chain):
    recording, _ = learn(data, planar3_chain)
    assert [len(asked) for asked in recording.asked] == [600, 600, 600]


def test_what_is_sampled_is_what_the_current_network_guesses(data, planar3_chain):
    recording = Recording(planar3_chain)
    learning = Emssl(iterations=2, epochs=1).learn(Problem(data, recording, Seeds(0), "cpu"))
    model = next(learning).solver
    guesses = model.joint_angles(data.targets)
    next(learning)
    second = recording.asked[1]
    assert sorted(map(tuple, second.round(6))) == sorted(map(tuple, guesses.round(6)))


def test_learning_on_its_own_samples_lowers_the_error_on_wanted_positions(data, planar3_chain):
    before = error_cm(Emssl().new_solver(Problem(data, None, Seeds(0))), planar3_chain, data)
    _, progress = learn(data, planar3_chain, iterations=6, epochs=5)
    assert error_cm(progress[-1].solver, planar3_chain, data) < before / 2


def error_cm(model, arm, data):
    reached = arm.positions(model.joint_angles(data.targets))
    return 100 * np.linalg.norm(reached - data.targets, axis=1).mean()


def test_replay_keeps_a_share_and_samples_the_rest(data, planar3_chain):
    recording, progress = learn(data, planar3_chain, replay_share=0.67)
    assert [len(asked) for asked in recording.asked] == [600, 198, 198]
    assert progress[-1].costs.get("gradient_steps", 0) == 3 * 2 * 10


def test_what_is_replayed_is_drawn_from_all_older_samples_once_each_as_pairs(data, planar3_chain, monkeypatch):
    """In the third iteration half of D is old, of both iterations before: neither the newest nor the oldest."""
    seen, of_trainer = [], Trainer.epochs

    def epochs(self, count, loss, batch, generator, *pairs):
        seen.append([tensor.numpy().copy() for tensor in pairs])
        return of_trainer(self, count, loss, batch, generator, *pairs)

    monkeypatch.setattr(Trainer, "epochs", epochs)
    _, progress = learn(data, planar3_chain, replay_share=0.5)
    rows = [set(map(tuple, np.hstack(pairs))) for pairs in seen]
    assert [len(each) for each in rows] == [600, 600, 600], "no pair twice"
    assert len(rows[1] & rows[0]) == 300
    old = rows[2] & rows[1]
    assert len(old) == 300
    assert 120 < len(old & rows[0]) < 180, "about half of them were old already"
    model = progress[-1].solver
    positions, joint_angles = seen[2]
    reached = planar3_chain.positions(model.joints_scale.restore(joint_angles.astype(float)))
    np.testing.assert_allclose(model.inputs_scale.normalise(reached), positions, atol=1e-5)


def test_joint_noise_spreads_the_samples_and_stays_within_the_joint_space(data, planar3_chain):
    plain, _ = learn(data, planar3_chain)
    noisy, _ = learn(data, planar3_chain, joint_noise=0.2)
    assert not np.array_equal(plain.asked[0], noisy.asked[0])
    assert all((np.abs(asked) <= np.pi / 2).all() for asked in noisy.asked)
    first = np.abs(np.sort(noisy.asked[0], axis=0) - np.sort(plain.asked[0], axis=0)).mean()
    assert first > 0.02 * np.pi, "a fifth of the joint range in the first iteration"


def test_the_noise_fades_over_the_iterations(data, planar3_chain):
    """Against what the same network guesses, at a rate that leaves it as it is."""
    settings = {"iterations": 4, "learning_rate": 1e-12}
    plain, _ = learn(data, planar3_chain, **settings)
    noisy, _ = learn(data, planar3_chain, joint_noise=0.1, **settings)
    spread = [float((one - other).std() / np.pi) for one, other in zip(noisy.asked, plain.asked, strict=True)]
    assert spread == pytest.approx([0.1, 0.075, 0.05, 0.025], rel=0.1)


@pytest.mark.parametrize("cls", [Emssl, EmsslPlus])
def test_adapting_with_fewer_samples_draws_others_in_every_iteration(cls, data, planar3_chain):
    method = cls(iterations=3, epochs=1, training_batch=64, learning_rate=1e-12, joint_noise=0.0)
    recording, model = Recording(planar3_chain), method.new_solver(Problem(data, None, Seeds(0)))
    progress = list(method.adapt(model, Problem(data, recording, Seeds(1)), 100))
    assert [each.costs.get("gradient_steps", 0) for each in progress] == [0, 2, 4, 6]
    asked = np.concatenate(recording.asked).reshape(3, 100, 3)
    apart = np.abs(asked[:, :, None] - model.joint_angles(data.targets)).max(axis=3)
    assert apart.min(axis=2).max() < 1e-4, "they are guesses for positions of the data"
    drawn = [set(each) for each in apart.argmin(axis=2)]
    assert [len(each) for each in drawn] == [100, 100, 100]
    for one, other in itertools.combinations(drawn, 2):
        assert len(one & other) < 50, "a sixth, as chance has it"


def test_a_new_optimiser_in_every_iteration_changes_only_what_comes_after_the_first(data, planar3_chain):
    _, kept = learn(data, planar3_chain)
    _, renewed = learn(data, planar3_chain, new_optimiser=True)
    assert kept[0].loss == renewed[0].loss
    assert kept[2].loss != renewed[2].loss


def test_a_cosine_schedule_ends_at_rest(data, planar3_chain):
    recording = Recording(planar3_chain)
    method = Emssl(iterations=20, epochs=1, training_batch=64, schedule="cosine")
    weights = [
        torch.cat([p.detach().flatten().clone() for p in progress.solver.network.parameters()])
        for progress in method.learn(Problem(data, recording, Seeds(0), "cpu"))
    ]
    moved = [float((b - a).norm()) for a, b in itertools.pairwise(weights)]
    assert moved[-1] < moved[0] / 20


@pytest.mark.parametrize("settings", [{"replay_share": 1.0}, {"replay_share": -0.1}, {"joint_noise": -1.0}])
def test_settings_outside_what_is_allowed_are_refused(settings):
    with pytest.raises(InvalidValue):
        Emssl(**settings)
