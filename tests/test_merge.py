"""Records of several machines, brought together."""

import json
from dataclasses import replace
from functools import partial

import pytest

from emssl_bench.records import Record, Store, Trial
from emssl_bench.records.settings import SamplingSettings
from tests.examples import record
from tests.merging import OTHER, elsewhere, merged, store_of


@pytest.fixture
def folder(tmp_path):
    return partial(store_of, tmp_path)


@pytest.fixture
def merge(tmp_path, capsys, monkeypatch):
    return partial(merged, tmp_path, capsys, monkeypatch)


def failed(trial_of):
    return replace(trial_of, status="failed", metrics={}, curve={}, error="Diverged: the loss is nan")


def timing(case, seconds, machine="m1"):
    settings = SamplingSettings(
        **{"robot_digest": "x", "machine": machine, "samples": 100, "threads": 1, "rounds": 1, "device": "cpu"},
        **{"table_batch": 8, "table_processes": 1, "part": "batches", "batch": case, "kernel": "block", "processes": 1},
        strategy="both-block-kernel",
    )
    trial = Trial("paper6", 0, settings)
    cores = {"cores": "2 physical, 2 logical"}
    return Record(trial, "done", {"seconds": seconds}, {"seconds": [seconds]}, machine={**OTHER, **cores})


def seeds(store):
    return sorted(each.trial.seed for each in store.records())


def test_records_of_two_folders_come_together_and_the_folders_stay_as_they_were(folder, merge, tmp_path):
    a, b = folder("a", record("emssl", 90)), folder("b", record("emssl", 90, seed=1))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert merge("a", "b") == (0, "")
    assert seeds(Store(tmp_path / "out")) == [0, 1]
    assert {path: path.read_bytes() for path in before} == before
    for store in (a, b):
        (path,) = store.folder.rglob("*.json")
        assert (tmp_path / "out" / path.relative_to(store.folder)).read_bytes() == path.read_bytes()


def test_merging_again_changes_nothing(folder, merge, tmp_path):
    folder("a", record("emssl", 90)), folder("b", elsewhere(record("emssl", 90)), record("direct", 90))
    merge("a", "b")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.json")}
    merge("b", "a")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.json")} == before


def test_a_folder_may_be_merged_into_one_of_those_given(folder, merge, tmp_path):
    folder("out", record("emssl", 90)), folder("b", record("emssl", 90, seed=1))
    assert merge("out", "b", "b") == (0, "")
    assert seeds(Store(tmp_path / "out")) == [0, 1]


def test_equal_numbers_are_kept_once_with_the_seconds_of_one_machine(folder, merge, tmp_path):
    folder("a", record("emssl", 90)), folder("b", elsewhere(record("emssl", 90)))
    assert merge("a", "b") == (0, "")
    (kept,) = Store(tmp_path / "out").records()
    assert (kept.metrics["fit_seconds"], kept.machine["cpu"]) == (12.5, "a CPU")


def test_different_numbers_are_named_and_the_first_are_kept(folder, merge, tmp_path):
    a, b = folder("a", record("emssl", 90, error=2.0)), folder("b", record("emssl", 90, error=2.5))
    code, err = merge("a", "b")
    assert (code, err.count("\n")) == (0, 1)
    assert "emssl--paper6--s0--" in err
    assert "different numbers (error_mean_cm 2.0 and 2.5)" in err
    assert f"in {a.folder} and in {b.folder}: the first is kept." in err
    assert Store(tmp_path / "out").records()[0].metrics["error_mean_cm"] == 2.0


def test_a_difference_in_the_curve_alone_is_one_too(folder, merge):
    curve = {**record("emssl", 90).curve, "error_mean_cm": [9.0, 4.0, 2.0]}
    folder("a", record("emssl", 90)), folder("b", replace(record("emssl", 90), curve=curve))
    assert "(error_mean_cm by iteration)" in merge("a", "b")[1]


def test_what_is_there_already_stays(folder, merge, tmp_path):
    folder("out", record("emssl", 90, error=1.0)), folder("a", record("emssl", 90, error=2.0))
    assert merge("a")[0] == 0
    assert Store(tmp_path / "out").records()[0].metrics["error_mean_cm"] == 1.0


