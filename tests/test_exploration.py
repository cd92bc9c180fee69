"""Where exploration looks: one joint at a time, or on the way to targets. The lookup is that of motor babbling."""

import numpy as np
import pytest

from baselines.babbling import Babbling
from baselines.constrained_dof import ConstrainedDof
from baselines.goal_babbling import GoalBabbling
from emssl_bench.data import Dataset, TrainingData
from emssl_bench.forward import Counted
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.base import Problem
from emssl_bench.seeding import Seeds
from emssl_bench.solvers.local_maps import LocalMaps
from emssl_bench.solvers.lookup import LookupSolver
from emssl_bench.tasks import POSITION
from tests.examples import distance_errors_cm


@pytest.fixture(scope="module")
def data(planar3, planar3_chain):
    return Dataset.sample(planar3_chain, JointSpace.of(planar3, 90), 500, 200, Seeds(0))


def explored(method, data, forward):
    return list(method.learn(Problem(data.train.unlabelled(), forward, Seeds(1))))


@pytest.mark.parametrize("method", [Babbling, ConstrainedDof, GoalBabbling])
def test_all_explore_with_as_many_queries_and_look_up_alike(method, data, planar3_chain):
    counted = Counted(planar3_chain)
    *_, last = explored(method(iterations=3), data, counted)
    assert type(last.solver) is LookupSolver
    assert (len(last.solver.targets), last.solver.neighbours, last.solver.damping_m) == (1_500, 30, 0.003)
    assert counted.calls == 1_500
    np.testing.assert_array_equal(planar3_chain.positions(last.solver.samples), last.solver.targets)


@pytest.mark.parametrize("method", [ConstrainedDof, GoalBabbling])
def test_what_is_explored_stays_in_the_joint_space(method, data, planar3_chain):
    *_, last = explored(method(iterations=2), data, planar3_chain)
    assert (np.abs(last.solver.samples) <= np.pi / 2).all()


def test_one_joint_moves_at_a_time_and_the_next_one_after_it(data, planar3_chain):
    *_, last = explored(ConstrainedDof(iterations=2, queries_a_move=4), data, planar3_chain)
    moved = np.diff(last.solver.samples, axis=0)
    assert (np.count_nonzero(moved, axis=1) == 1).all()
    joints = np.abs(moved).argmax(axis=1)
    np.testing.assert_array_equal(joints[3:27], np.repeat([1, 2, 0, 1, 2, 0], 4))
    steps = moved[3:].reshape(-1, 4, 3)
    np.testing.assert_allclose(steps, steps[:, :1].repeat(4, axis=1), atol=1e-12)


def test_single_queries_of_one_joint_are_nearly_motor_babbling(data, planar3_chain):
    """Where each joint is left at a random place, the walk draws from the whole joint space."""
    *_, last = explored(ConstrainedDof(iterations=8, queries_a_move=1), data, planar3_chain)
    space = data.train.joint_space
    shares = (last.solver.samples - space.lower) / np.subtract(space.upper, space.lower)
    np.testing.assert_allclose(shares.mean(axis=0), 0.5, atol=0.03)
    np.testing.assert_allclose(shares.std(axis=0), 12**-0.5, atol=0.02)


@pytest.mark.parametrize("answers", ["lookup", "maps"])
def test_goal_babbling_gets_better_with_its_queries(answers, data, planar3_chain):
    method, space = GoalBabbling(iterations=6, answers=answers), data.train.joint_space
    errors_cm = []
    for progress in method.learn(Problem(data.train.unlabelled(), planar3_chain, Seeds(1))):
        assert type(progress.solver) is (LocalMaps if answers == "maps" else LookupSolver)
        errors_cm.append(distance_errors_cm(progress.solver, planar3_chain, data.test_targets, space).mean())
    assert errors_cm[-1] < errors_cm[0] / 2


