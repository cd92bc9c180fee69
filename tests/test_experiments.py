"""An experiment is a file and a line."""

import sys

import pytest
import torch

from emssl_bench import experiments, report
from emssl_bench.exceptions import UnknownName
from emssl_bench.experiments.training import run_trial
from emssl_bench.records import Store
from emssl_bench.records.settings import base as settings_base
from emssl_bench.records.settings import known_experiments
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
