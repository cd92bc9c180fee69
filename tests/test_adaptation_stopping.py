"""When adaptation ends, and which positions it is judged on."""

from dataclasses import replace

import numpy as np
import pytest

from emssl_bench.adaptation.stopping import StopRule
from emssl_bench.data import Dataset
from emssl_bench.exceptions import InvalidValue
from emssl_bench.experiments import accuracy, adaptation, evaluation
from emssl_bench.joint_space import JointSpace
from emssl_bench.records import Store
from emssl_bench.records.settings import AdaptationSettings
from emssl_bench.seeding import Seeds
from robots.changes import Change
from tests.adapting import TINY, WITH
from tests.examples import train_base

VALIDATION_SAMPLES = AdaptationSettings.validation_samples


def test_the_rule_ends_near_the_unchanged_error_or_when_nothing_improves():
    rule = StopRule(1.0)
    assert not rule.ends([])
    assert not rule.ends([5.0, 3.0, 1.11])
    assert rule.ends([5.0, 3.0, 1.1])
    assert not rule.ends([5.0, 3.0, 4.0, 4.0])
    assert rule.ends([5.0, 3.0, 4.0, 4.0, 3.5])
    assert not rule.ends([5.0, 3.0, 4.0, 4.0, 2.9])


def adapted_once(planar3, tmp_path, approach, test_samples):
    """The record and the model of one approach, evaluated on so many test positions."""
    store, budget = Store(tmp_path / str(test_samples)), replace(TINY, test_samples=test_samples)
    (base,) = accuracy.plan(["emssl"], planar3, [90], [0], budget, {}, "chain")
    train_base(base, planar3, store)
    measured = {"measurements": 20, "noise_mm": 0.0, "schedule": "cosine"}
    (trial,) = adaptation.plan([approach], [Change("links", 3)], [base], planar3, **WITH, **measured)
    return adaptation.run(trial, planar3, store, 1, lambda standing: None)


@pytest.mark.parametrize("approach", ["align", "scratch"])
def test_no_test_position_decides_when_adaptation_stops_or_which_model_is_kept(planar3, tmp_path, approach):
    many, model = adapted_once(planar3, tmp_path, approach, 150)
    few, same_model = adapted_once(planar3, tmp_path, approach, 3)
    assert few.metrics["error_mean_cm"] != many.metrics["error_mean_cm"]
    assert few.curve["error_mean_cm"] == many.curve["error_mean_cm"]
    assert few.metrics["validation_mean_cm"] == many.metrics["validation_mean_cm"] == min(many.curve["error_mean_cm"])
    assert same_model.same_as(model)


def test_the_test_set_is_evaluated_after_the_last_iteration_alone(planar3, tmp_path, monkeypatch):
    evaluated, evaluate = [], evaluation.evaluate

    def noted(solver, task, forward, targets, space):
        evaluated.append(len(targets))
        return evaluate(solver, task, forward, targets, space)

    (base,) = accuracy.plan(["emssl"], planar3, [90], [0], TINY, {"emssl": {"iterations": 2}}, "chain")
    store = Store(tmp_path)
    train_base(base, planar3, store)
    measured = {"measurements": 20, "noise_mm": 0.0, "schedule": "cosine", "targets": "all"}
    (trial,) = adaptation.plan(["replace"], [Change("links", 3)], [base], planar3, **WITH, **measured)
    monkeypatch.setattr(evaluation, "evaluate", noted)
    record, _ = adaptation.run(trial, planar3, store, 1, lambda standing: None)
    points = len(record.curve["iteration"])
    of_unchanged = 1
    assert evaluated == [VALIDATION_SAMPLES] * (of_unchanged + points) + [150] * 3
    assert record.metrics["validation_calls"] == VALIDATION_SAMPLES * points


def test_validation_positions_are_trained_on_and_tested_on_by_nobody(planar3, planar3_chain):
    space = JointSpace.of(planar3, 90)
    data = Dataset.sample(planar3_chain, space, 400, 150, Seeds(0))
    drawn = space.sample(VALIDATION_SAMPLES, Seeds(0).numpy("validation"))
    validation = {tuple(row) for row in planar3_chain.positions(drawn)}
    assert validation.isdisjoint(map(tuple, np.concatenate([data.train.targets, data.test_targets])))


def test_an_arm_that_can_reach_nothing_of_what_is_wanted_is_said_to(planar3, tmp_path, monkeypatch):
    store = Store(tmp_path)
    (base,) = accuracy.plan(["emssl"], planar3, [90], [0], TINY, {"emssl": {"iterations": 1}}, "chain")
    train_base(base, planar3, store)
    measured = {"measurements": 20, "noise_mm": 0.0, "schedule": "cosine"}
    (trial,) = adaptation.plan(["replace"], [Change("links", 3)], [base], planar3, **WITH, **measured)
    monkeypatch.setattr(adaptation, "within_reach", lambda arm, space, task, targets: np.zeros(len(targets), bool))
    with pytest.raises(InvalidValue, match="can reach none of the test targets"):
        adaptation.run(trial, planar3, store, 1, lambda standing: None)
