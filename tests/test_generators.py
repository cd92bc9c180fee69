"""Networks that solutions are drawn from: their densities, what they draw, and how they are kept."""

import math

import numpy as np
import pytest
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, MultivariateNormal, Normal

import emssl_bench
from emssl_bench.exceptions import ModelError
from emssl_bench.forward.chain import ChainArm
from emssl_bench.solvers.flow_matching import FlowMatchingNetwork
from emssl_bench.solvers.guesses import NetworkGuesses, RandomGuesses
from emssl_bench.solvers.network_solver import NetworkSolver
from emssl_bench.solvers.unbounded import bounded, unbounded
from tests.generators import COMPONENTS, NETWORKS, SPACE, network, solver
from tests.models import trained

MIXTURES = [name for name in NETWORKS if name.startswith("mdn")]


@pytest.fixture(params=NETWORKS)
def name(request):
    return request.param


@pytest.fixture
def inputs():
    return torch.rand(200, 3, generator=torch.Generator().manual_seed(1)) * 2 - 1


def uniform(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(2))


def reference(of):
    """The same mixtures, by torch; of joint angles in [-1, 1]."""
    if of.factors is None:
        parts = Independent(Normal(of.means, of.log_scales.exp()), 1)
    else:
        whitening = torch.diag_embed((-of.log_scales).exp()) @ of.factors
        parts = MultivariateNormal(of.means, precision_matrix=whitening.mT @ whitening)
    return MixtureSameFamily(Categorical(logits=of.logits), parts)


@pytest.mark.parametrize("name", MIXTURES)
def test_the_density_of_a_mixture_is_that_of_torch(name, inputs):
    mdn, joint_angles = network(name).double(), uniform(200, 3).double()
    of = mdn.mixture(inputs.double())
    expected = reference(of).log_prob(2 * joint_angles - 1) + 1.5 * math.log(2 * math.pi)
    torch.testing.assert_close(mdn.log_density(inputs.double(), joint_angles), expected)


@pytest.mark.parametrize("name", MIXTURES)
def test_what_a_mixture_draws_is_distributed_as_the_mixture(name):
    mdn, one = network(name), torch.tensor([[0.3, -0.2, 0.6]])
    with torch.no_grad():
        mdn.layers[-1].weight *= 0.2  # so that nothing is cut at the ends
        mdn.layers[-1].bias.view(COMPONENTS, -1)[:, 1:4] *= 0.3
        mdn.layers[-1].bias.view(COMPONENTS, -1)[:, 4:7] -= 2
        latent = torch.randn(40_000, 4, generator=torch.Generator().manual_seed(3))
        drawn = 2 * mdn(one.expand(len(latent), -1), latent) - 1
        expected = reference(mdn.mixture(one))
        torch.manual_seed(0)
        theirs = expected.sample((40_000,))[:, 0]
    assert (drawn.abs() == 1).float().mean() < 0.001
    torch.testing.assert_close(drawn.mean(dim=0), theirs.mean(dim=0), atol=0.01, rtol=0)
    torch.testing.assert_close(torch.cov(drawn.T), torch.cov(theirs.T), atol=0.005, rtol=0)
    shares = [expected.log_prob(each[:, None]).quantile(torch.linspace(0.05, 0.95, 10)) for each in (drawn, theirs)]
    torch.testing.assert_close(*shares, atol=0.05, rtol=0)


@pytest.mark.parametrize("name", MIXTURES)
def test_the_first_answer_of_a_mixture_is_the_mean_of_its_heaviest_component(name, rng):
    mdn = solver(name)
    targets = rng.uniform(-1, 1, (50, 3))
    with torch.no_grad():
        of = mdn.network.mixture(mdn.prepared(targets))
    heaviest = of.means[torch.arange(50), of.logits.argmax(dim=1)].clamp(-1, 1).numpy().astype(float)
    expected = mdn.joints_scale.restore((heaviest + 1) / 2)
    np.testing.assert_allclose(mdn.joint_angles(targets), expected, atol=1e-5)
    np.testing.assert_array_equal(mdn.solve(targets, 3)[:, 0], mdn.joint_angles(targets))


def test_the_density_of_a_flow_is_that_of_its_volume():
    """By automatic differentiation of the solutions that it draws."""
    flow = network("flow").double()
    inputs, latent = uniform(20, 3).double() * 2 - 1, 2 * uniform(20, 3).double() - 1

    def one(of_target, of_latent):
        return unbounded(flow(of_target[None], of_latent[None])[0])

    volumes = torch.func.vmap(torch.func.jacrev(one, argnums=1))(inputs, latent).det().abs().log()
    expected = -latent.square().sum(dim=1) / 2 - volumes
    torch.testing.assert_close(flow.log_density(inputs, flow(inputs, latent)), expected)


def test_a_flow_takes_every_solution_back_to_where_it_was_drawn_from(inputs):
    flow = network("flow").double()
    latent = torch.randn(200, 3, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    normal, _ = flow.flow(inputs.double()).call_and_ladj(unbounded(flow(inputs.double(), latent)))
    torch.testing.assert_close(normal, latent, atol=1e-6, rtol=0)


class Turning(FlowMatchingNetwork):
    """Its velocity is known: places turn about the origin, and faster as time goes by."""

    def velocity(self, inputs, places, times):
        return 2 * times * torch.stack([-places[:, 1], places[:, 0]], dim=1)


def test_paths_are_followed_with_an_error_of_second_order():
    starts, inputs = torch.tensor([[1.0, 0.5]], dtype=torch.float64), torch.zeros(1, 3, dtype=torch.float64)
    cos, sin = math.cos(1), math.sin(1)
    exact = bounded(torch.tensor([[cos - 0.5 * sin, sin + 0.5 * cos]], dtype=torch.float64))
    errors = [
        (Turning(2, 3, (4,), steps, torch.Generator())(inputs, starts) - exact).abs().max().item() for steps in (8, 16)
    ]
    assert errors[0] < 1e-2
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.15)


