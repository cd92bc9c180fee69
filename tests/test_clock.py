"""Training time is that of training: nobody pays for being judged, or for another's being measured."""

import time

import pytest

from emssl_bench.adaptation import approaches
from emssl_bench.adaptation import identification as adaptation_identification
from emssl_bench.adaptation.approaches import align
from emssl_bench.experiments import accuracy, adaptation, evaluation, identification
from emssl_bench.methods import registry
from emssl_bench.records import Store, model_files
from robots.changes import Change
from tests.runs import TINY

JUDGING, UNIT, FORWARD, PREPARING = 1000.0, 1.0, 0.125, 32.0
"""Seconds by the clock of these tests, told apart at a glance."""


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still, except that judging, a unit of learning, sampling and preparing take as said."""
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])

    def costs(owner, name, seconds):
        done = getattr(owner, name)

        def slow(*arguments, **named):
            now[0] += seconds
            return done(*arguments, **named)

        monkeypatch.setattr(owner, name, slow)

    def each_unit_costs(cls, name):
        learn = getattr(cls, name)

        def slow(*arguments, **named):
            for progress in learn(*arguments, **named):
                now[0] += UNIT
                yield progress

        monkeypatch.setattr(cls, name, slow)

    costs(evaluation, "evaluate", JUDGING)
    costs(accuracy, "coverage", JUDGING)
    costs(align, "align", PREPARING)
    costs(adaptation_identification, "identified", PREPARING)
    costs(identification, "nearest_equivalent", JUDGING)
    classes = {base for name in registry.METHODS for base in registry.method_class(name).__mro__}
    for cls in classes:
        for what in vars(cls).keys() & {"learn", "adapt"}:
            each_unit_costs(cls, what)
    return costs


@pytest.mark.parametrize("name", registry.METHODS)
def test_the_clock_of_a_training_stands_while_the_model_is_judged(name, clock, planar3, tmp_path):
    own = {"iterations": 3} if "iterations" in registry.settings_of(name) else {}
    units = registry.configured(name, own).units
    (trial,) = accuracy.plan([name], planar3, [90], [0], TINY, {name: own}, "chain")
    record, _ = accuracy.run(trial, planar3, Store(tmp_path), 1, lambda standing: None)
    assert record.curve["fit_seconds"] == [UNIT * number for number in range(1, units + 1)]
    assert record.metrics["fit_seconds"] == units * UNIT


def test_the_time_left_is_that_of_an_iteration_and_its_judging_for_each_to_come(clock, planar3, tmp_path):
    (trial,) = accuracy.plan(["emssl"], planar3, [90], [0], TINY, {"emssl": {"iterations": 4}}, "chain")
    told = []
    accuracy.run(trial, planar3, Store(tmp_path), 1, told.append)
    assert [standing.iteration for standing in told] == [1, 2, 3, 4]
    assert [standing.seconds_left for standing in told[1:]] == [2 * (UNIT + JUDGING), UNIT + JUDGING, 0.0]


def test_seconds_in_the_forward_model_are_those_of_the_methods_own_calls(clock, planar3, planar3_chain, tmp_path):
    clock(type(planar3_chain), "positions", FORWARD)
    (trial,) = accuracy.plan(["emssl"], planar3, [90], [0], TINY, {}, "chain")
    record, _ = accuracy.run(trial, planar3, Store(tmp_path), 1, lambda standing: None)
    assert record.metrics["forward_seconds"] == 2 * FORWARD, "one sampling an iteration, and no judging"
    assert record.metrics["forward_calls"] == 2 * 400
    assert record.metrics["fit_seconds"] == 2 * (UNIT + FORWARD)


class Interruption(Exception):
    """What ends a trial in the middle."""


def test_a_training_that_was_interrupted_has_taken_what_both_parts_took(clock, planar3, planar3_chain, tmp_path):
    clock(type(planar3_chain), "positions", FORWARD)
    (trial,) = accuracy.plan(["emssl"], planar3, [90], [0], TINY, {"emssl": {"iterations": 4}}, "chain")

    def interrupt(standing):
        if standing.iteration == 3:
            raise Interruption

    with pytest.raises(Interruption):
        accuracy.run(trial, planar3, Store(tmp_path), 1, interrupt)
    record, _ = accuracy.run(trial, planar3, Store(tmp_path), 1, lambda standing: None)
    assert record.curve["fit_seconds"] == [iteration * (UNIT + FORWARD) for iteration in (1, 2, 3, 4)]
    assert record.metrics["forward_seconds"] == 4 * FORWARD
    assert record.metrics["forward_calls"] == 4 * 400


@pytest.mark.parametrize("approach", [name for name in adaptation.APPROACHES if approaches.approach(name).learns])
def test_adapting_has_taken_its_preparation_and_its_iterations(approach, clock, planar3, tmp_path):
    """Not the judging, nor what comes before the model as it stood is yielded."""
    method = adaptation.base_method(approach, "emssl")
    (base,) = accuracy.plan([method], planar3, [90], [0], TINY, {method: {"iterations": 3}}, "chain")
    store = Store(tmp_path)
    _, model = accuracy.run(base, planar3, store, 1, lambda standing: None)
    model_files.save(model, store.model_path(base), base)
    own = {"measurements": 20, "noise_mm": 50.0, "schedule": "constant", "samples": 100, "targets": "all"}
    run_with = {"forward": "chain", "device": "cpu", "threads": 1}
    (trial,) = adaptation.plan([approach], [Change("links", 10)], [base], planar3, **run_with, **own)
    record, _ = adaptation.run(trial, planar3, store, 1, lambda standing: None)
    prepared = PREPARING if approaches.approach(approach).measures else 0.0
    assert record.metrics.get("preparing_seconds", 0.0) == prepared
    expected = [prepared + UNIT * iteration for iteration in record.curve["iteration"]]
    assert record.curve["fit_seconds"] == expected
    assert len(expected) > 1
