"""Measures of sets of solutions keep their laws."""

import math

import numpy as np
import pytest

from emssl_bench.experiments import solution_sets as sets

WIDTH = np.array([2.0, 4.0, 1.0])


@pytest.fixture
def reference(rng):
    return rng.uniform(-WIDTH / 2, WIDTH / 2, (256, 3))


def test_equal_sets_have_no_energy_distance_in_whatever_order(reference, rng):
    assert sets.energy_distance(reference, rng.permutation(reference), WIDTH) == pytest.approx(0, abs=1e-12)


def test_the_energy_distance_is_symmetric_positive_and_without_units(reference, rng):
    other = rng.uniform(-0.3, 0.3, (40, 3))
    apart = sets.energy_distance(other, reference, WIDTH)
    assert apart > 0.01
    assert sets.energy_distance(reference, other, WIDTH) == pytest.approx(apart)
    assert sets.energy_distance(100 * other, 100 * reference, 100 * WIDTH) == pytest.approx(apart)


def test_of_two_single_configurations_it_is_twice_their_distance():
    ones, others = np.array([[0.0, 0.0, 0.0]]), np.array([[2.0, 0.0, 0.0]])
    assert sets.energy_distance(ones, others, WIDTH) == pytest.approx(2)


def test_a_perfect_sampler_is_at_the_floor_and_one_that_knows_one_branch_above(reference, rng):
    drawn = [rng.uniform(-WIDTH / 2, WIDTH / 2, (32, 3)) for _ in range(30)]
    perfect = np.mean([sets.energy_distance(each, reference, WIDTH) for each in drawn])
    floor = np.mean([sets.floor(rng.permutation(reference), 32, WIDTH) for _ in range(30)])
    assert perfect == pytest.approx(floor, rel=0.2)
    half = np.mean([sets.energy_distance(np.abs(each), reference, WIDTH) for each in drawn])
    assert half > 3 * floor


def test_the_floor_falls_as_the_inverse_of_the_number_of_solutions(reference, rng):
    """For independent sets with means over all pairs: E|b - b'| (1 / m + 1 / n)."""
    floors = [np.mean([sets.floor(rng.permutation(reference), k, WIDTH) for _ in range(40)]) for k in (1, 8, 128)]
    mean = np.linalg.norm((reference[:128] - reference[128:]) / WIDTH, axis=1).mean()
    expected = [mean * (1 / k + 1 / 128) for k in (1, 8, 128)]
    np.testing.assert_allclose(floors, expected, rtol=0.2)


def test_halves_have_nothing_in_common_and_are_never_larger_than_asked(reference):
    few, others = sets.halves(reference, 10)
    assert (len(few), len(others)) == (10, 128)
    assert not (few[:, None] == others).all(axis=2).any()
    assert len(sets.halves(reference, 1000)[0]) == 128


def test_shares_are_root_mean_squares_over_joints_of_any_width():
    ones, others = np.zeros((1, 3)), np.array([[0.3, 0.6, 0.15], [2.0, 0.0, 0.0]])
    np.testing.assert_allclose(sets.rms_shares(ones, others, WIDTH), [[0.15, 1 / math.sqrt(3)]])


def test_whole_turns_do_not_count_and_the_joint_that_differs_most_decides():
    ones = np.radians([[179.0, 0.0, 10.0]])
    others = np.radians([[-179.0, 360.0, 5.0], [179.0, 180.0, 10.0]])
    np.testing.assert_allclose(sets.largest_turns_deg(ones, others), [[5, 180]])
    without = sets.largest_turns_deg(ones, others, np.array([True, False, False]))
    np.testing.assert_allclose(without, [[2, 0]], atol=1e-9)


def test_recall_counts_the_reference_and_precision_the_samples():
    distances = np.array([[0.0, 3.0, 3.0, 3.0], [0.1, 3.0, 3.0, 3.0], [9.0, 9.0, 9.0, 9.0]])
    assert sets.recall(distances, 1) == 0.25
    assert sets.precision(distances, 1) == pytest.approx(2 / 3)
    assert sets.recall(distances, 3) == 1
    assert sets.recall(distances[:0], 3) == 0


def test_more_samples_never_recall_less(reference, rng):
    distances = sets.rms_shares(rng.uniform(-WIDTH, WIDTH, (64, 3)), reference, WIDTH)
    recalls = [sets.recall(distances[:k], 0.15) for k in (1, 2, 8, 32, 64)]
    assert recalls == sorted(recalls)
    assert recalls[0] < recalls[-1]


def test_the_best_is_among_the_first_ones_alone():
    cost = np.array([[3.0, 2.0, 1.0], [1.0, 2.0, 0.5]])
    np.testing.assert_array_equal(sets.best_of(cost, 2), [1, 0])
    np.testing.assert_array_equal(sets.best_of(cost, 3), [2, 2])


def test_a_move_is_that_of_the_joint_that_moves_most_and_a_turn_is_a_move():
    before = np.radians([[[-179.0, 0.0, 0.0], [0.0, 10.0, 0.0]]])
    after = np.radians([[[179.0, 0.0, 0.0], [0.0, -10.0, 90.0]]])
    np.testing.assert_allclose(sets.largest_moves_deg(before, after, np.array([True, True, False])), [[358, 20]])


def test_outside_and_at_a_limit_are_told_apart():
    lower, upper = -np.ones(2), np.ones(2)
    solutions = np.array([[[0.0, 0.0], [1.0, 0.0], [1.1, 0.0], [-1.0, 1.2], [1 + 1e-7, 0.0]]])
    np.testing.assert_array_equal(sets.outside(solutions, lower, upper), [[0, 0, 1, 1, 0]])
    np.testing.assert_array_equal(sets.at_limit(solutions, lower, upper), [[0, 1, 0, 1, 1]])
