"""Walks in moves of one joint, each of which queries the arm."""

import math

import numpy as np
import pytest

from emssl_bench.exceptions import CannotSolve, Diverged, ModelError
from emssl_bench.forward import Counted
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.q_walk import QWalkSolver
from emssl_bench.tasks import POSITION

SPACE = (-math.pi / 2,) * 3, (math.pi / 2,) * 3
STAY, FIRST_UP, LAST_DOWN = 0, 1, 6


def weights(seed=0, scale=1.0):
    random = np.random.default_rng(seed)
    shapes = (8, 12), (8,), (7, 8), (7,)
    return [(scale * random.normal(size=shape)).astype(np.float32) for shape in shapes]


def walk(layers, arm=None, steps=4, slowing_m=0.2):
    scales = Normaliser((-0.5, -0.5, 0.0), (0.5, 0.5, 0.0), -1, 1), Normaliser(*SPACE, 0, 1)
    return QWalkSolver(layers, *scales, steps, 0.1, slowing_m, POSITION, arm)


def always(move):
    """A network to which one move is worth most everywhere."""
    layers = [np.zeros_like(each) for each in weights()]
    layers[-1][move] = 1
    return layers


@pytest.fixture
def arm(planar3_chain):
    return Counted(planar3_chain)


@pytest.fixture
def targets(rng):
    return np.column_stack([rng.uniform(-0.4, 0.4, (20, 2)), np.zeros(20)])


def test_the_solution_is_the_nearest_place_of_the_walk(arm, targets, planar3_chain):
    found = walk(always(FIRST_UP), arm, slowing_m=1e-6).joint_angles(targets)
    places = np.outer(np.arange(5), [0.1 * math.pi, 0, 0])
    errors = np.linalg.norm(planar3_chain.positions(places) - targets[:, None], axis=2)
    np.testing.assert_allclose(found, places[errors.argmin(axis=1)], atol=1e-12)
    assert arm.calls == 1 + 4 * 20, "where home is, and a query a step"


def test_whoever_stays_asks_no_more(arm, targets):
    np.testing.assert_array_equal(walk(always(STAY), arm).joint_angles(targets), np.zeros((20, 3)))
    assert arm.calls == 1


def test_moves_turn_one_joint_are_shorter_near_the_target_and_keep_within_the_joint_space():
    solver = walk(weights(), slowing_m=0.2)
    angles, moves = np.zeros((4, 3)), np.array([STAY, FIRST_UP, LAST_DOWN, LAST_DOWN])
    after = solver.moved(moves, angles, np.array([1.0, 1.0, 0.1, 0.0]))
    step = 0.1 * math.pi
    np.testing.assert_allclose(after, [[0, 0, 0], [step, 0, 0], [0, 0, -step / 2], [0, 0, -step / 50]])
    at_the_end = np.array([[math.pi / 2 - 0.01, 0, 0]])
    np.testing.assert_allclose(solver.moved(moves[1:2], at_the_end, np.ones(1)), [[math.pi / 2, 0, 0]])


def test_a_solution_depends_on_its_target_alone_whatever_else_is_asked_for(arm, targets):
    solver = walk(weights(), arm, steps=30)
    found = solver.solve(targets, 2)
    assert len(np.unique(found[:, 0], axis=0)) > 2
    np.testing.assert_array_equal(found[:, 0], found[:, 1])
    order = np.random.default_rng(0).permutation(20)
    np.testing.assert_array_equal(solver.joint_angles(targets[order]), found[order, 0])
    np.testing.assert_array_equal(solver.joint_angles(targets[3]), found[3, 0])


def test_without_an_arm_it_says_what_it_lacks_and_with_one_it_solves(arm, targets):
    solver = walk(weights())
    with pytest.raises(CannotSolve, match=r"has no arm: with_arm\(\) gives one"):
        solver.joint_angles(targets)
    assert solver.queries_arm
    np.testing.assert_array_equal(
        solver.with_arm(arm).joint_angles(targets), walk(weights(), arm).joint_angles(targets)
    )


def test_weights_that_are_much_too_large_are_called_so(arm, targets):
    with pytest.raises(Diverged):
        walk([np.float32(np.inf) * np.ones_like(each) for each in weights()], arm).solve(targets)


def test_it_is_the_same_after_saving_and_restoring(arm, targets):
    solver = walk(weights(), arm)
    arrays, settings = solver.saved()
    assert {name: each.shape for name, each in arrays.items()} == QWalkSolver.shapes(settings)
    again = QWalkSolver.restored(arrays, settings).with_arm(arm)
    np.testing.assert_array_equal(again.joint_angles(targets), solver.joint_angles(targets))


WRONG = [
    ("steps", 0, "its steps must be a whole number from 1"),
    ("steps", 10**9, "its steps must be a whole number from 1"),
    ("longest", 0, "its longest must be a number over 0"),
    ("slowing_m", math.nan, "its slowing_m must be a number over 0"),
    ("hidden_widths", [9], "its arrays are not of the shapes that its settings give"),
    ("hidden_widths", 8, "its hidden_widths must be a list"),
    ("joints_scale", {"lower": []}, "its joints_scale must have lower, upper, low and high"),
    ("joints_scale", 1, "its joints_scale must have lower, upper, low and high"),
    ("task", "pose", "the lower and upper of its inputs_scale must have 9 numbers"),
]


@pytest.mark.parametrize(("key", "value", "says"), WRONG)
def test_a_file_with_impossible_settings_is_refused(key, value, says):
    arrays, settings = walk(weights()).saved()
    with pytest.raises(ModelError, match=says):
        QWalkSolver.restored(arrays, {**settings, key: value})


def test_a_file_with_other_numbers_than_weights_is_refused():
    arrays, settings = walk(weights()).saved()
    for wrong in (arrays["layers.0.weight"].astype(float), np.float32(np.nan) * arrays["layers.0.weight"]):
        with pytest.raises(ModelError, match=r"layers\.0\.weight must be finite numbers in float32"):
            QWalkSolver.restored({**arrays, "layers.0.weight": wrong}, settings)
