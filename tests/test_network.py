import numpy as np
import pytest
import torch
from scipy.stats import kstest

from emssl_bench.exceptions import Diverged, InvalidValue, ShapeError
from emssl_bench.joint_space import JointSpace
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.latent import latent_values
from emssl_bench.solvers.network import InverseNetwork
from emssl_bench.solvers.network_solver import NetworkSolver


def model(latent_size=0, initialisation="he_uniform", batch=512):
    network = InverseNetwork(6, initialisation, torch.Generator().manual_seed(0), latent_size)
    space = JointSpace((-1.0,) * 6, (2.0,) * 6)
    return NetworkSolver(network, Normaliser((-1.0,) * 3, (1.0,) * 3, -1, 1), Normaliser.of_joint_space(space), batch)


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


def test_a_generator_gives_different_solutions_and_the_same_ones_again(positions):
    generator = model(latent_size=3)
    guesses = generator.solve(positions[:10], 8)
    assert guesses.shape == (10, 8, 6)
    assert guesses.std(axis=1).min() > 0
    np.testing.assert_array_equal(generator.solve(positions[:10], 8), guesses)


def test_a_plain_network_gives_the_same_solution_again_and_again(positions):
    guesses = model().solve(positions[:10], 4)
    np.testing.assert_allclose(guesses, np.repeat(guesses[:, :1], 4, axis=1), atol=1e-6)


def test_an_answer_of_a_generator_depends_on_its_target_and_its_number_alone(positions):
    """Neither on its row, nor on who else is asked about, nor on how many are drawn or inferred at a time."""
    generator = model(latent_size=3, batch=64)
    together = generator.solve(positions, 4)
    order = np.random.default_rng(0).permutation(len(positions))
    others = {
        "in another order": generator.solve(positions[order], 4)[np.argsort(order)],
        "each alone": np.stack([generator.solve(position[None], 4)[0] for position in positions[:20]]),
        "some of them": generator.solve(positions[300:], 4),
        "in other batches": model(latent_size=3, batch=7).solve(positions, 4),
        "more of each": generator.solve(positions, 32)[:, :4],
        "the single answer": np.tile(generator.joint_angles(positions)[:, None], (1, 4, 1)),
    }
    of_these = {"each alone": slice(20), "some of them": slice(300, None)}
    for how, found in others.items():
        expected = np.tile(together[:, :1], (1, 4, 1)) if how == "the single answer" else together
        np.testing.assert_allclose(found, expected[of_these.get(how, slice(None))], atol=1e-5, err_msg=how)


def test_a_rounded_target_is_the_same_target(positions):
    decimal = np.round(positions, 3)
    generator = model(latent_size=3)
    expected = generator.joint_angles(decimal)
    for other in (decimal.astype(np.float32), decimal + 1e-9, decimal - 1e-9, decimal * -1.0 * -1.0):
        np.testing.assert_allclose(generator.joint_angles(other), expected, atol=1e-4)


def test_latent_vectors_are_standard_normal_and_independent(rng):
    """Of neighbouring targets, too, and of different numbers of one target; values hold for any 20,000 normal ones."""
    targets = rng.uniform(-1, 1, (2000, 3))
    drawn = latent_values(np.concatenate([targets, targets + np.array([0.001, 0, 0])]), 5, 4)
    columns = np.concatenate([drawn[:2000].reshape(2000, -1), drawn[2000:].reshape(2000, -1)], axis=1)
    assert kstest(columns.ravel(), "norm").pvalue > 0.001
    correlations = np.corrcoef(columns.T)[np.triu_indices(40, 1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(2000)
    assert correlations.std() == pytest.approx(1 / np.sqrt(2000), rel=0.1)


def test_latent_vectors_are_these_on_every_machine():
    found = latent_values(np.array([[0.2, 0.1, 0.3], [0.0, -0.0, 0.0]]), 2, 2)
    expected = [[[-0.0564389, 0.675944], [-1.9041, 1.3203]], [[-1.12807, -1.64563], [0.44082, 0.497385]]]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_one_position_gets_one_answer(positions):
    for inverse in (model(), model(latent_size=3)):
        answers = inverse.joint_angles(positions[:1])
        for alone in (positions[0], positions[0].tolist(), tuple(positions[0])):
            assert inverse.joint_angles(alone).shape == (6,)
            np.testing.assert_array_equal(inverse.joint_angles(alone), answers[0])
        assert inverse.joint_angles([]).shape == (0, 6)
        assert inverse.solve(np.empty((0, 3)), 3).shape == (0, 3, 6)


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "2", None])
def test_samples_are_a_whole_number(positions, count):
    with pytest.raises(InvalidValue, match="samples must be a whole number of at least 1, not"):
        model().solve(positions, count)


