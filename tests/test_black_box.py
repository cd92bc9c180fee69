"""Refinement by queries alone: what it asks of the arm, where it begins, and how near it comes."""

import numpy as np
import pytest

from emssl_bench.adaptation.identification import described, identified
from emssl_bench.adaptation.identified_contender import FromIdentifiedChain
from emssl_bench.adaptation.measured import NoisyArm
from emssl_bench.exceptions import CannotSolve, InvalidValue, ShapeError
from emssl_bench.forward import Counted
from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace
from emssl_bench.solvers import distilled
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.black_box import guesses_of, refine
from emssl_bench.solvers.contenders import black_box, contender, own
from emssl_bench.solvers.guesses import ChainGuesses, LookupGuesses, NetworkGuesses, RandomGuesses
from emssl_bench.solvers.kinematics import Chain, CompiledArm
from emssl_bench.solvers.levenberg_marquardt import LevenbergMarquardt
from emssl_bench.solvers.lookup import LookupSolver
from emssl_bench.tasks import POSITION
from emssl_bench.tasks.pose import POSE, angles_rad
from robots.changes import Change
from tests.models import untrained_network

FEW = 60


@pytest.fixture(scope="module")
def space(paper6):
    return JointSpace.of(paper6, 90)


@pytest.fixture(scope="module")
def arm(paper6, space):
    return CompiledArm(Chain.of(paper6, space))


@pytest.fixture
def targets(arm, space):
    """Frames (60, 7)."""
    return arm.frames(space.sample(FEW, np.random.default_rng(1)))


@pytest.fixture(scope="module")
def lookup(paper6, space):
    return own.stored_samples(paper6, space, POSITION, 3_000)


@pytest.fixture(scope="module")
def network(space, lookup):
    """An untrained network of positions."""
    return untrained_network(space, lookup.targets, POSITION)


def guesses_by_name(name, paper6, space, lookup, network):
    exact = LevenbergMarquardt(paper6, space)
    return {
        "random": lambda: RandomGuesses(space),
        "lookup": lambda: guesses_of(lookup, space),
        "network": lambda: guesses_of(network, space, lookup),
        "chain": lambda: ChainGuesses(exact.chain, exact),
    }[name]()


@pytest.fixture(params=["random", "lookup", "network", "chain"])
def guesses(request, paper6, space, lookup, network):
    return guesses_by_name(request.param, paper6, space, lookup, network)


