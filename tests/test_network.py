import numpy as np
import pytest
import torch

from emssl_bench.data import JointSpace, Normaliser
from emssl_bench.errors import ShapeError
from emssl_bench.network import InverseNetwork, NetworkInverse


def model(latent_size=0, initialisation="he_uniform", batch=512):
    network = InverseNetwork(6, initialisation, torch.Generator().manual_seed(0), latent_size)
    space = JointSpace((-1.0,) * 6, (2.0,) * 6)
    return NetworkInverse(network, Normaliser((-1.0,) * 3, (1.0,) * 3, -1, 1), Normaliser.of_joint_space(space), batch)


@pytest.fixture
def positions(rng):
    return rng.uniform(-1, 1, (1000, 3))


def test_the_network_is_that_of_table_1():
    linear = [layer for layer in model().network.layers if isinstance(layer, torch.nn.Linear)]
    assert [layer.in_features for layer in linear] == [3, 1024, 512, 256, 128]
    assert linear[-1].out_features == 6


def test_only_he_initialisation_gives_a_fresh_network_that_answers_differently(positions):
    # The first data set of EMSSL is what the fresh network answers: docs/tuning.md.
    spread = {
        name: model(initialisation=name).joint_angles(positions).std(axis=0).mean() / 3
        for name in ("he_uniform", "xavier_uniform", "torch_default")
    }
    assert spread["he_uniform"] > 0.08
    assert spread["xavier_uniform"] < 0.08
    assert spread["torch_default"] < 0.01


def test_the_inference_batch_only_changes_rounding(positions):
    np.testing.assert_allclose(
        model(batch=1).joint_angles(positions[:50]), model(batch=512).joint_angles(positions[:50]), atol=1e-5
    )


def test_a_generator_gives_different_candidates_and_the_same_ones_again(positions):
    generator = model(latent_size=3)
    guesses = generator.candidates(positions[:10], 8)
    assert guesses.shape == (10, 8, 6)
    assert guesses.std(axis=1).min() > 0
    np.testing.assert_array_equal(generator.candidates(positions[:10], 8), guesses)


def test_a_plain_network_gives_the_same_candidate_again_and_again(positions):
    guesses = model().candidates(positions[:10], 4)
    np.testing.assert_allclose(guesses, np.repeat(guesses[:, :1], 4, axis=1), atol=1e-6)


@pytest.mark.parametrize("bad", [np.zeros((2, 2)), [[0, 0, np.nan]], [[0, 0, "x"]], np.zeros(3)])
def test_bad_positions_are_named(bad):
    with pytest.raises(ShapeError, match="positions must"):
        model().joint_angles(bad)


def test_spread_outputs_surround_a_point_well_within_the_joint_space(positions):
    network = model().network
    inputs = torch.as_tensor(positions, dtype=torch.float32)
    network.spread_outputs(inputs, 0.5, 1.0, torch.Generator().manual_seed(0))
    answers = network.layers(inputs).detach()
    np.testing.assert_allclose(answers.std(dim=0), 0.5, rtol=1e-4)
    assert (answers.mean(dim=0).abs() <= 1).all()
    assert answers.mean(dim=0).std() > 0.1, "every joint has a mean of its own"
