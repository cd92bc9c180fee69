"""The conditional GAN: what its discriminator is shown, and what its generator learns from."""

import numpy as np
import pytest
import torch
from torch import nn

from baselines import cgan
from baselines.cgan import ConditionalGan
from emssl_bench.data import Dataset
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.base import Problem
from emssl_bench.methods.network_method import tensors
from emssl_bench.seeding import Seeds

SETTINGS = {"iterations": 2, "epochs": 1, "training_batch": 50}


@pytest.fixture
def data(planar3, planar3_chain):
    return Dataset.sample(planar3_chain, JointSpace.of(planar3, 90), 100, 50, Seeds(0)).train


class Watched(nn.Module):
    """A discriminator that keeps what it is shown."""

    def __init__(self, network):
        super().__init__()
        self.network, self.shown = network, []

    def forward(self, rows):
        self.shown.append(rows.detach().clone())
        return self.network(rows)


@pytest.fixture
def shown(data, planar3_chain, monkeypatch):
    """What the discriminator is shown in each of its own steps, and in each of the generator's; the last model."""
    watched, make = [], cgan.fully_connected

    def made(*arguments):
        watched.append(Watched(make(*arguments)))
        return watched[-1]

    monkeypatch.setattr(cgan, "fully_connected", made)
    *_, last = ConditionalGan(**SETTINGS).learn(Problem(data, planar3_chain, Seeds(0), "cpu"))
    (discriminator,) = watched
    return discriminator.shown[::2], discriminator.shown[1::2], last.solver


def rows_of(*columns):
    return {tuple(row) for row in torch.cat(columns, dim=1).numpy().round(5).tolist()}


def test_a_discriminator_tells_true_pairs_from_guesses_and_from_another_samples_joint_angles(shown, data):
    of_its_steps, _, model = shown
    positions, joint_angles = tensors(model, data.joint_angles, data.targets)
    pairs = rows_of(positions, 2 * joint_angles - 1)
    assert len(of_its_steps) == 2 * 2
    for rows in of_its_steps:
        (p, q), (p_of_guesses, guesses), (p_of_others, q_of_others) = (part.split(3, dim=1) for part in rows.chunk(3))
        assert rows_of(p, q) <= pairs
        assert torch.equal(p_of_guesses, p)
        assert not rows_of(p_of_guesses, guesses) & pairs
        assert torch.equal(q_of_others, q)
        assert rows_of(p_of_others) == rows_of(p), "all of the same batch"
        assert not rows_of(p_of_others, q_of_others) & pairs


def test_a_generator_is_judged_by_its_guesses_for_the_same_positions(shown):
    of_discriminator, of_generator, _ = shown
    for before, after in zip(of_discriminator, of_generator, strict=True):
        assert torch.equal(after, before.chunk(3)[1]), "the guesses that the discriminator has just been shown"


def test_a_generator_learns_what_to_make_of_its_random_numbers(shown, data):
    *_, model = shown
    fresh = ConditionalGan(**SETTINGS).new_solver(Problem(data, None, Seeds(0)), model.network.latent_size)
    before, after = (each.network.layers[0].weight.detach().numpy() for each in (fresh, model))
    moved = np.abs(after - before).max(axis=0)[3:]
    assert len(moved) == 3
    assert (moved > 1e-4).all(), "the weights of the random numbers"
