"""The report of a merged folder: several machines are named, and their seconds not compared."""

from dataclasses import replace
from functools import partial

import pandas as pd
import pytest

from emssl_bench.records import Record, Trial
from emssl_bench.records.settings import AdaptationSettings
from emssl_bench.report import machines
from tests.examples import record
from tests.merging import OTHER, elsewhere, merged, store_of


@pytest.fixture
def folder(tmp_path):
    return partial(store_of, tmp_path)


@pytest.fixture
def merge(tmp_path, capsys, monkeypatch):
    return partial(merged, tmp_path, capsys, monkeypatch)


def adapted(approach, machine, fit_seconds):
    base = record("emssl", 90)
    trained = {key: value for key, value in vars(base.trial.settings).items() if key not in ("method", "evaluated_on")}
    settings = AdaptationSettings(
        **trained,
        **{"approach": approach, "change": "links=3", "changed_digest": "x", "samples": 700, "base": "b"},
        **{"trained_with": {}, "adaptation_hyperparameters": {}, "schedule": None},
    )
    trial = Trial("paper6", 0, settings)
    own = {"error_unchanged_cm": 1.0, "error_before_cm": 9.0, "reached": 1.0, "iterations": 3}
    return Record(trial, "done", {**base.metrics, **own, "fit_seconds": fit_seconds}, base.curve, machine=machine)


def test_the_report_says_that_machines_are_several_and_compares_no_seconds(folder, merge, tmp_path):
    one, other = {"cpu": "a CPU", "torch": "2.13.0"}, OTHER
    folder(
        "a", record("emssl", 90), record("direct", 90), adapted("scratch", one, 100.0), adapted("replace", one, 10.0)
    )
    folder("b", elsewhere(record("emssl", 90, seed=1)), adapted("identify", other, 1.0))
    code, _ = merge("a", "b", report=True)
    assert code == 0
    text = (tmp_path / "out" / "report.md").read_text()
    assert text.count("training seconds of different machines do not compare") == 2
    a, b = (machines.name(each) for each in (record("emssl", 90), elsewhere(record("emssl", 90))))
    assert f"- **{a}**: a CPU; torch 2.13.0; accuracy, adaptation; commit abc" in text
    assert f"- **{b}**: another CPU; torch 2.13.0; accuracy, adaptation; commit abc" in text
    assert f"12 | {a} " in text
    assert f"– | {', '.join(sorted([a, b]))} |" in text, "seeds of two machines have no mean training time"
    table2 = pd.read_csv(tmp_path / "out" / "tables" / "table2.csv").set_index("method")
    assert table2["fit_seconds"].isna().to_dict() == {"direct": False, "emssl": True}
    assert table2["machines"].to_dict() == {"direct": a, "emssl": ", ".join(sorted([a, b]))}
    table4 = pd.read_csv(tmp_path / "out" / "tables" / "table4.csv").set_index("approach")
    assert table4[["times_calls", "times_steps"]].notna().all(axis=None), "these are the same on every machine"


def test_the_report_of_one_machine_says_nothing_of_several(folder, merge, tmp_path):
    sampled = replace(record("emssl", 90, seed=1), machine={**record("emssl", 90).machine, "load before": "9 9 9"})
    folder("a", record("emssl", 90), sampled)
    merge("a", report=True)
    text = (tmp_path / "out" / "report.md").read_text()
    assert "several machines" not in text
    table2 = pd.read_csv(tmp_path / "out" / "tables" / "table2.csv")
    assert list(table2["machines"]) == [machines.name(record("emssl", 90))], "however busy it was"
