"""Records of several machines, brought together."""

import json
from dataclasses import replace

import pandas as pd
import pytest
import torch

from emssl_bench import cli
from emssl_bench.records import Record, Store, Trial, model_files
from emssl_bench.records.settings import AdaptationSettings, SamplingSettings
from emssl_bench.report import machines
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.network import InverseNetwork
from emssl_bench.solvers.network_solver import NetworkSolver
from tests.examples import record

OTHER = {"cpu": "another CPU", "torch": "2.13.0"}


def failed(trial_of):
    return replace(trial_of, status="failed", metrics={}, curve={}, error="Diverged: the loss is nan")


def elsewhere(done, fit_seconds=99.0):
    """The same numbers, trained on another machine."""
    return replace(done, machine=OTHER, metrics={**done.metrics, "fit_seconds": fit_seconds})


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


def timing(case, seconds, machine="m1"):
    settings = SamplingSettings(
        **{"robot_digest": "x", "machine": machine, "samples": 100, "threads": 1, "rounds": 1, "device": "cpu"},
        **{"table_batch": 8, "table_processes": 1, "part": "batches", "batch": case, "kernel": "block", "processes": 1},
        strategy="both-block-kernel",
    )
    trial = Trial("paper6", 0, settings)
    cores = {"cores": "2 physical, 2 logical"}
    return Record(trial, "done", {"seconds": seconds}, {"seconds": [seconds]}, machine={**OTHER, **cores})


@pytest.fixture
def folder(tmp_path):
    """Makes a folder with such records in it."""

    def make(name, *records):
        store = Store(tmp_path / name)
        for each in records:
            store.save(each)
        return store

    return make


@pytest.fixture
def merge(tmp_path, capsys, monkeypatch):
    """Merges folders into `out`; exit code and standard error. The report is another test's."""

    def run(*arguments, report=False):
        if not report:
            monkeypatch.setattr("emssl_bench.cli.merge.reported", lambda store, records: 0)
        code = cli.main(
            ["merge", *(str(tmp_path / each) for each in arguments if each != "--strict")]
            + ["--strict"] * ("--strict" in arguments)
            + ["--out", str(tmp_path / "out")]
        )
        return code, capsys.readouterr().err

    return run


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


def save_model(store, trial, seed=0):
    network = InverseNetwork(6, "he_uniform", torch.Generator().manual_seed(seed))
    scales = Normaliser((0.0,) * 3, (1.0,) * 3, -1, 1), Normaliser((0.0,) * 6, (1.0,) * 6, 0, 1)
    model_files.save(NetworkSolver(network, *scales, 512), store.model_path(trial), trial)
    return store.model_path(trial).read_bytes()


def test_models_come_with_their_records(folder, merge, tmp_path):
    first, second = record("emssl", 90, error=2.0), record("emssl", 90, seed=1)
    a, b = folder("a", first), folder("b", replace(first, metrics=record("emssl", 90, error=2.5).metrics), second)
    wanted = save_model(a, first.trial), save_model(b, second.trial, 1)
    save_model(b, first.trial, 2)
    merge("a", "b")
    out = Store(tmp_path / "out")
    assert tuple(out.model_path(trial).read_bytes() for trial in (first.trial, second.trial)) == wanted
    model_files.load(out.model_path(first.trial))


def test_a_model_of_other_numbers_than_the_record_kept_does_not_come(folder, merge, tmp_path):
    folder("a", record("emssl", 90, error=2.0))
    save_model(folder("b", record("emssl", 90, error=2.5)), record("emssl", 90).trial)
    merge("a", "b")
    assert not (tmp_path / "out" / "models").exists()


def test_a_sound_model_comes_from_where_the_numbers_are_the_same(folder, merge, tmp_path):
    trial = record("emssl", 90).trial
    a, b = folder("a", record("emssl", 90)), folder("b", elsewhere(record("emssl", 90)))
    save_model(a, trial)
    a.model_path(trial).write_bytes(a.model_path(trial).read_bytes()[:-1])
    sound = save_model(b, trial)
    code, err = merge("a", "b")
    assert (code, err.count("\n")) == (0, 1)
    assert "hash differs" in err
    assert (Store(tmp_path / "out").model_path(trial)).read_bytes() == sound


def test_a_model_that_is_not_of_the_record_kept_makes_way(folder, merge, tmp_path):
    """Its own record is gone, so that it may be of other numbers."""
    trial = record("emssl", 90).trial
    save_model(Store(tmp_path / "out"), trial, 1)
    kept = save_model(folder("b", record("emssl", 90)), trial, 2)
    code, err = merge("b")
    assert (code, err.count("\n")) == (0, 1)
    assert "is replaced by" in err
    assert Store(tmp_path / "out").model_path(trial).read_bytes() == kept
    assert merge("b") == (0, ""), "now it is"


def test_a_model_without_a_record_comes_too(folder, merge, tmp_path):
    base = record("emssl", 90, seed=7).trial
    wanted = save_model(folder("a", record("emssl", 90)), base)
    merge("a")
    assert Store(tmp_path / "out").model_path(base).read_bytes() == wanted


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