def test_a_network_that_has_lost_its_numbers_says_so_and_a_far_target_is_named():
    broken = model()
    with torch.no_grad():
        broken.network.layers[0].weight[0, 0] = np.nan
    with pytest.raises(Diverged, match="the network's outputs are not finite"):
        broken.joint_angles([0.1, 0.2, 0.3])
    narrow = model()
    narrow.inputs_scale = Normaliser((0.0, 0.0, 0.0), (1.0, 1.0, 1e-40), -1, 1)
    assert np.isfinite(narrow.joint_angles([[0.1, 0.2, 0.0]])).all()
    with pytest.raises(ShapeError, match=r"must lie near those .*: row 1 is \[0\.1, 0\.2, 0\.3\]"):
        narrow.solve(np.array([[0.1, 0.2, 0.0], [0.1, 0.2, 0.3]]), 3)


@pytest.mark.parametrize("end", [-1e4, 1e4])
def test_answers_at_the_ends_of_the_space_are_not_rounded_out_of_it(positions, end):
    """-0.1 + (0.2 - -0.1) is more than 0.2."""
    space = JointSpace((-0.1, -0.3, -1.1, 0.1, -0.7, -2.9), (0.2, 0.6, 2.2, 0.7, 0.1, 2.3))
    saturated = model()
    with torch.no_grad():
        saturated.network.layers[-1].bias.fill_(end)
    scale = Normaliser.of_joint_space(space)
    answers = NetworkSolver(saturated.network, saturated.inputs_scale, scale, 512).joint_angles(positions[:5])
    ends = space.lower if end < 0 else space.upper
    assert any(scale.restore(np.ones((1, 6)))[0] > space.upper), "as without care"
    np.testing.assert_allclose(answers, np.tile(ends, (5, 1)))
    assert (answers >= space.lower).all()
    assert (answers <= space.upper).all()


@pytest.mark.parametrize("bad", [np.zeros((2, 2)), [[0, 0, np.nan]], [[0, 0, "x"]], np.zeros(4), [0, 0, 1e308], 0.0])
def test_bad_positions_are_named(bad):
    with pytest.raises(ShapeError, match="targets must"):
        model().joint_angles(bad)


def test_spread_outputs_surround_a_point_well_within_the_joint_space(positions):
    network = model().network
    inputs = torch.as_tensor(positions, dtype=torch.float32)
    network.spread_outputs(inputs, 0.5, 1.0, torch.Generator().manual_seed(0))
    answers = network.layers(inputs).detach()
    np.testing.assert_allclose(answers.std(dim=0), 0.5, rtol=1e-4)
    assert (answers.mean(dim=0).abs() <= 1).all()
    assert answers.mean(dim=0).std() > 0.1, "every joint has a mean of its own"


def test_a_generator_is_stochastic_and_a_plain_network_is_not():
    assert (model().stochastic, model(latent_size=3).stochastic) == (False, True)


def test_two_networks_are_the_same_where_weights_and_scales_are():
    first, second = model(), model()
    assert first.same_as(second)
    second.joints_scale = Normaliser((-0.5,) * 6, (0.5,) * 6, 0, 1)
    assert not first.same_as(second)
    third = model()
    with torch.no_grad():
        third.network.layers[0].bias[0] += 1
    assert not first.same_as(third)
