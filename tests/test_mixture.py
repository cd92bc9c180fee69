"""The network with several answers: what it says, how it learns and how it is kept."""

import math

import numpy as np
import pytest
import torch

from emssl_bench.exceptions import InvalidValue, ModelError
from emssl_bench.experiments import accuracy
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.emssl_plus import EmsslPlus
from emssl_bench.methods.network_method import mixture_error
from emssl_bench.methods.trainer import Trainer
from emssl_bench.records import Store
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.circles import on_circles
from emssl_bench.solvers.mixture import MixtureNetwork, outputs_of
from emssl_bench.solvers.network_solver import NetworkSolver
from emssl_bench.tasks import task

COMPONENTS = 4
SPACE = JointSpace((-math.pi, -1.0, -0.1), (math.pi, 3.0, 0.3))


def network(space=SPACE, components=COMPONENTS, inputs=3):
    drawn = "he_uniform", torch.Generator().manual_seed(0)
    return MixtureNetwork(Normaliser.of_joint_space(space), *drawn, inputs, components)


@pytest.fixture
def inputs():
    return torch.rand(500, 3, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_it_has_a_point_for_every_joint_and_a_weight_for_every_component(inputs):
    points, weights = network().answers(inputs)
    assert points.shape == (500, COMPONENTS, 3, 2)
    torch.testing.assert_close(points.norm(dim=-1), torch.ones(500, COMPONENTS, 3))
    torch.testing.assert_close(weights.exp().sum(dim=1), torch.ones(500))
    assert network().layers[-1].out_features == outputs_of(3, COMPONENTS) == COMPONENTS * 7


def test_a_joint_angle_is_where_its_point_is(inputs):
    """A whole turn fills the circle, a shorter range its share, and one below half a turn is stretched to that."""
    mixture = network()
    torch.testing.assert_close(mixture.spans, torch.tensor([2 * math.pi, 4.0, math.pi]))
    shares = torch.rand(500, 3, generator=torch.Generator().manual_seed(2))
    points = on_circles(shares, mixture.spans)
    torch.testing.assert_close(points[0, 1, 0], ((shares[0, 1] - 0.5) * 4).sin())
    apart = mixture.squared_distances(points[:, None], shares)
    torch.testing.assert_close(apart, torch.zeros(500, 1))
    moved = mixture.squared_distances(points[:, None], shares + 0.001)
    torch.testing.assert_close(moved, torch.full((500, 1), 1e-6), rtol=0.01, atol=0)


def test_the_heaviest_counts_and_all_are_drawn_by_weight(inputs):
    mixture = network()
    with torch.no_grad():
        mixture.layers[-1].bias[-COMPONENTS:] = torch.tensor([0.0, 0.0, math.log(3.0), -50.0])
        mixture.layers[-1].weight[-COMPONENTS:] = 0
        points, _ = mixture.answers(inputs)
        found, angles = mixture(inputs), torch.atan2(points[:, 2, :, 0], points[:, 2, :, 1])
        torch.testing.assert_close(found, (0.5 + angles / mixture.spans).clamp(0, 1))
        drawn = mixture.drawn(inputs, torch.Generator().manual_seed(0))
    same = (drawn == found).all(dim=1).double().mean().item()
    assert same == pytest.approx(3 / 5, abs=0.07)


def test_samples_are_its_answers_by_weight(inputs):
    """Beyond the last of them they begin again; the first is the answer that one gets alone."""
    mixture, scale = network(), Normaliser.of_joint_space(SPACE)
    solver = NetworkSolver(mixture, Normaliser((-1.0,) * 3, (1.0,) * 3, -1, 1), scale, inference_batch=128)
    targets = inputs.numpy().astype(float)
    found = solver.solve(targets, COMPONENTS + 1)
    np.testing.assert_allclose(found[:, :1], solver.solve(targets), atol=1e-5)
    np.testing.assert_array_equal(found[:, 0], found[:, COMPONENTS])
    with torch.no_grad():
        points, weights = mixture.answers(inputs)
        angles = (0.5 + torch.atan2(points[..., 0], points[..., 1]) / mixture.spans).clamp(0, 1)
    by_weight = scale.restore(angles[torch.arange(500)[:, None], weights.argsort(dim=1, descending=True)].numpy())
    np.testing.assert_allclose(found[:, :COMPONENTS], by_weight, atol=1e-5)


def test_its_first_answers_are_spread_over_the_joint_space(inputs):
    mixture = network()
    mixture.spread_outputs(inputs, 0.5, 0.0, torch.Generator().manual_seed(0))
    points, weights = mixture.answers(inputs)
    means = torch.nn.functional.normalize(points.mean(dim=0), dim=-1)
    angles = torch.atan2(means[..., 0], means[..., 1])
    assert (angles.abs() <= mixture.spans / 2 + 0.3).all()
    assert angles.std(dim=0).min() > 0.4
    assert weights.exp().max() < 0.9


def test_where_least_squares_averages_two_branches_it_keeps_both():
    """Of two joint angles for one target, one component learns the one, another the other, with their weights."""
    rows = torch.zeros(10, 3)
    angles = torch.tensor([[0.2] * 3] * 7 + [[0.8] * 3] * 3)
    mixture = network(JointSpace((-3.0,) * 3, (3.0,) * 3), components=2)
    with torch.no_grad():
        for component, share in enumerate((0.3, 0.7)):
            start = on_circles(torch.full((3,), share), mixture.spans).reshape(-1)
            mixture.layers[-1].bias[6 * component : 6 * component + 6] = start
    trainer = Trainer(mixture, 0.001)
    order = torch.Generator().manual_seed(0)
    trainer.some(1500, mixture_error(mixture, 0.02, 3.0), 10, order, rows, angles)
    points, weights = mixture.answers(rows[:1])
    found = 0.5 + torch.atan2(points[0, :, :, 0], points[0, :, :, 1]) / mixture.spans
    torch.testing.assert_close(found, torch.tensor([[0.2] * 3, [0.8] * 3]), atol=0.01, rtol=0)
    torch.testing.assert_close(weights.exp()[0], torch.tensor([0.7, 0.3]), atol=0.05, rtol=0)


def solver(of="pose"):
    of_task = task(of)
    scale = Normaliser((-1.0,) * of_task.features_size, (1.0,) * of_task.features_size, -1.0, 1.0)
    return NetworkSolver(network(inputs=of_task.features_size), scale, Normaliser.of_joint_space(SPACE), 64, of_task)


def test_it_is_kept_with_its_components(rng):
    arrays, settings = solver().saved()
    assert settings["components"] == COMPONENTS
    again = NetworkSolver.restored(arrays, settings)
    targets = np.concatenate([rng.uniform(-1, 1, (20, 3)), np.tile([0, 0, 0, 1.0], (20, 1))], axis=1)
    np.testing.assert_array_equal(again.solve(targets), solver().solve(targets))
    assert again.same_as(solver())
    for wrong in (0, 2.5, COMPONENTS + 1):
        with pytest.raises(ModelError):
            NetworkSolver.restored(arrays, {**settings, "components": wrong})


def test_its_answers_are_within_the_joint_space(rng):
    frames = np.concatenate([rng.uniform(-1, 1, (200, 3)), rng.normal(size=(200, 4))], axis=1)
    frames[:, 3:] /= np.linalg.norm(frames[:, 3:], axis=1, keepdims=True)
    SPACE.checked(solver().joint_angles(frames))
    SPACE.checked(solver().drawn(frames, torch.Generator().manual_seed(0)))


def test_noise_goes_around_a_joint_that_turns_all_the_way(rng):
    at_end = np.tile([math.pi, 3.0, 0.3], (2000, 1))
    found = SPACE.jittered(at_end, 0.05, rng, around=True)
    assert (found[:, 0] < 0).mean() == pytest.approx(0.5, abs=0.05)
    assert (found[:, 1] > 2).all()
    assert (found[:, 1] == 3).mean() == pytest.approx(0.5, abs=0.05)
    SPACE.checked(found)


@pytest.fixture
def trial(planar3):
    (found,) = accuracy.plan(
        ["emssl-plus"], planar3, [180], [0], accuracy.Budget(400, 100, {"iterations": 3, "epochs": 2}), {}, "chain",
        task="pose",
    )  # fmt: skip
    return found


def test_poses_get_it_by_default_and_positions_do_not(trial):
    assert trial.settings.hyperparameters["components"] > 1
    assert EmsslPlus().components == 1


def test_a_training_that_was_interrupted_goes_on_as_if_it_had_not_been(trial, planar3, tmp_path):
    def ended_after(iterations):
        def progress(status):
            if status.iteration == iterations:
                raise KeyboardInterrupt

        return progress

    whole, expected = accuracy.run(trial, planar3, Store(tmp_path / "whole"), 1, lambda status: None)
    store = Store(tmp_path / "interrupted")
    with pytest.raises(KeyboardInterrupt):
        accuracy.run(trial, planar3, store, 1, ended_after(2))
    record, found = accuracy.run(trial, planar3, store, 1, lambda status: None)
    assert found.same_as(expected)
    assert record.metrics["error_mean_cm"] == whole.metrics["error_mean_cm"]


def test_several_components_need_a_scale():
    with pytest.raises(InvalidValue, match="cauchy_scale must be over 0"):
        EmsslPlus(components=2, cauchy_scale=0.0)
