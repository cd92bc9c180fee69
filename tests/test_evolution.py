"""Searches by evolution: what they find, and that every query of the arm is counted."""

import numpy as np
import pytest

import robots
from emssl_bench.joint_space import JointSpace
from emssl_bench.solvers.contenders import cma_es, contender
from emssl_bench.solvers.contenders.black_box import LEVELS_M
from emssl_bench.solvers.evolution import ask, asked_of
from emssl_bench.solvers.genetic import Genetic
from emssl_bench.solvers.kinematics import Chain, CompiledArm
from emssl_bench.solvers.memetic import Memetic, _grade, _without_surpassed
from emssl_bench.tasks import task

TASKS = ("position", "pose")
NAMES = ("ga", "ga-restarts", "memetic", "cma-es")
SPACE = JointSpace.of(robots.load("paper6"), 90)
ARM = CompiledArm(Chain.of(robots.load("paper6"), SPACE))


def opened(name, task_name="position"):
    kind = contender(name)
    if kind.not_installed():
        pytest.skip(f"needs {kind.not_installed()}")
    return kind(robots.load("paper6"), SPACE, task(task_name))


def targets(task_name, count=3):
    return task(task_name).reached(ARM, SPACE.sample(count, np.random.default_rng(7)))


def error_m(answer, target, task_name):
    """By the forward model and the task's own coordinates."""
    own = task(task_name)
    reached = own.reached(ARM, answer.joint_angles[None])
    return float(np.linalg.norm(own.coordinates(reached) - own.coordinates(target[None])))


@pytest.mark.parametrize("task_name", TASKS)
@pytest.mark.parametrize("name", NAMES)
def test_claims_are_what_the_forward_model_says_and_answers_are_within_limits(name, task_name):
    solver = opened(name, task_name)
    for target in targets(task_name):
        answer = solver.answer(target)
        error = error_m(answer, target, task_name)
        assert answer.claimed == (error <= LEVELS_M[-1])
        assert ((answer.joint_angles >= SPACE.lower) & (answer.joint_angles <= SPACE.upper)).all()
        to_1mm, to_tenth = answer.queries_to
        assert np.isfinite(to_1mm) == (error <= 1e-3)
        assert to_1mm <= to_tenth
        if answer.claimed:
            assert to_tenth <= answer.queries


@pytest.mark.parametrize(
    ("name", "task_name"), [("ga-restarts", "position"), *((name, each) for name in NAMES[2:] for each in TASKS)]
)
def test_they_reach_most_targets(name, task_name):
    solver = opened(name, task_name)
    assert np.mean([solver.answer(target).claimed for target in targets(task_name)]) >= 0.6


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_depends_on_its_target_alone_and_no_global_generator_is_used(name):
    solver, (first, other) = opened(name), targets("position", 2)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    once = solver.answer(first)
    solver.answer(other)
    again = solver.answer(first)
    np.testing.assert_array_equal(once.joint_angles, again.joint_angles)
    assert once[1:] == again[1:]
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("name", NAMES)
def test_a_target_out_of_reach_is_not_claimed_and_the_search_ends(name, monkeypatch):
    monkeypatch.setattr(cma_es, "MOST_QUERIES", 400)
    answer = opened(name).answer(np.array([2 * robots.load("paper6").reach_m, 0.1, 0.2]))
    most = {"ga": 64 * 61, "ga-restarts": 5 * 64 * 61, "memetic": 100 * (4 * 25 * 15 + 12 + 4) + 4, "cma-es": 400}
    assert answer.claimed is False
    assert answer.queries_to == (np.inf, np.inf)
    assert answer.queries <= most[name]
    if name != "memetic":
        assert answer.queries == most[name]  # of ga: a population at first, and one in every generation


def test_from_joint_angles_nearby_the_memetic_form_needs_fewer_queries():
    solver, angles = opened("memetic"), SPACE.sample(4, np.random.default_rng(8)) * 0.9
    there = task("position").reached(ARM, angles)
    alone = [solver.answer(target).queries for target in there]
    near = [solver.follow(target, row + 0.01).queries for target, row in zip(there, angles, strict=True)]
    assert np.mean(near) < np.mean(alone) / 1.2


@pytest.mark.parametrize("task_name", TASKS)
def test_every_query_is_counted_and_the_best_is_kept(task_name):
    own, target = task(task_name), targets(task_name, 1)[0]
    asked = asked_of(Chain.of(robots.load("paper6"), SPACE), own, target, np.array([0.2, 0.0]))
    angles = SPACE.sample(30, np.random.default_rng(9))
    squared = [ask(row, asked) for row in angles]
    distance, *angle = own.errors(own.reached(ARM, angles), target[None].repeat(30, axis=0)).values()
    expected = np.hypot(distance / 100, 0.3 * np.radians(angle[0])) if angle else distance / 100
    np.testing.assert_allclose(np.sqrt(squared), expected, atol=1e-12)
    np.testing.assert_array_equal(asked.best, angles[np.argmin(expected)])
    within = np.flatnonzero(expected <= 0.2)
    first = within[0] + 1 if len(within) else np.inf
    np.testing.assert_allclose(asked.counts, [30, expected.min(), first, np.inf], atol=1e-12)


@pytest.mark.parametrize("evolution", [Genetic(generations=3, population=8), Memetic(generations=3)])
def test_a_start_at_the_target_is_the_answer(evolution):
    chain, angles = Chain.of(robots.load("paper6"), SPACE), SPACE.sample(1, np.random.default_rng(10))
    asked = asked_of(chain, task("pose"), ARM.frames(angles)[0], np.array(LEVELS_M))
    evolution.search(asked, angles[0], 1e-4, np.random.default_rng(0))
    np.testing.assert_array_equal(asked.best, angles[0])
    assert asked.counts[3] == 1


def test_extinction_grades_from_none_to_full():
    extinctions = np.ones(4)
    _grade(np.array([0.0, 1.0, 2.0, 4.0]), extinctions)
    np.testing.assert_allclose(extinctions, [0, 0.25, 0.5, 1])
    _grade(np.array([2.0, 2.0, 4.0, 4.0]), extinctions)
    np.testing.assert_allclose(extinctions, [0, 1 / 6, 5 / 6, 1])


def test_a_parent_that_its_child_surpasses_leaves_the_pool():
    costs = np.array([1.0, 2.0, 3.0, 4.0])
    for cost, left in ((0.5, [0, 2]), (2.0, [0, 1, 2]), (5.0, [0, 1, 2, 3])):
        pool = np.arange(4)
        count = _without_surpassed(pool, 4, 1, 3, costs, cost)
        assert pool[:count].tolist() == left
