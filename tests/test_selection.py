"""The nearest of several solutions, where an arm stands somewhere already."""

import numpy as np
import pytest

import robots
from emssl_bench.joint_space import JointSpace
from emssl_bench.solvers.kinematics import Chain
from emssl_bench.solvers.selection import endless, moves, nearest, nearest_along


def test_the_largest_move_decides_and_not_the_sum():
    solutions = np.array([[0.0, 0.0, 1.0], [0.4, 0.4, 0.4]])
    before = np.zeros(3)
    assert np.abs(solutions - before).sum(axis=1).argmin() == 0
    assert nearest(solutions, before, np.zeros(3, dtype=bool)) == 1


def test_a_joint_that_turns_without_end_takes_the_shorter_way():
    found = moves(np.array([3.0, 3.0]), np.array([-3.0, -3.0]), np.array([True, False]))
    np.testing.assert_allclose(found, [2 * np.pi - 6, 6])


@pytest.mark.parametrize(("joint_range", "expected"), [(180, True), (179, False), (90, False)])
def test_joints_whose_range_is_a_whole_turn_are_endless(joint_range, expected):
    arm = robots.load("planar3")
    assert (endless(Chain.of(arm, JointSpace.of(arm, joint_range))) == expected).all()


def test_what_is_not_a_number_is_chosen_only_where_there_is_nothing_else():
    none = np.full(2, np.nan)
    assert nearest(np.stack([none, [5.0, 5.0]]), np.zeros(2), np.zeros(2, dtype=bool)) == 1
    assert nearest(np.stack([none, none]), np.zeros(2), np.zeros(2, dtype=bool)) == 0


def test_along_a_path_each_is_the_nearest_to_the_one_before():
    solutions = np.array([[[0.0], [9.0]], [[9.1], [0.2]], [[np.nan], [np.nan]], [[9.2], [0.3]]])
    taken = nearest_along(solutions, np.zeros(1, dtype=bool))
    np.testing.assert_array_equal(taken, [[0.0], [0.2], [np.nan], [0.3]])


def test_no_choice_of_each_has_a_smaller_largest_move(rng):
    solutions, before = rng.normal(size=(20, 6)), rng.normal(size=6)
    turning = rng.random(6) < 0.5
    chosen = moves(before, solutions[nearest(solutions, before, turning)], turning).max()
    assert all(chosen <= moves(before, each, turning).max() for each in solutions)
