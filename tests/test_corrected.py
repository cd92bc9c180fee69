"""Answers corrected through a learned forward model: its slopes, its steps and its file."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from emssl_bench.exceptions import ModelError
from emssl_bench.experiments import accuracy
from emssl_bench.joint_space import JointSpace
from emssl_bench.records import Store
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.circles import from_circles, on_circles, spans_of
from emssl_bench.solvers.corrected import CorrectedSolver
from emssl_bench.solvers.corrections import Corrections, forward_network, where_it_leads
from emssl_bench.solvers.network import InverseNetwork
from emssl_bench.solvers.network_solver import NetworkSolver
from emssl_bench.tasks import POSITION

SPACE = JointSpace((-math.pi, -1.0, -0.1), (math.pi, 3.0, 0.3))
JOINTS = Normaliser.of_joint_space(SPACE)
AIMS = Normaliser((-0.6,) * 3, (0.6,) * 3, -1.0, 1.0)


def made(corrections=2, candidates=1):
    network = InverseNetwork(3, "he_uniform", torch.Generator().manual_seed(0))
    inner = NetworkSolver(network, Normaliser((-1.0,) * 3, (1.0,) * 3, -1, 1), JOINTS, 64)
    forward = forward_network(3, 3, "he_uniform", torch.Generator().manual_seed(1))
    return CorrectedSolver.of(inner, Corrections(forward, AIMS, JOINTS, corrections, POSITION, candidates))


def applied(corrections, starts, targets):
    """Starts (n, k, dof), all corrected, in their order."""
    return corrections.solved(lambda *_: starts, targets, starts.shape[1])


def test_joint_angles_come_back_from_their_circles():
    shares = torch.rand(100, 3, generator=torch.Generator().manual_seed(0))
    spans = spans_of(JOINTS)
    torch.testing.assert_close(spans, torch.tensor([2 * math.pi, 4.0, math.pi]))
    torch.testing.assert_close(from_circles(on_circles(shares, spans), spans), shares, atol=1e-5, rtol=0)


def test_slopes_are_those_of_automatic_differentiation():
    forward, spans = made().corrections.forward.double(), spans_of(JOINTS).double()
    shares = torch.rand(20, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    values, slopes = where_it_leads(forward, shares, spans)

    def one(q):
        return forward(on_circles(q[None], spans).flatten(1))[0]

    torch.testing.assert_close(values, torch.stack([one(q) for q in shares]))
    expected = torch.func.vmap(torch.func.jacrev(one))(shares) / spans
    torch.testing.assert_close(slopes, expected.mT)


def test_corrections_lead_to_the_target_as_the_forward_network_sees_it(rng):
    """From joint angles a few degrees away, for what it says of these."""
    shares = rng.uniform(0.2, 0.8, (300, 3))
    starts = shares + rng.uniform(-0.02, 0.02, shares.shape)

    def missed(steps):
        corrections = made(steps).corrections
        aims = corrections.expected(JOINTS.restore(shares))
        found = applied(corrections, JOINTS.restore(starts)[:, None], AIMS.restore(aims))
        return np.linalg.norm(corrections.expected(found[:, 0]) - aims, axis=1).mean()

    errors = {steps: missed(steps) for steps in (0, 1, 4)}
    assert errors[1] < 0.3 * errors[0]
    assert errors[4] < 0.05 * errors[0]


def test_answers_stay_in_the_joint_space_and_depend_on_their_target_alone(rng):
    targets = rng.uniform(-5, 5, (2500, 3))
    found = made(20).solve(targets, 2)
    SPACE.checked(found.reshape(-1, 3))
    np.testing.assert_allclose(made(20).solve(targets[7:8], 2)[0], found[7], atol=1e-3)
    assert made().solve(targets[:0]).shape == (0, 1, 3)


def test_it_is_kept_with_both_networks(rng):
    arrays, settings = made().saved()
    again = CorrectedSolver.restored(arrays, settings)
    targets = rng.uniform(-0.5, 0.5, (20, 3))
    np.testing.assert_array_equal(again.solve(targets), made().solve(targets))
    assert again.same_as(made())
    assert not again.same_as(made(3))
    for wrong in ({"corrections": 0}, {"corrections": 1.5}, {"aims_scale": {}}, {"more": 1}):
        with pytest.raises(ModelError):
            CorrectedSolver.restored(arrays, {**settings, **wrong})
    with pytest.raises(ModelError):
        CorrectedSolver.restored({name: a for name, a in arrays.items() if name != "forward.0.bias"}, settings)


@pytest.mark.parametrize("samples", [1, 3, 6])
def test_the_forward_network_chooses_among_candidates_and_others_stay_in_order(rng, samples):
    corrections = made(candidates=4).corrections
    starts, targets = rng.uniform(SPACE.lower, SPACE.upper, (300, 6, 3)), rng.uniform(-0.5, 0.5, (300, 3))
    one_step = replace(corrections, steps=1, candidates=1)
    stepped = applied(one_step, starts, targets)
    asked = []

    def propose(rows, count):
        asked.append(count)
        return starts[:, :count]

    found = corrections.solved(propose, targets, samples)
    assert asked == [max(samples, 4)]
    assert found.shape == (300, samples, 3)
    led_to = corrections.expected(stepped.reshape(-1, 3)).reshape(300, 6, 3)
    best = np.linalg.norm(led_to - AIMS.normalise(targets)[:, None], axis=2)[:, :4].argmin(axis=1)
    assert (best > 0).mean() > 0.5
    chosen = stepped[np.arange(300), best][:, None]
    np.testing.assert_array_equal(found[:, :1], applied(one_step, chosen, targets))
    np.testing.assert_array_equal(found[:, 4:], applied(one_step, stepped[:, 4:samples], targets))


def test_no_targets_have_no_solutions_of_as_many_samples_as_asked_for():
    corrections = made(candidates=4).corrections
    assert corrections.solved(lambda rows, count: np.zeros((0, count, 3)), np.zeros((0, 3)), 2).shape == (0, 2, 3)


def test_candidates_are_kept_and_one_is_what_there_was_before():
    arrays, settings = made(candidates=4).saved()
    assert CorrectedSolver.restored(arrays, settings).same_as(made(candidates=4))
    assert not made().same_as(made(candidates=4))
    assert "candidates" not in made().saved()[1]
    for wrong in (0, 1.5, True, 1001):
        with pytest.raises(ModelError, match="candidates must be a whole number from 1 to 1000"):
            CorrectedSolver.restored(arrays, {**settings, "candidates": wrong})


def test_both_networks_move_to_a_device():
    solver = made()
    solver.to("meta")
    for network in (solver.network, solver.corrections.forward):
        assert {parameter.device.type for parameter in network.parameters()} == {"meta"}


def test_a_training_with_corrections_goes_on_as_if_it_had_not_been_interrupted(planar3, tmp_path):
    size = accuracy.Budget(400, 100, {"iterations": 3, "epochs": 2})
    (trial,) = accuracy.plan(["emssl-plus"], planar3, [180], [0], size, {}, "chain", task="pose")

    def interrupt(status):
        if status.iteration == 2:
            raise KeyboardInterrupt

    whole, expected = accuracy.run(trial, planar3, Store(tmp_path / "whole"), 1, lambda status: None)
    store = Store(tmp_path / "interrupted")
    with pytest.raises(KeyboardInterrupt):
        accuracy.run(trial, planar3, store, 1, interrupt)
    record, found = accuracy.run(trial, planar3, store, 1, lambda status: None)
    assert isinstance(found, CorrectedSolver)
    assert found.same_as(expected)
    assert record.metrics["error_mean_cm"] == whole.metrics["error_mean_cm"]
    assert record.metrics["other_gradient_steps"] == record.metrics["gradient_steps"]
