"""The floors: a lookup in the labels, and in as many random queries of the arm as EMSSL makes."""

import json

import numpy as np
import pytest

import emssl_bench
from baselines.babbling import Babbling
from baselines.direct import DirectRegression
from baselines.lookup import Lookup
from emssl_bench.data import Dataset
from emssl_bench.exceptions import LabelsWithheld, ModelError
from emssl_bench.experiments import accuracy
from emssl_bench.forward import Counted
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.base import Problem
from emssl_bench.methods.emssl import Emssl
from emssl_bench.records import Store, model_files, weights_file
from emssl_bench.records.settings import AccuracySettings
from emssl_bench.seeding import Seeds
from emssl_bench.solvers.lookup import LookupSolver
from tests.examples import distance_errors_cm, record


@pytest.fixture(scope="module")
def data(paper6_chain, paper6):
    return Dataset.sample(paper6_chain, JointSpace.of(paper6, 90), 2_000, 300, Seeds(0))


def learned(method, data, forward):
    seen = data.train if method.uses_joint_angles else data.train.unlabelled()
    return list(method.learn(Problem(seen, forward, Seeds(1))))


def error_cm(solver, forward, data):
    return distance_errors_cm(solver, forward, data.test_targets, data.train.joint_space).mean()


def test_a_known_target_has_its_known_joint_angles(data, paper6_chain):
    (progress,) = learned(Lookup(), data, paper6_chain)
    found = progress.solver.joint_angles(data.train.targets[:50])
    np.testing.assert_allclose(found, data.train.joint_angles[:50], atol=1e-12)


def test_without_the_correction_it_is_the_nearest_sample(data, paper6_chain):
    (progress,) = learned(Lookup(neighbours=0), data, paper6_chain)
    apart = np.linalg.norm(data.test_targets[:, None] - data.train.targets, axis=2)
    expected = data.train.joint_angles[apart.argmin(axis=1)]
    np.testing.assert_allclose(progress.solver.joint_angles(data.test_targets), expected, atol=1e-12)


def test_the_fitted_jacobian_takes_most_of_the_error_away(data, paper6_chain):
    errors_cm = [
        error_cm(learned(Lookup(neighbours=count), data, paper6_chain)[0].solver, paper6_chain, data)
        for count in (0, 30)
    ]
    assert errors_cm[1] < errors_cm[0] / 2


def test_it_learns_from_labels_and_never_queries_the_arm(data, paper6_chain):
    counted = Counted(paper6_chain)
    (progress,) = learned(Lookup(), data, counted)
    assert (counted.calls, progress.costs, progress.loss) == (0, {}, None)
    with pytest.raises(LabelsWithheld):
        next(Lookup().learn(Problem(data.train.unlabelled(), paper6_chain, Seeds(0))))


def test_babbling_makes_as_many_queries_as_emssl_and_gets_better_with_them(data, paper6_chain):
    counted, by_emssl = Counted(paper6_chain), Counted(paper6_chain)
    errors_cm = []
    for progress in Babbling(iterations=3).learn(Problem(data.train.unlabelled(), counted, Seeds(1))):
        errors_cm.append(error_cm(progress.solver, paper6_chain, data))
    learned(Emssl(iterations=3, epochs=1), data, by_emssl)
    assert counted.calls == by_emssl.calls == 6_000
    assert errors_cm[0] > errors_cm[1] > errors_cm[2]


def test_babbling_on_a_changed_arm_forgets_the_old_one(data, paper6, paper6_chain):
    from emssl_bench.forward.chain import ChainArm

    (*_, old) = learned(Babbling(iterations=1), data, paper6_chain)
    changed = ChainArm(paper6.lengthened(0.03))
    first, *_, last = Babbling(iterations=2).adapt(
        old.solver, Problem(data.train.unlabelled(), changed, Seeds(2)), 2_000
    )
    assert first.solver is old.solver, "as it stands"
    assert len(last.solver.targets) == 4_000
    assert error_cm(last.solver, changed, data) < error_cm(old.solver, changed, data) / 2


def test_solutions_do_not_depend_on_the_other_targets(data, paper6_chain):
    solver = learned(Lookup(), data, paper6_chain)[0].solver
    together = solver.solve(data.test_targets, 2)
    assert together.shape == (300, 2, 6)
    alone = np.concatenate([solver.joint_angles(target[None]) for target in data.test_targets[:20]])
    np.testing.assert_allclose(together[:20, 0], alone, atol=1e-12)
    assert solver.solve(np.empty((0, 3))).shape == (0, 1, 6)