def test_joint_angles_without_bounds_come_back_and_uniform_ones_are_nearly_normal():
    shares = uniform(10_000, 2)
    numbers = unbounded(shares)
    torch.testing.assert_close(bounded(numbers), shares.clamp(1e-4, 1 - 1e-4), atol=1e-5, rtol=0)
    assert numbers.std().item() == pytest.approx(1, abs=0.03)
    assert unbounded(torch.tensor([0.0, 1.0])).isfinite().all()


def test_a_solution_depends_on_its_target_and_number_alone(name, rng):
    drawing = solver(name)
    targets, order = rng.uniform(-1, 1, (100, 3)), rng.permutation(100)
    found = drawing.solve(targets, 5)
    assert drawing.stochastic
    assert np.ptp(found, axis=1).max(axis=1).min() > 1e-3, "they differ"
    np.testing.assert_allclose(drawing.solve(targets[order], 5), found[order], atol=1e-5)
    np.testing.assert_allclose(drawing.solve(targets[:7], 2), found[:7, :2], atol=1e-5)
    SPACE.checked(found.reshape(-1, 3))


def test_queries_refine_its_first_solution_by_its_own_jacobian(name, rng):
    drawing = solver(name)
    target = rng.uniform(-0.1, 0.1, (1, 3))
    guesses = NetworkGuesses(drawing, RandomGuesses(SPACE))
    angles, found = guesses.first(target)
    inputs, latent = drawing.prepared(target), drawing.latent(target, 1)
    (rows,) = torch.autograd.functional.jacobian(lambda given: drawing.network(given, latent)[0], inputs).swapaxes(0, 1)
    widths = np.subtract(SPACE.upper, SPACE.lower)[:, None]  # its inputs are the targets as they are
    np.testing.assert_allclose(found[0], np.linalg.pinv(rows.double().numpy() * widths, rcond=1e-3), rtol=1e-3)
    np.testing.assert_allclose(angles, drawing.joint_angles(target), atol=1e-5)


def test_it_is_the_same_after_saving_and_restoring(name, rng):
    drawing = solver(name)
    arrays, settings = drawing.saved()
    assert {key: each.shape for key, each in arrays.items()} == NetworkSolver.shapes(settings)
    again = NetworkSolver.restored(arrays, settings)
    assert again.same_as(drawing)
    targets = rng.uniform(-1, 1, (20, 3))
    np.testing.assert_array_equal(again.solve(targets, 4), drawing.solve(targets, 4))


WRONG = [
    (
        "mdn",
        "network",
        "gan",
        "its network must be one of mixture density, flow, flow matching, ",
    ),
    ("mdn", "network", "mixture", "its network must be one of"),
    ("mdn", "covariance", "round", "its covariance must be diagonal or full"),
    ("mdn", "components", 0, "its components must be a whole number from 1"),
    ("mdn", "components", 5, "its arrays are not of the shapes that its settings give"),
    ("flow", "transforms", 10**9, "its transforms must be at most 1,000"),
    ("flow", "bins", 1, "its bins must be a whole number from 2"),
    ("flow", "hidden_widths", [16, 16.0], "its hidden_widths must be whole numbers from 1"),
    ("flow", "hidden_widths", [16] * 101, "its hidden_widths must be a list of at most 100"),
    ("flow", "hidden_widths", 16, "its hidden_widths must be a list of at most 100"),
    ("flow-matching", "steps", 10**9, "its steps must be at most 10,000"),
    ("flow-matching", "hidden_widths", [32, 31], "its arrays are not of the shapes that its settings give"),
]


@pytest.mark.parametrize(("name", "key", "value", "says"), WRONG)
def test_a_file_with_impossible_settings_is_refused(name, key, value, says):
    arrays, settings = solver(name).saved()
    with pytest.raises(ModelError, match=says):
        NetworkSolver.restored(arrays, {**settings, key: value})


@pytest.mark.parametrize("one_joint", [False, True])
def test_the_weights_of_a_flow_are_known_without_making_it(one_joint):
    """Also of an arm of one joint, for which zuko makes another kind of layer."""
    from emssl_bench.solvers.flow import FlowNetwork

    flow = FlowNetwork(1 if one_joint else 4, 9, 3, 6, (8, 12), torch.Generator())
    shapes = {name: tuple(each.shape) for name, each in flow.named_parameters()}
    assert FlowNetwork.shapes(flow.settings, 9) == shapes


@pytest.mark.parametrize("method", ["mdn", "flow", "cvae", "flow-matching"])
def test_poses_are_learned_too_and_evaluated_as_the_best_of_32(method, planar3, tmp_path):
    record, path = trained(tmp_path, planar3, method, task="pose")
    metrics = record.metrics
    for name in ("error_{}_cm", "angle_{}_deg", "cost_{}_cm"):
        assert 0 < metrics[name.format("best_of_32")] < metrics[name.format("mean")]
    assert metrics["labelled_samples"] == 600
    assert metrics["forward_calls"] == 0
    model = emssl_bench.load(path)
    found = model.solve(ChainArm(planar3).frames(np.zeros((1, 3))), 5)
    assert found.joint_angles.shape == (1, 5, 3)
    assert len(np.unique(found.error_m)) == 5
