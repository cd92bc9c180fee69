"""What a trial is judged on, and what it may see."""

import numpy as np
import pytest

from emssl_bench.data import Dataset
from emssl_bench.experiments import accuracy, evaluation
from emssl_bench.experiments.coverage import PLACES, coverage
from emssl_bench.experiments.curve import costs_cm
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods import registry
from emssl_bench.records import Store
from emssl_bench.seeding import Seeds
from tests.runs import TINY


@pytest.fixture
def ran(planar3, tmp_path, monkeypatch):
    """Runs a trial; its record, what its method saw and what it was judged on."""

    def run(method="direct", evaluated_on="test", joint_range_deg=90, task="position", **overrides):
        saw, judged, covered = [], [], []
        cls = registry.method_class(method)
        learn, judge = cls.learn, evaluation.evaluate

        def learning(self, problem):
            saw.append((self, problem.data))
            yield from learn(self, problem)

        def judging(solver, task, forward, targets, space):
            judged.append((targets, space))
            return judge(solver, task, forward, targets, space)

        def covering(model, forward, learned_from, positions, errors):
            covered.append((learned_from, positions, errors))
            return coverage(model, forward, learned_from, positions, errors)

        monkeypatch.setattr(cls, "learn", learning)
        monkeypatch.setattr(evaluation, "evaluate", judging)
        monkeypatch.setattr(accuracy, "coverage", covering)
        own = {method: overrides}
        (trial,) = accuracy.plan(
            [method], planar3, [joint_range_deg], [5], TINY, own, "chain", evaluated_on=evaluated_on, task=task
        )
        record, _ = accuracy.run(trial, planar3, Store(tmp_path), 1, lambda standing: None)
        return record, saw, judged, covered

    return run


@pytest.fixture
def data(planar3, planar3_chain):
    space = JointSpace.of(planar3, 90)
    return Dataset.sample(planar3_chain, space, TINY.train_samples, TINY.test_samples, Seeds(5))


def test_a_trial_learns_from_the_training_samples_and_is_judged_on_the_test_set(ran, data):
    record, ((_, seen),), judged, ((learned_from, positions, _),) = ran()
    for found in (seen.targets, learned_from):
        np.testing.assert_array_equal(found, data.train.targets)
    np.testing.assert_array_equal(seen.joint_angles, data.train.joint_angles)
    for found in (positions, *(each for each, _ in judged)):
        np.testing.assert_array_equal(found, data.test_targets)
    assert len(judged) == len(record.curve["iteration"])
    assert record.metrics["labelled_samples"] == len(data.train.targets)


def test_for_choosing_settings_it_never_sees_the_test_set(ran, data):
    record, ((_, seen),), judged, ((learned_from, positions, _),) = ran(evaluated_on="validation")
    kept = data.validation()
    for found in (seen.targets, learned_from):
        np.testing.assert_array_equal(found, kept.train.targets)
    for found in (positions, *(each for each, _ in judged)):
        np.testing.assert_array_equal(found, kept.test_targets)
    assert record.metrics["labelled_samples"] == len(kept.train.targets)


def test_answers_are_judged_within_the_joint_space_of_the_trial(ran, planar3):
    _, ((_, seen),), judged, _ = ran(joint_range_deg=45)
    for space in (seen.joint_space, *(each for _, each in judged)):
        assert space == JointSpace.of(planar3, 45)


def test_settings_given_win_over_those_of_the_budget(ran):
    record, ((method, _),), _, _ = ran(epochs=1)
    assert (method.epochs, method.iterations) == (1, TINY.method["iterations"])
    assert record.trial.settings.hyperparameters["epochs"] == 1
    assert record.curve["iteration"] == [1, 2]


def test_what_is_written_down_is_what_the_last_model_was_judged_to_do(ran, planar3):
    """The tables, too, of as many positions as there are, and of cells as wide as the arm's reach says."""
    record, _, judged, ((_, _, errors),) = ran()
    (positions, _), errors_cm = judged[-1], errors.by_name["error_{}_cm"]
    assert record.metrics["error_mean_cm"] == record.curve["error_mean_cm"][-1] == errors_cm.mean()
    assert record.metrics["error_max_cm"] == errors_cm.max()
    assert record.tables["error_quantiles"] == evaluation.quantiles(errors)
    assert record.tables["error_map"] == evaluation.error_map(errors, positions, planar3.reach_bound_m)
    assert record.tables["error_voxels"] == evaluation.error_voxels(errors, positions, planar3.reach_bound_m)
    assert sum(record.tables["error_map"]["positions"]) == TINY.test_samples
    assert "error_by_orientation" not in record.tables, "a position has none"


def test_of_poses_errors_by_orientation_are_written_down_too(ran):
    record, *_ = ran(task="pose")
    table = record.tables["error_by_orientation"]
    columns = ["azimuth_deg", "elevation_deg", "targets", "error_mean_cm", "angle_mean_deg", "cost_mean_cm"]
    assert list(table) == columns
    assert sum(table["targets"]) == TINY.test_samples
    for name in ("error_mean_cm", "angle_mean_deg", "cost_mean_cm"):
        assert np.average(table[name], weights=table["targets"]) == pytest.approx(record.metrics[name], rel=1e-4)


def test_of_poses_distance_angle_and_cost_are_told_apart_wherever_errors_are(ran):
    record, *_, ((_, _, errors),) = ran(task="pose")
    cm, degrees, cost_cm = (errors.by_name[name] for name in ("error_{}_cm", "angle_{}_deg", "cost_{}_cm"))
    np.testing.assert_allclose(cost_cm, cm + 30 * np.radians(degrees))
    for name, values in (("error_mean_cm", cm), ("angle_mean_deg", degrees), ("cost_mean_cm", cost_cm)):
        assert record.metrics[name] == record.curve[name][-1] == values.mean()
    assert costs_cm(record.curve) == record.curve["cost_mean_cm"]
    parts = [record.tables["coverage"][f"{place}_angle_deg"][0] for place in PLACES]
    assert sum(parts) == pytest.approx(degrees.mean())


def test_of_positions_there_is_one_error_and_no_other_cost(ran):
    record, *_ = ran()
    assert costs_cm(record.curve) == record.curve["error_mean_cm"]
    everything = {**record.metrics, **record.curve, **{k: v for t in record.tables.values() for k, v in t.items()}}
    assert not [name for name in everything if "cost" in name or "angle" in name]
