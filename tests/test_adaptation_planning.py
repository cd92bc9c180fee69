"""Which trials of adaptation are planned, and what is refused before they run."""

import pytest

from emssl_bench.exceptions import InvalidValue, UnknownName
from emssl_bench.experiments import accuracy, adaptation
from robots.changes import Change
from tests.adapting import TINY, WITH


def test_all_targets_are_evaluated_where_that_is_chosen(planar3):
    bases = accuracy.plan(["emssl"], planar3, [90], [0], TINY, {}, "chain")
    changes = [Change("links", 3)]

    def planned(**targets):
        measured = {"measurements": 20, "noise_mm": 0.0, "schedule": "cosine"}
        (trial,) = adaptation.plan(["replace"], changes, bases, planar3, **WITH, **measured, **targets)
        return trial

    assert planned().settings.targets == "reachable"
    identity = planned(targets="all").settings.identity()
    assert not {"targets", "wanted"} & identity.keys(), "as in records from before there was a choice"


def test_whoever_gives_a_model_of_the_other_learner_is_told_of_it(planar3):
    from emssl_bench.cli.base_models import startable

    bases = accuracy.plan(["emssl-plus"], planar3, [90], [0], TINY, {}, "chain")
    assert startable(["replace"], "emssl-plus", bases, False) == ["replace"]
    with pytest.raises(InvalidValue, match=r"--from gives emssl-plus \(--learner emssl-plus starts from these\)\."):
        startable(["replace"], "emssl", bases, False)


def test_approaches_are_known_by_name():
    assert adaptation.chosen(["all"]) == list(adaptation.APPROACHES)
    assert adaptation.chosen(["replace", "replace"]) == ["replace"]
    with pytest.raises(UnknownName, match="did you mean 'replace'"):
        adaptation.chosen(["replaced"])


def test_a_learner_without_a_network_is_not_aligned():
    assert adaptation.chosen(["all"], "babbling") == [name for name in adaptation.APPROACHES if name != "align"]
    with pytest.raises(InvalidValue, match="align needs a network, and goal-babbling learns none: choose from"):
        adaptation.chosen(["replace", "align"], "goal-babbling")


def planned(planar3, approach, evaluated_on="test", **own):
    bases = accuracy.plan(["emssl"], planar3, [90], [0], TINY, {}, "chain", evaluated_on=evaluated_on)
    own = {"measurements": 20, "noise_mm": 0.0, "schedule": "cosine", **own}
    (trial,) = adaptation.plan([approach], [Change("links", 1)], bases, planar3, **WITH, **own)
    return trial


def test_what_cannot_be_adapted_with_is_refused(planar3):
    with pytest.raises(InvalidValue, match="--samples is at most the 400 training positions"):
        planned(planar3, "replace", samples=401)
    with pytest.raises(InvalidValue, match="--measurements is at most the 400 training positions"):
        planned(planar3, "align", measurements=401)
    assert planned(planar3, "identify", measurements=401).settings.measurements == 401
    with pytest.raises(InvalidValue, match="a model trained with --evaluate-on validation"):
        planned(planar3, "replace", evaluated_on="validation")


def test_training_from_scratch_is_the_same_trial_however_many_samples_the_others_take(planar3):
    assert planned(planar3, "scratch", samples=100) == planned(planar3, "scratch")
    assert planned(planar3, "replace", samples=100) != planned(planar3, "replace")
