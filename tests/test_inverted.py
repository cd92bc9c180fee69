"""A forward model that is learned and inverted: where its answers start, what they gain, and its file."""

import numpy as np
import pytest

from baselines.inverted_forward import InvertedForward
from emssl_bench.data import Dataset
from emssl_bench.exceptions import ModelError
from emssl_bench.experiments.evaluation import evaluate
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.base import Problem
from emssl_bench.seeding import Seeds
from emssl_bench.solvers.black_box import refine
from emssl_bench.solvers.guesses import guesses_of, refines_by_queries
from emssl_bench.solvers.inverted import InvertedSolver
from emssl_bench.tasks import task


@pytest.fixture(scope="module", params=["position", "pose"])
def data(request, planar3_chain, planar3):
    return Dataset.sample(planar3_chain, JointSpace.of(planar3, 90), 1_000, 200, Seeds(0), task(request.param))


@pytest.fixture(scope="module")
def solver(data, planar3_chain):
    method = InvertedForward(iterations=2, epochs=6, training_batch=32, neighbours=0)
    *_, last = method.learn(Problem(data.train.unlabelled(), planar3_chain, Seeds(1)))
    return last.solver


def test_its_answers_are_nearer_than_the_samples_they_start_from(solver, data, planar3_chain):
    asked = solver.task, planar3_chain, data.test_targets, data.train.joint_space
    start, end = (evaluate(each, *asked).cost_cm.mean() for each in (solver.lookup, solver))
    assert end < 0.7 * start


def test_queries_refine_its_answers(solver, data, planar3_chain):
    assert refines_by_queries(solver)
    space = data.train.joint_space
    asked = planar3_chain, data.test_targets[:50], guesses_of(solver, space), space
    found = refine(*asked, within_m=1e-3, task=solver.task)
    assert found.reached.mean() > 0.7


def test_it_has_several_answers_to_a_target(solver, data):
    assert solver.several
    found = solver.solve(data.test_targets[:20], 5)
    assert np.ptp(found, axis=1).max() > 0.1


def test_it_is_kept_with_its_samples_and_its_network(solver, data):
    arrays, settings = solver.saved()
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float64)}
    again = InvertedSolver.restored(arrays, settings)
    np.testing.assert_array_equal(again.solve(data.test_targets), solver.solve(data.test_targets))
    for wrong in ({"corrections": 0}, {"aims_scale": {}}, {"neighbours": -1}, {"more": 1}):
        with pytest.raises(ModelError):
            InvertedSolver.restored(arrays, {**settings, **wrong})
    for missing in ("corrections", "samples"):
        with pytest.raises(ModelError):
            InvertedSolver.restored(arrays, {name: value for name, value in settings.items() if name != missing})
    with pytest.raises(ModelError):
        InvertedSolver.restored({name: array for name, array in arrays.items() if name != "targets"}, settings)