def test_strict_writes_nothing_where_numbers_differ(folder, merge, tmp_path):
    folder("a", record("emssl", 90, error=2.0)), folder("b", record("emssl", 90, error=2.5), record("direct", 90))
    code, err = merge("a", "b", "--strict")
    assert code == 2
    assert "different numbers (error_mean_cm 2.0 and 2.5)" in err
    assert "nothing is written (--strict): 1 trials have different numbers." in err
    assert not (tmp_path / "out").exists()


def test_strict_merges_where_numbers_agree(folder, merge, tmp_path):
    folder("a", record("emssl", 90)), folder("b", elsewhere(record("emssl", 90)))
    assert merge("a", "b", "--strict") == (0, "")
    assert seeds(Store(tmp_path / "out")) == [0]


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_a_result_is_kept_before_a_failure(folder, merge, tmp_path, order):
    folder("a", failed(record("emssl", 90))), folder("b", record("emssl", 90))
    folder("out", failed(record("emssl", 90)))
    assert merge(*order) == (0, "")
    assert [each.status for each in Store(tmp_path / "out").records()] == ["done"]


def test_a_failure_without_a_result_anywhere_is_kept_as_such(folder, merge, tmp_path):
    folder("a", failed(record("emssl", 90))), folder("b", record("direct", 90))
    merge("a", "b")
    assert sorted(each.status for each in Store(tmp_path / "out").records()) == ["done", "failed"]


def test_damaged_records_are_named_and_left_alone(folder, merge, tmp_path):
    a = folder("a", record("emssl", 90), record("emssl", 90, seed=1))
    path = a.path(record("emssl", 90).trial)
    path.write_text(path.read_text().replace("2.0", "0.2"))
    code, err = merge("a")
    assert (code, err.count("\n")) == (0, 1)
    assert f"{path} is not as it was written" in err
    assert path.is_file()
    assert seeds(Store(tmp_path / "out")) == [1]


def test_a_folder_without_records_is_a_mistake(folder, merge, tmp_path):
    folder("a", record("emssl", 90))
    code, err = merge("a", "b")
    assert (code, err.count("\n")) == (2, 1)
    assert f"no records under {tmp_path / 'b' / 'records'}" in err
    assert not (tmp_path / "out").exists()
    code, err = merge("out")
    assert (code, err.count("\n")) == (2, 1)


def test_a_folder_that_another_command_writes_into_is_not_merged_into(folder, merge, tmp_path):
    folder("a", record("emssl", 90))
    with Store(tmp_path / "out").claimed():
        code, err = merge("a")
    assert (code, err.count("\n")) == (2, 1)
    assert "is in use by" in err


def test_timings_of_two_machines_stay_apart(folder, merge, tmp_path):
    folder("a", timing(1, 1.0)), folder("b", timing(1, 5.0, machine="m2"))
    assert merge("a", "b") == (0, "")
    assert sorted(each.metrics["seconds"] for each in Store(tmp_path / "out").records()) == [1.0, 5.0]


def test_two_measurements_of_one_machine_are_never_mixed(folder, merge, tmp_path):
    folder("a", timing(1, 1.0), timing(2, 2.0)), folder("b", timing(2, 7.0), timing(4, 8.0))
    code, err = merge("a", "b")
    assert (code, err.count("\n")) == (0, 1)
    assert "sampling on paper6 was measured twice on the same machine" in err
    assert sorted(each.metrics["seconds"] for each in Store(tmp_path / "out").records()) == [1.0, 2.0]


def test_benchmarks_are_said_to_be_left_where_they_are(folder, merge, tmp_path):
    a = folder("a", record("emssl", 90))
    (a.folder / "benchmarks.json").write_text(json.dumps({"benchmarks": []}))
    code, err = merge("a")
    assert (code, err.count("\n")) == (0, 1)
    assert "benchmarks are of one machine, and are not merged" in err
    assert not (tmp_path / "out" / "benchmarks.json").exists()