def test_queries_are_counted_and_answers_are_what_they_say(guesses, arm, space, targets):
    counted, goals = Counted(arm), np.ascontiguousarray(targets[:, :3])
    found = refine(counted, goals, guesses, space, levels_m=(1e-2, 1e-3, 1e-4))
    assert counted.calls == found.queries.sum()
    error_m = np.linalg.norm(arm.positions(found.joint_angles) - goals, axis=1)
    np.testing.assert_allclose(found.error_m, error_m, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(found.reached, error_m <= 1e-4)
    assert found.reached.mean() > (0.5 if isinstance(guesses, RandomGuesses) else 0.9)
    space.checked(found.joint_angles)
    to = found.queries_to
    assert (to[:, 1:] >= to[:, :-1]).all()
    np.testing.assert_array_equal(np.isfinite(to[:, 2]), found.reached)
    assert (to[found.reached] <= found.queries[found.reached, None]).all()


@pytest.mark.parametrize("most", [1, 5, 20])
def test_the_budget_is_overrun_by_no_more_than_one_measured_jacobian(guesses, most, arm, space, targets):
    far = targets[:, :3] + [2.0, 0, 0]  # out of reach: all is spent
    found = refine(arm, far, guesses, space, most_queries=most)
    assert not found.reached.any()
    assert most <= found.queries.min()
    assert found.queries.max() <= most + (1 if guesses.exact else space.dof + 1)
    if most == 1 and not isinstance(guesses, RandomGuesses):  # all others have their Jacobian
        assert found.queries.max() == 1


@pytest.mark.parametrize("begin", ["lookup", "network"])
def test_poses_are_refined_too(begin, paper6, arm, space, targets):
    lookup = own.stored_samples(paper6, space, POSE, 3_000)
    solver = {"lookup": lookup, "network": untrained_network(space, targets, POSE)}[begin]
    counted = Counted(arm)
    found = refine(counted, targets, guesses_of(solver, space, lookup), space, task=POSE, most_queries=200)
    assert counted.calls == found.queries.sum()
    assert found.reached.mean() > 0.6
    np.testing.assert_array_equal(found.measured, arm.frames(found.joint_angles))
    apart = POSE.coordinates(found.measured) - POSE.coordinates(targets)
    np.testing.assert_allclose(found.error_m, np.linalg.norm(apart, axis=1), atol=1e-12)
    reached = arm.frames(found.joint_angles[found.reached])
    assert np.linalg.norm(reached[:, :3] - targets[found.reached, :3], axis=1).max() <= 1e-4
    assert angles_rad(reached, targets[found.reached]).max() <= 1.01e-4 / 0.3


def test_a_search_ends_at_twice_the_noise(arm, space, targets, lookup):
    goals, noise_m = np.ascontiguousarray(targets[:, :3]), 1e-3
    noisy = NoisyArm(arm, noise_m, np.random.default_rng(0))
    found = refine(noisy, goals, LookupGuesses(lookup), space, noise_m=noise_m)
    np.testing.assert_array_equal(found.reached, found.error_m <= 2 * noise_m)
    assert found.reached.mean() > 0.95
    assert found.error_m.max() > 1e-4, "none goes on to the bound"
    assert np.linalg.norm(arm.positions(found.joint_angles) - goals, axis=1).max() < 8 * noise_m


def test_a_tighter_bound_takes_more_queries(arm, space, targets, lookup):
    goals = np.ascontiguousarray(targets[:, :3])
    loose, tight = (refine(arm, goals, LookupGuesses(lookup), space, within_m=each) for each in (1e-2, 1e-7))
    assert tight.queries.mean() > loose.queries.mean() + 1
    assert tight.reached.mean() > 0.9
    assert tight.error_m[tight.reached].max() <= 1e-7


def test_targets_do_not_change_each_others_search(guesses, arm, space, targets):
    goals = np.ascontiguousarray(targets[:20, :3])
    together = refine(arm, goals, guesses, space)
    alone = [refine(arm, goal[None], guesses, space) for goal in goals[:6]]
    np.testing.assert_allclose(together.joint_angles[:6], [each.joint_angles[0] for each in alone], atol=1e-5)
    np.testing.assert_array_equal(together.queries[:6], [each.queries[0] for each in alone])
    assert refine(arm, goals[:0], guesses, space).queries.shape == (0,)


def test_targets_that_are_none_are_refused(arm, space, lookup, as_users_run):
    for wrong in (np.zeros((2, 4)), np.full((1, 3), np.nan)):
        with pytest.raises(ShapeError):
            refine(arm, wrong, LookupGuesses(lookup), space)


def test_an_exact_chain_needs_next_to_no_queries(arm, space, targets, paper6):
    solver = LevenbergMarquardt(paper6, space)
    found = refine(arm, targets[:, :3], ChainGuesses(solver.chain, solver), space)
    assert found.reached.all()
    assert 1 <= found.queries.min() <= found.queries.max() <= 3


def test_a_lookup_knows_how_its_samples_move(planar3):
    space = JointSpace.of(planar3, 90)
    lookup = own.stored_samples(planar3, space, POSITION, 14_000)
    inside = np.flatnonzero((np.abs(lookup.samples) < 1.2).all(axis=1))[:100]
    chain, step = ChainArm(planar3), 1e-6
    moved = [chain.positions(lookup.samples[inside] + step * way) for way in np.eye(3)]
    expected = (np.stack(moved, axis=2) - chain.positions(lookup.samples[inside])[..., None]) / step
    apart = np.linalg.norm(lookup.jacobians(inside) - expected, axis=(1, 2)) / np.linalg.norm(expected, axis=(1, 2))
    assert np.median(apart) < 0.05
    assert apart.max() < 0.12


def test_a_lookup_without_neighbours_knows_no_jacobians(lookup):
    plain = LookupSolver(lookup.targets, lookup.samples, lookup.lower, lookup.upper, neighbours=0)
    with pytest.raises(InvalidValue, match="without neighbours"):
        plain.jacobians(np.array([0]))


def test_restarts_take_other_samples(lookup, network, space, targets, paper6):
    goals = np.ascontiguousarray(targets[:3, :3])
    nearest = [lookup.nearest(goals, number) for number in range(3)]
    apart = [np.linalg.norm(lookup.targets[each] - goals, axis=1) for each in nearest]
    assert (apart[0] < apart[1]).all()
    assert (apart[1] < apart[2]).all()
    guesses = LookupGuesses(lookup)
    np.testing.assert_array_equal(guesses.another(goals, 2)[0], lookup.samples[nearest[2]])
    for name in ("random", "network", "chain"):
        each = guesses_by_name(name, paper6, space, lookup, network)
        tried = [each.first(goals)[0], each.another(goals, 1)[0], each.another(goals, 2)[0]]
        assert min(np.abs(tried[a] - tried[b]).max() for a, b in ((0, 1), (0, 2), (1, 2))) > 0.01, name
    for each in (guesses, RandomGuesses(space), NetworkGuesses(network, guesses)):
        assert each.another(goals, 21) is None


def test_only_networks_and_lookups_have_guesses(paper6, space, network):
    with pytest.raises(CannotSolve, match="networks and lookups, and this model is neither"):
        guesses_of(LevenbergMarquardt(paper6, space), space)
    assert isinstance(guesses_of(network, space), NetworkGuesses)


def test_a_described_chain_is_the_identified_one(paper6, space):
    truth = ChainArm(Change.parse("calibration=5").applied(paper6, np.random.default_rng(2)))
    angles, held_out = space.sample(50, np.random.default_rng(3)), space.sample(200, np.random.default_rng(4))
    chain = identified(paper6, angles, truth.positions(angles))
    again = CompiledArm(Chain.of(described(chain, paper6), space))
    np.testing.assert_allclose(again.positions(held_out), chain.positions(held_out), rtol=0, atol=1e-12)
    assert np.linalg.norm(again.positions(held_out) - truth.positions(held_out), axis=1).max() < 1e-4


@pytest.mark.parametrize("name", ["queries-identified", "queries-wrong", "queries-random", "queries-lookup"])
def test_black_boxes_answer_by_few_queries(name, paper6, arm, space, targets):
    solver, goals = contender(name)(paper6, space, POSITION), np.ascontiguousarray(targets[:20, :3])
    told = [solver.answer(goal) for goal in goals]
    assert np.mean([each.claimed for each in told]) >= (0.3 if name == "queries-random" else 0.9)
    error_m = np.linalg.norm(arm.positions(np.array([each.joint_angles for each in told])) - goals, axis=1)
    np.testing.assert_array_equal([each.claimed for each in told], error_m <= 1e-4)
    most = {"queries-identified": 3, "queries-wrong": 5, "queries-random": 60, "queries-lookup": 12}[name]
    assert np.mean([each.queries for each in told]) <= most
    before = {FromIdentifiedChain: 50, black_box.FromFewSamples: 14_000}
    assert solver.training_queries == before.get(type(solver), 0)
    np.testing.assert_allclose(solver.answers(goals), [each.joint_angles for each in told], atol=1e-6)


class Exact(Solver):
    """Positions to the angles that turn to them: what a trained network would have learned."""

    def solve(self, targets, samples=1):
        x, y, z = targets.T
        return np.stack([np.arctan2(y, x + 2), x - y, np.sin(2 * z)], axis=1)[:, None].repeat(samples, axis=1)


def test_a_small_copy_starts_near_what_it_is_a_copy_of(rng, monkeypatch):
    monkeypatch.setattr(distilled, "_STEPS", 800)
    targets, others = rng.uniform(-1, 1, (5_000, 3)), rng.uniform(-1, 1, (500, 3))
    starts = distilled.Distilled(Exact(), targets)(others)
    assert starts.shape == (500, 1, 3)
    apart = np.abs(starts[:, 0] - Exact().joint_angles(others)).max(axis=1)
    assert np.median(apart) < 0.06
    assert np.quantile(apart, 0.95) < 0.2


def test_a_copy_is_the_same_by_its_seed(rng, monkeypatch):
    monkeypatch.setattr(distilled, "_STEPS", 20)
    targets = rng.uniform(-1, 1, (1_000, 3))
    first, again, other = (distilled.Distilled(Exact(), targets, seed)(targets[:9]) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3
