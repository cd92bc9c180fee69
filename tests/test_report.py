"""What is made of records."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from emssl_bench import report
from emssl_bench.exceptions import RecordError
from emssl_bench.methods import registry
from emssl_bench.records import Store
from emssl_bench.report import intervals
from emssl_bench.report.frames.accuracy import accuracy_runs, table_2
from emssl_bench.report.sections.costs import printed_costs
from tests.examples import record, with_settings
from tests.reports import errors_printed


def all_methods(seeds=(0,)):
    errors = {"direct": 30.0, "distal": 3.0, "cgan": 6.0, "emssl": 2.0}
    return [
        record(name, joint_range, seed, error + seed / 10)
        for name, error in errors.items()
        for joint_range in (90, 180)
        for seed in seeds
    ]


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "run")
    for each in all_methods():
        store.save(each)
    return store


def table(records):
    return table_2(accuracy_runs(records))


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


def test_rows_are_in_the_order_of_the_paper():
    frame = table(all_methods()[::-1])
    assert list(frame["method"]) == ["direct", "distal", "cgan", "emssl"] * 2
    assert list(frame["joint_range_deg"]) == [90] * 4 + [180] * 4


def test_few_seeds_are_printed_one_by_one_and_many_get_an_interval():
    few = table([record("emssl", 90, seed, 2 + seed) for seed in range(3)]).iloc[0].to_dict()
    assert intervals.shown_error(few) == "3.00 (2.00, 3.00, 4.00)"
    many = table([record("emssl", 90, seed, 2 + seed) for seed in range(5)]).iloc[0].to_dict()
    assert many["error_mean_low_cm"] < many["error_mean_cm"] < many["error_mean_high_cm"]
    assert intervals.shown_error(many) == f"4.00 [{many['error_mean_low_cm']:.2f}, {many['error_mean_high_cm']:.2f}]"


def test_a_seeds_error_is_rounded_once():
    both = table([record("emssl", 90, 0, error=3.03499), record("emssl", 90, 1, error=3.0)]).iloc[0].to_dict()
    assert intervals.shown_error(both) == "3.02 (3.03, 3.00)"


@pytest.mark.parametrize("seeds", [3, intervals.ENOUGH_SEEDS])
def test_the_interval_covers_the_mean_as_often_as_it_says(seeds):
    """As a percentile bootstrap does not: with five seeds it covers the mean in 83 of 100 cases."""
    rng = np.random.default_rng(0)
    covered = [low <= 0 <= high for low, high in (intervals.interval(rng.normal(size=seeds)) for _ in range(2000))]
    assert 0.935 < np.mean(covered) < 0.965


def test_equal_seeds_have_an_interval_of_their_value_and_one_seed_has_none():
    assert intervals.interval(np.full(5, 2.5)) == (2.5, 2.5)
    assert np.isnan(intervals.interval(np.array([2.5]))).all()
    row = table([record("emssl", 90, seed, 2.5) for seed in range(5)]).iloc[0].to_dict()
    assert intervals.shown_error(row) == "2.50 [2.50, 2.50]"


def test_no_error_is_printed_below_zero():
    errors = [0.1, 0.1, 0.1, 0.1, 4.0]
    row = table([record("emssl", 90, seed, error) for seed, error in enumerate(errors)]).iloc[0].to_dict()
    assert row["error_mean_low_cm"] < 0
    assert intervals.shown_error(row) == f"0.88 [0.00, {row['error_mean_high_cm']:.2f}]"


def test_ours_stand_beside_the_papers():
    printed = errors_printed(table(all_methods())).set_index("Method")
    row = printed.loc["EMSSL"].to_dict()
    assert row["±90° ours (cm)"] == "2.00"
    assert row["±90° paper (cm)"] == "0.28"
    assert printed.loc["CGAN", "±180° best of 32 (cm)"] == "1.50"
    assert row["±180° best of 32 (cm)"] == ""


def test_what_is_given_the_gradient_stands_last_whatever_it_ran_with():
    frame = table([record("distal-exact", 90, error=0.1), record("nearest", 90), record("emssl", 180)])
    assert list(errors_printed(frame)["Method"]) == ["EMSSL", "nearest", "Distal, given the arm's gradient"]


def test_runs_of_one_method_with_other_settings_are_rows_of_their_own_that_say_so():
    frame = table([record("emssl", 90), record("emssl", 90, replay_share=0.5, error=1.0)])
    assert len(frame) == 2
    assert set(errors_printed(frame)["Method"]) == {"EMSSL", "EMSSL (replay_share=0.5)"}


def test_a_method_keeps_its_place_whatever_joint_ranges_it_ran_with():
    frame = table([record("emssl", 90), record("direct", 180)])
    assert list(errors_printed(frame)["Method"]) == ["Direct regression", "EMSSL"]


def test_variants_are_named_by_what_is_not_as_usual():
    """As usual are the defaults, except that budgets decide how many iterations there are."""
    settings = [
        {"replay_share": 0.0},
        {"replay_share": 0.5},
        {"replay_share": 0.5, "joint_noise": 0.1},
        {"replay_share": 0.5, "iterations": 9},
    ]
    given = [{"replay_share": 0.0, "joint_noise": 0.0, **each} for each in settings]
    frame = accuracy_runs([record("emssl", 90, error=error, **each) for error, each in enumerate(given, 1)])
    variants = dict(zip(frame["error_mean_cm"], frame["variant"], strict=True))
    assert variants == {
        1: "",
        2: "replay_share=0.5",
        3: "replay_share=0.5, joint_noise=0.1",
        4: "iterations=9, replay_share=0.5",
    }
    assert frame["variant"].iloc[0] == "", "the usual one comes first"


def test_of_two_lengths_a_methods_name_alone_is_of_that_which_the_others_have():
    default, shorter = registry.method_class("emssl")().iterations, 9
    long = [record("emssl", 90, seed, error=1.0, iterations=default) for seed in (0, 1)]
    short = [record(method, 90, iterations=shorter) for method in ("emssl", "direct", "cgan")]
    assert list(errors_printed(table([*long, *short]))["Method"]) == [
        "Direct regression",
        "CGAN",
        "EMSSL",
        f"EMSSL (iterations={default})",
    ]
    assert list(errors_printed(table(long))["Method"]) == ["EMSSL"]


def test_a_setting_that_is_not_the_default_is_named_even_if_no_run_has_the_default():
    ran = [
        record("emssl", 90, replay_share=0.5, iterations=9, epochs=2, forward="chain"),
        record("cgan", 90, iterations=9),
    ]
    assert list(errors_printed(table(ran))["Method"]) == ["CGAN", "EMSSL (replay_share=0.5)"]


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


def test_the_table_says_how_far_from_its_end_a_training_was():
    def fell(errors):
        given = record("emssl", 90)
        iterations = list(range(1, len(errors) + 1))
        others = dict.fromkeys(given.curve, iterations)
        frame = table([replace(given, curve={**others, "iteration": iterations, "error_mean_cm": errors})])
        return frame["last_quarter_fall"].iloc[0], printed_costs(frame)["Fell in last quarter"].iloc[0]

    assert fell([9.0] * 14 + [4.0] * 5 + [3.0]) == (0.25, "25%")
    assert fell([4.0, 2.0, 2.0, 1.0]) == (0.5, "50%")
    assert fell([4.0, 3.0, 1.0])[1] == "", "too few to tell"


def test_budgets_and_arms_are_never_mixed():
    frame = table([record("emssl", 90), record("emssl", 90, train_samples=70_000, error=0.5)])
    assert list(frame["error_mean_cm"]) == [2.0, 0.5]
    assert "Arm and data" in errors_printed(frame)
    assert list(printed_costs(frame)["Positions"]) == ["700", "70,000"]


def test_two_arms_of_one_name_are_two_arms():
    other = record("emssl", 90, error=7.0)
    other = with_settings(other, robot_digest="another")
    frame = table([record("emssl", 90), other])
    assert sorted(frame["error_mean_cm"]) == [2.0, 7.0]
    assert len(errors_printed(frame)) == 2


def test_validation_is_never_mixed_with_the_test_set():
    frame = table([record("emssl", 90), record("emssl", 90, seed=1, error=0.5, evaluated_on="validation")])
    assert list(frame["evaluated_on"]) == ["test", "validation"]
    assert list(frame["error_mean_cm"]) == [2.0, 0.5]
    assert list(frame["variant"]) == ["", ""]
    assert list(frame["paper_cm"].isna()) == [False, True], "the paper's numbers are of a test set"
    setups = errors_printed(frame)["Arm and data"]
    assert list(setups.str.contains("validation")) == [False, True]
    assert list(printed_costs(frame)["Arm"]) == ["paper6", "paper6, validation"]


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


def test_the_papers_number_stands_beside_its_own_joint_range_only():
    frame = table([record("emssl", 90.5), record("emssl", 90)])
    assert list(frame["paper_cm"].isna()) == [False, True]


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
    assert [path.name for path in report.write(store)] == ["report.md"]


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


def test_a_plug_ins_record_can_be_shown_where_the_plug_in_is_not_installed():
    frame = table([record("nearest", 90)])
    assert list(errors_printed(frame)["Method"]) == ["nearest"]


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