def test_few_samples_are_no_reason_to_fail():
    one = LookupSolver(np.zeros((1, 3)), np.zeros((1, 2)), (-1.0, -1.0), (1.0, 1.0))
    np.testing.assert_array_equal(one.joint_angles(np.ones((2, 3))), np.zeros((2, 2)))
    same = LookupSolver(np.zeros((5, 3)), np.zeros((5, 2)), (-1.0, -1.0), (1.0, 1.0))
    np.testing.assert_array_equal(same.joint_angles(np.ones((2, 3))), np.zeros((2, 2)))


@pytest.fixture
def saved(data, paper6_chain, tmp_path):
    solver = learned(Lookup(), data, paper6_chain)[0].solver
    model_files.save(solver, tmp_path / "model.safetensors", record("lookup", 90).trial)
    return solver, tmp_path / "model.safetensors"


def test_it_is_saved_and_read_back(saved, data):
    solver, path = saved
    loaded = emssl_bench.load(path)
    np.testing.assert_array_equal(loaded.joint_angles(data.test_targets), solver.joint_angles(data.test_targets))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"samples": 1999}, "its arrays are not those of a lookup with its settings"),
        ({"samples": "many"}, "its samples must be a whole number"),
        ({"neighbours": 2000}, "its neighbours must be fewer than its samples"),
        ({"lower": [1.6] * 6}, "its lower bounds must be below the upper ones"),
        ({"lower": None}, "its lower and upper must be lists of numbers"),
        ({"damping_m": True}, "its damping_m must be a number"),
        ({"task": "poses"}, "its task must be one of position"),
        ({"more": 1}, "its settings must be task, lower, upper, samples"),
    ],
)
def test_a_description_that_is_none_of_a_lookup_is_refused(saved, changes, says):
    _, path = saved
    description = json.loads(path.with_suffix(".json").read_text())
    del description["sha256"]
    description["settings"] |= changes
    description["sha256"] = weights_file.description_hash(path.read_bytes(), description)
    path.with_suffix(".json").write_text(json.dumps(description))
    with pytest.raises(ModelError, match=says):
        emssl_bench.load(path)


def test_the_robust_loss_of_direct_regression_came_later_than_its_first_records(tmp_path):
    plain = record("direct", 90, iterations=3).trial.settings
    robust = record("direct", 90, iterations=3, cauchy_scale=0.01).trial.settings
    zero = record("direct", 90, iterations=3, cauchy_scale=0.0).trial
    assert DirectRegression().cauchy_scale == 0.0
    assert zero.digest == record("direct", 90, iterations=3).trial.digest
    assert robust.identity() != plain.identity()
    assert AccuracySettings.read(vars(plain)).hyperparameters["cauchy_scale"] == 0.0
    plus = record("emssl-plus", 90, cauchy_scale=0.0).trial
    assert plus.digest != record("emssl-plus", 90).trial.digest, "it had the setting from the start"


def test_the_robust_loss_changes_what_direct_regression_learns(planar3, tmp_path):
    def solution(**own):
        budget = accuracy.Budget(400, 100, {"iterations": 1, "epochs": 1})
        (trial,) = accuracy.plan(["direct"], planar3, [90], [0], budget, {"direct": own}, "chain")
        return accuracy.run(trial, planar3, Store(tmp_path), 1, lambda status: None)[1].joint_angles(np.zeros(3))

    np.testing.assert_array_equal(solution(), solution(cauchy_scale=0.0))
    assert not np.array_equal(solution(), solution(cauchy_scale=0.01))


def test_further_solutions_start_at_further_samples_and_do_not_change_the_first(data, paper6_chain):
    (progress,) = learned(Lookup(neighbours=0), data, paper6_chain)
    targets = data.test_targets[:20]
    several = progress.solver.solve(targets, 4)
    apart = np.linalg.norm(targets[:, None] - data.train.targets, axis=2)
    expected = data.train.joint_angles[np.argsort(apart, axis=1)[:, :4]]
    np.testing.assert_allclose(several, expected, atol=1e-12)
    corrected = learned(Lookup(), data, paper6_chain)[0].solver
    np.testing.assert_array_equal(corrected.solve(targets, 4)[:, :1], corrected.solve(targets))


def test_a_lookup_of_few_samples_gives_them_again(planar3_chain):
    known = np.array([[0.1, 0.2, 0.3], [1.0, -1.0, 0.5]])
    solver = LookupSolver(planar3_chain.positions(known), known, (-2.0,) * 3, (2.0,) * 3, neighbours=0)
    found = solver.solve(planar3_chain.positions(known[:1]), 5)[0]
    np.testing.assert_allclose(found, known[[0, 1, 0, 1, 0]], atol=1e-12)
    assert solver.solve(np.empty((0, 3)), 5).shape == (0, 5, 3)
