"""An experiment is a file and a line; what it trains and adapts with keeps to a contract."""

import itertools
import sys

import numpy as np
import pytest
import torch

from emssl_bench import experiments, report
from emssl_bench.adaptation import approaches
from emssl_bench.exceptions import MethodError, UnknownName
from emssl_bench.experiments.training import run_trial, validated
from emssl_bench.methods import registry
from emssl_bench.methods.base import Adaptable, Progress
from emssl_bench.records import Store
from emssl_bench.records.settings import base as settings_base
from emssl_bench.records.settings import known_experiments
from emssl_bench.solvers.base import Solver
from tests import toy_experiment
from tests.examples import record


@pytest.fixture(autouse=True)
def as_before():
    yield
    torch.set_flush_denormal(False)


def test_a_new_experiment_is_a_file_and_a_line(planar3, tmp_path, monkeypatch):
    monkeypatch.setitem(experiments.EXPERIMENTS, "spread", "tests.toy_experiment")
    store, told = Store(tmp_path), []
    for trial in toy_experiment.plan(planar3, [10, 1000]):
        store.save(run_trial(trial, planar3, store, 1, told.append))
    found = {each.trial.settings.count: each.metrics["distance_mean_m"] for each in store.records()}
    assert 0 < found[1000] < planar3.reach_m
    assert store.done(toy_experiment.plan(planar3, [10])[0]), "its trials are not run again"
    store.save(record("emssl", 90))
    registered = settings_base._BY_EXPERIMENT.pop("spread")
    sys.modules.pop("tests.toy_experiment")
    assert len(store.records()) == 3, "its file is found where its records are read first"
    assert settings_base._BY_EXPERIMENT["spread"] is not registered
    report.write(store)
    assert "Table II" in (tmp_path / "report.md").read_text(), "others are reported as ever"


def test_every_experiment_has_a_plan_and_a_run():
    for name in experiments.EXPERIMENTS:
        module = experiments.experiment(name)
        assert (callable(module.plan), callable(module.run)) == (True, True)
        assert name in known_experiments(), "else its records could not be read"
    with pytest.raises(UnknownName, match="unknown experiment 'accurac': did you mean 'accuracy'"):
        experiments.experiment("accurac")


class Kept(Solver):
    def solve(self, targets, samples=1):
        return np.zeros((len(targets), samples, 3))


@pytest.mark.parametrize("function", ["learn", "adapt"])
@pytest.mark.parametrize(
    ("yielded", "says"),
    [
        (list, "must be a generator of Progress, it returned list"),
        (lambda: iter([]), "ended without a Progress"),
        (lambda: iter([Kept()]), "must yield Progress, not Kept"),
        (lambda: iter([Progress(None)]), r"must yield a Solver with solve\(targets\), NoneType is none"),
        (lambda: itertools.repeat(Progress(Kept())), "yielded more often than its units allow, 2 times"),
    ],
    ids=["a list", "nothing", "a solver", "no solver", "without end"],
)
def test_a_method_that_breaks_its_contract_is_told_in_which_function(function, yielded, says):
    with pytest.raises(MethodError, match=f"^{function} {says}"):
        list(validated(yielded(), 2, function))


@pytest.mark.parametrize("name", approaches.APPROACHES)
def test_an_approach_has_the_name_that_it_is_listed_under(name):
    assert approaches.approach(name).name == name


def test_approaches_that_fine_tune_are_named_after_a_method_that_adapts():
    assert approaches.FINE_TUNED == ("direct", "distal")
    assert all(issubclass(registry.method_class(name), Adaptable) for name in approaches.FINE_TUNED)
