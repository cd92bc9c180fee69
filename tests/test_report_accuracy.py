"""The rows of Table II: their order, what stands beside them, and which runs are one row."""

from dataclasses import replace

from emssl_bench.methods import registry
from emssl_bench.report.frames.accuracy import accuracy_runs
from emssl_bench.report.sections.costs import printed_costs
from tests.examples import record, with_settings
from tests.reports import all_methods, errors_printed, table


def test_rows_are_in_the_order_of_the_paper():
    frame = table(all_methods()[::-1])
    assert list(frame["method"]) == ["direct", "distal", "cgan", "emssl"] * 2
    assert list(frame["joint_range_deg"]) == [90] * 4 + [180] * 4


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


def test_seeds_shared_among_devices_are_one_row_and_one_seed_on_two_is_two_rows():
    cpu, on_gpu = record("emssl", 90, error=1.0), with_settings(record("emssl", 90, seed=1, error=2.0), device="cuda")
    assert list(table([cpu, on_gpu])["seeds"]) == [2]
    beside = with_settings(record("emssl", 90, error=3.0), device="cuda")
    other = record("emssl", 90, error=4.0, replay_share=0.5)
    names = {"EMSSL", "EMSSL (device=cpu)", "EMSSL (replay_share=0.5)"}
    assert set(errors_printed(table([cpu, on_gpu, beside, other]))["Method"]) == names
    of_ranges = table([cpu, with_settings(record("emssl", 180), device="cuda")])
    assert list(of_ranges["variant"]) == ["", ""], "seed 0 has one run a range"


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


def test_the_papers_number_stands_beside_its_own_joint_range_only():
    frame = table([record("emssl", 90.5), record("emssl", 90)])
    assert list(frame["paper_cm"].isna()) == [False, True]


def test_a_plug_ins_record_can_be_shown_where_the_plug_in_is_not_installed():
    frame = table([record("nearest", 90)])
    assert list(errors_printed(frame)["Method"]) == ["nearest"]
