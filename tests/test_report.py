"""What a report writes, and what its page says."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from emssl_bench import report
from emssl_bench.exceptions import RecordError
from emssl_bench.records import Store
from tests.examples import record, with_settings
from tests.reports import all_methods


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "run")
    for each in all_methods():
        store.save(each)
    return store


@pytest.mark.usefixtures("with_pictures")
def test_everything_is_written_and_the_same_bytes_every_time(store):
    paths = report.write(store)
    names = {str(path.relative_to(store.folder)) for path in paths}
    assert names == {
        *(f"tables/{name}.{suffix}" for name in ("table2", "coverage") for suffix in ("md", "csv", "tex")),
        *(
            f"figures/{name}.{suffix}"
            for name in ("fig6", "errors", "error_map", "calls")
            for suffix in ("png", "pdf", "csv")
        ),
        "report.html",
        "report.md",
    }
    first = {path: path.read_bytes() for path in paths}
    assert all(first.values())
    assert {path: path.read_bytes() for path in report.write(store)} == first


def test_the_csv_has_the_columns_it_promises(store):
    report.write(store)
    frame = pd.read_csv(store.folder / "tables/table2.csv")
    promised = ["method", "joint_range_deg", "seeds", "error_mean_cm", "error_median_cm", "error_p95_cm", "paper_cm"]
    assert set(promised) <= set(frame.columns)
    row = frame[(frame["method"] == "emssl") & (frame["joint_range_deg"] == 180)].iloc[0]
    assert (row["seeds"], row["error_mean_cm"], row["error_p95_cm"], row["paper_cm"]) == (1, 2.0, 4.0, 1.78)


def test_the_page_says_where_methods_had_unequal_steps(tmp_path):
    def page(*records):
        store = Store(tmp_path / str(len(records)))
        for each in records:
            store.save(each)
        report.write(store)
        return (store.folder / "report.md").read_text()

    direct = record("direct", 90)
    fewer = replace(with_settings(direct, method="cgan"), metrics={**direct.metrics, "gradient_steps": 9})
    assert "same number of epochs" in page(record("emssl", 90), direct)
    shorter = replace(fewer, metrics=direct.metrics, curve={**direct.curve, "iteration": [1, 2, 9]})
    for other in (fewer, shorter):
        assert "**Iterations or gradient steps differ between methods**" in page(record("emssl", 90), direct, other)


def test_the_page_says_how_long_trainings_were_beside_the_papers(tmp_path):
    """Where its centimetres stand: not beside other arms."""
    beside = "The paper finds EMSSL close to its end after 20 iterations. Trainings beside its values: "
    for robot, said in (("paper6", f"{beside}700 positions, 3 iterations, 90 steps."), ("ur5", "")):
        ran, store = record("emssl", 90), Store(tmp_path / robot)
        store.save(replace(ran, trial=replace(ran.trial, robot=robot)))
        report.write(store)
        page = (store.folder / "report.md").read_text()
        assert said in page
        assert (beside in page) == bool(said)


def test_a_page_of_validation_alone_speaks_of_no_test_set(tmp_path):
    store = Store(tmp_path)
    store.save(record("emssl", 90, evaluated_on="validation"))
    report.write(store)
    text = (tmp_path / "report.md").read_text()
    results = text[text.index("## Table II") : text.index("## Known limitations")]
    assert "## Table II: mean distance error on validation" in results
    assert "**All rows were evaluated on validation" in results
    assert "no results on the test set" in results
    assert results.count("test set") == 1
    assert "test positions" not in results
    assert "evaluated on validation" in text[text.index("## Settings") :]


def test_a_page_with_some_validation_says_which_rows(store):
    store.save(record("emssl", 90, evaluated_on="validation"))
    report.write(store)
    text = (store.folder / "report.md").read_text()
    assert "## Table II: mean distance error on the test set" in text
    assert "**Rows that say *validation* were evaluated on validation" in text


def test_a_failed_trial_is_shown_and_not_counted(store):
    failed = replace(record("emssl", 90, seed=1), status="failed", metrics={}, curve={}, error="Diverged: loss is nan")
    store.save(failed)
    report.write(store)
    text = (store.folder / "report.md").read_text()
    assert "## Failed trials" in text
    assert "Diverged: loss is nan" in text
    rows = [" ".join(line.split()) for line in text.splitlines()]
    assert [row for row in rows if "| EMSSL | 3 iterations, 90 steps | 2.00 |" in row]


def test_a_run_with_nothing_but_failures_still_has_a_page(tmp_path):
    store = Store(tmp_path)
    store.save(replace(record("emssl", 90), status="failed", metrics={}, curve={}, error="it broke"))
    assert [path.name for path in report.write(store)] == ["report.html", "report.md"]


def test_the_page_says_what_is_not_known(store):
    report.write(store)
    text = (store.folder / "report.md").read_text()
    for what in ("does not name its arm", "calibration on one method", "a CPU", "commit abc", "iterations 3"):
        assert what in text


def test_records_of_before_errors_were_spread_out_have_no_figures_of_it(tmp_path):
    store = Store(tmp_path)
    store.save(replace(record("emssl", 90), tables={}))
    names = {path.stem for path in report.write(store)}
    assert names == {"table2", "fig6", "calls", "report"}
    text = (tmp_path / "report.md").read_text()
    assert "## Coverage" not in text
    assert "errors.png" not in text
    assert "error_map.png" not in text


def test_the_page_says_which_trials_a_figure_lacks(store):
    store.save(replace(record("emssl", 90, seed=1), tables={}))
    report.write(store)
    lacking = "before it was measured: EMSSL, ±90°, paper6 (c0f37e043b04), 700 / 300 samples (1 seed)."
    text = (store.folder / "report.md").read_text()
    assert text.count(lacking) == 2
    assert "The table is of 6 of 7 trials: the records of the others are from before it was measured" in text


def test_what_answers_cover_is_a_mean_over_the_seeds_that_know_it(tmp_path):
    store = Store(tmp_path)
    for seed, error in enumerate((1.0, 3.0)):
        store.save(record("emssl", 90, seed, error=error))
    store.save(replace(record("emssl", 90, 2, error=90.0), tables={}))
    report.write(store)
    row = pd.read_csv(tmp_path / "tables/coverage.csv").iloc[0]
    assert (row["seeds"], row["error_mean_cm"], row["uncovered_share"], row["covered_error_cm"]) == (2, 2.0, 0.2, 0.75)
    printed = (tmp_path / "tables/coverage.md").read_text().splitlines()[-1].split("|")
    assert [cell.strip() for cell in printed[6:-1]] == ["2.00", "20.0%", "1.00", "5.0%", "0.25", "75.0%", "0.75"]


def test_a_folder_without_records_is_said_to_have_none(tmp_path):
    with pytest.raises(RecordError, match="no records under"):
        report.write(Store(tmp_path))


def test_benchmarks_are_shown_where_their_file_lies(store):
    stats = [
        {"group": "g", "name": f"test_{n}", "stats": {"median": s, "rounds": 3}} for n, s in (("a", 0.2), ("b", 0.1))
    ]
    machine, commit = {"machine": "x86_64", "cpu": {"brand_raw": "a CPU", "count": 4}}, {"id": "0123456789abcdef"}
    content = {"benchmarks": stats, "machine_info": machine, "commit_info": commit, "version": "5.2.0"}
    (store.folder / "benchmarks.json").write_text(json.dumps(content))
    report.write(store)
    text = (store.folder / "report.md").read_text()
    assert "Medians, by `tox -e bench`, on a CPU, 4 logical cores; commit 0123456789ab." in text
    rows = [" ".join(line.split()) for line in text.splitlines()]
    first, second = rows.index("| g | b | 100.000 | 1.00 | 3 |"), rows.index("| g | a | 200.000 | 2.00 | 3 |")
    assert first < second


def test_a_benchmark_file_of_another_kind_is_named(store):
    words = {"benchmarks": [{"group": "g", "name": "n", "stats": {"median": "long", "rounds": 3}}]}
    elsewhere = {"benchmarks": [], "machine_info": [], "commit_info": None}
    for content in ([], words, elsewhere):
        (store.folder / "benchmarks.json").write_text(json.dumps(content))
        with pytest.raises(RecordError, match=r"benchmarks\.json is not pytest-benchmark's JSON"):
            report.write(store)