def test_goal_babbling_begins_at_home_and_comes_back(data, planar3_chain):
    *_, last = explored(GoalBabbling(iterations=1, home_chance=0.9, bodies=2), data, planar3_chain)
    np.testing.assert_array_equal(last.solver.samples[0], np.zeros(3))
    at_home = np.abs(last.solver.samples).max(axis=1) < 1e-9
    assert at_home.sum() > 3
    *_, never = explored(GoalBabbling(iterations=1, home_chance=0.0, bodies=2), data, planar3_chain)
    assert (np.abs(never.solver.samples).max(axis=1) < 1e-9).sum() == 1


def test_without_noise_an_arm_that_knows_one_posture_never_leaves_it(data, planar3_chain):
    *_, last = explored(GoalBabbling(iterations=1, noise=0.0, answers="maps"), data, planar3_chain)
    np.testing.assert_array_equal(last.solver.joint_angles(data.test_targets), np.zeros((200, 3)))


def test_goal_babbling_looks_where_the_targets_are(planar3, planar3_chain):
    """Of targets on the left alone most queries are on the left; motor babbling's are on both sides alike."""
    both = Dataset.sample(planar3_chain, JointSpace.of(planar3, 90), 1_000, 10, Seeds(0)).train
    left = both.targets[both.targets[:, 1] > 0.1]
    problem = Problem(TrainingData(left, None, both.joint_space), planar3_chain, Seeds(1))
    shares = []
    for method in (GoalBabbling(iterations=10), Babbling(iterations=10)):
        *_, last = method.learn(problem)
        shares.append((last.solver.targets[:, 1] > 0).mean())
    assert shares[0] > 0.75
    assert abs(shares[1] - 0.5) < 0.05


@pytest.fixture
def maps(planar3):
    """One map: joint angles zero everywhere."""
    found = LocalMaps.none(3, 0.1, JointSpace.of(planar3, 90), POSITION)
    found.begin(np.zeros((1, 3)), np.zeros((1, 3)))
    return found


def test_maps_learn_a_linear_function(maps, rng):
    slope, offset = rng.uniform(-1, 1, (3, 3)), rng.uniform(-0.3, 0.3, 3)
    for _ in range(2_000):
        points = rng.uniform(-0.2, 0.2, (8, 3))
        maps.learn(points, points @ slope + offset, np.ones(8), 0.3)
    points = rng.uniform(-0.2, 0.2, (50, 3))
    assert len(maps.arrays["centres"]) > 5
    np.testing.assert_allclose(maps.joint_angles(points), points @ slope + offset, atol=0.01)


def test_a_new_map_says_what_the_others_said_there(maps, rng):
    for _ in range(100):
        points = rng.uniform(-0.05, 0.05, (8, 3))
        maps.learn(points, 3 * points, np.ones(8), 0.3)
    assert len(maps.arrays["centres"]) == 1
    there = np.array([[0.15, 0.0, 0.0]])
    said = maps.at(there)
    maps.learn(there, np.ones((1, 3)), np.zeros(1), 0.3)
    assert len(maps.arrays["centres"]) == 2
    np.testing.assert_allclose(maps.at(there), said, atol=1e-12)


def test_samples_of_one_map_share_its_step(planar3):
    found = []
    for count in (1, 40):
        maps = LocalMaps.none(3, 0.1, JointSpace.of(planar3, 90), POSITION)
        maps.begin(np.zeros((1, 3)), np.zeros((1, 3)))
        maps.learn(np.zeros((count, 3)), np.ones((count, 3)), np.ones(count), 0.1)
        found.append(maps.at(np.zeros((1, 3))))
    np.testing.assert_allclose(found[0], 0.1)
    np.testing.assert_allclose(found[1], found[0], atol=1e-12)


def test_samples_that_count_nothing_teach_nothing(maps, rng):
    maps.learn(rng.uniform(-0.05, 0.05, (8, 3)), np.ones((8, 3)), np.zeros(8), 0.3)
    np.testing.assert_array_equal(maps.at(np.zeros((1, 3))), np.zeros((1, 3)))
