"""What is made of records of adaptation."""

import math
from dataclasses import replace

import pytest

from emssl_bench import report
from emssl_bench.adaptation.approaches import FINE_TUNED
from emssl_bench.records import Record, Store, Trial
from emssl_bench.records.settings import AdaptationSettings, IdentificationSettings
from emssl_bench.report.figures.changes import MOST_PANELS
from emssl_bench.report.frames.adaptation import adaptation_curves, adaptation_runs, table_4
from emssl_bench.report.frames.identification import identification_errors
from emssl_bench.report.naming import arm_and_range_labels
from emssl_bench.report.sections.adaptation import printed_adaptation
from emssl_bench.report.sections.adaptation_curves import adaptation_figures, draw_adaptation
from emssl_bench.report.sections.adaptation_iterations import printed_by_iteration
from emssl_bench.report.sections.identification import draw_identification, printed_identification
from robots.changes import BEYOND

EMSSL = {"iterations": 3, "learning_rate": 0.0015, "replay_share": 0.0, "schedule": "constant"}
REPLAYING = {**EMSSL, "replay_share": 0.5}
EMSSL_PLUS = {"iterations": 3, "learning_rate": 0.0015, "samplings_per_iteration": 5, "schedule": "cosine"}


def adapted(approach, change="tool=10", seed=0, error=1.5, calls=1400, base=EMSSL, joint_range_deg=90, **own):
    """A record of adaptation; `own` are the trial's own settings, and win over the usual ones."""
    usual = {
        "approach": approach,
        "learner": approach if approach in FINE_TUNED else "emssl",
        "base": "0123456789ab",
        "adaptation_hyperparameters": {},
        "robot_digest": "c0f37e043b04",
        "changed_digest": "0123456789ab",
        "joint_range_deg": joint_range_deg,
        "train_samples": 700,
        "test_samples": 300,
        "forward": "bullet",
        "device": "cpu",
        "threads": 1,
        "hyperparameters": dict(base),
        "change": change,
        "samples": 700,
        "measurements": 0,
        "targets": "all",
        "schedule": None if approach == "scratch" else "cosine",
    }
    usual["trained_with"] = {name: {**usual, **own}[name] for name in ("forward", "device", "threads")}
    trial = Trial("paper6", seed, AdaptationSettings(**{**usual, **own}))
    first = 1 if approach == "scratch" else 0
    iterations = [*range(first, 3)]
    curve = {
        "iteration": iterations,
        "error_mean_cm": [error * 2 ** (2 - i) for i in iterations],
        "forward_calls": [calls * i / 2 for i in iterations],
        "fit_seconds": [10.0 * i for i in iterations],
    }
    metrics = {
        "error_mean_cm": error,
        "error_unchanged_cm": 1.0,
        "validation_unchanged_cm": 1.0,
        "validation_mean_cm": error,
        "validation_calls": 2000 * len(iterations),
        "error_before_cm": 4 * error,
        "reached": 1.0,
        "iterations": 2,
        "forward_calls": calls,
        "fit_seconds": 20.0,
        "gradient_steps": 60,
    }
    return Record(trial, "done", metrics, curve, machine={"cpu": "a CPU", "torch": "2.13.0"}, commit="abc")


@pytest.fixture
def settings_of(tmp_path):
    """The lines of the page's settings."""

    def lines(*records):
        store = Store(tmp_path)
        for record in records:
            store.save(record)
        report.write(store)
        text = (tmp_path / "report.md").read_text()
        section = text[text.index("## Settings") : text.index("## Measured on")]
        return [line for line in section.splitlines() if line.startswith("- ")]

    return lines


def test_settings_are_those_that_adapting_learned_with_and_name_what_learns(settings_of):
    lines = settings_of(
        adapted("replace"),
        adapted("replace", base=EMSSL_PLUS, learner="emssl-plus"),
        adapted("replace", base=EMSSL_PLUS, learner="emssl-plus", adaptation_hyperparameters={"learning_rate": 0.0007}),
        adapted("scratch"),
        adapted("direct", base={"iterations": 3, "schedule": "constant"}),
    )
    titled = [line.split("**")[1] for line in lines]
    assert titled == [
        "paper6, direct",
        "paper6, replace by emssl",
        "paper6, replace by emssl-plus",
        "paper6, replace by emssl-plus",
        "paper6, scratch by emssl",
    ]
    assert [line.split("; ")[1] for line in lines] == [
        "iterations 3, schedule cosine",
        "iterations 3, learning_rate 0.0015, replay_share 0.0, schedule cosine",
        "iterations 3, learning_rate 0.0007, samplings_per_iteration 5, schedule cosine",
        "iterations 3, learning_rate 0.0015, samplings_per_iteration 5, schedule cosine",
        "iterations 3, learning_rate 0.0015, replay_share 0.0, schedule constant",
    ]


def runs(*records):
    return adaptation_runs(records)


def drawn(ran, x="iteration"):
    curves = adaptation_curves(ran)
    return draw_adaptation(curves.assign(arm=arm_and_range_labels(curves)), x)


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_models_trained_with_other_settings_are_rows_of_their_own_that_say_so():
    ran = runs(
        adapted("replace"),
        adapted(
            "replace", base={**EMSSL, "replay_share": 0.5}, error=1.2, adaptation_hyperparameters={"iterations": 2}
        ),
        adapted("replace", base=EMSSL_PLUS, learner="emssl-plus"),
        adapted("direct", base={"iterations": 3}),
    )
    frame = table_4(ran)
    expected = {
        "Direct regression, fine-tuned",
        "EMSSL on the changed arm",
        "EMSSL on the changed arm, iterations=2, trained with replay_share=0.5",
        "EMSSL plus on the changed arm",
    }
    assert set(printed_adaptation(frame)["Approach"]) == expected
    assert set(printed_by_iteration(frame)["Approach"]) == expected
    shown = legend(drawn(ran))
    assert "EMSSL on the changed arm, trained with replay_share=0.5" in shown
    assert "EMSSL plus on the changed arm" in shown


def test_what_stopped_by_test_errors_is_not_averaged_with_what_stopped_by_validation_and_says_so():
    old = adapted("replace", validation_samples=0, seed=1)
    ran = runs(adapted("replace"), replace(old, metrics={k: v for k, v in old.metrics.items() if "valid" not in k}))
    printed = printed_adaptation(table_4(ran))
    assert list(printed["Arm and data"]) == [
        "paper6 ±90°, 700 positions, stopped by test errors",
        "paper6 ±90°, 700 positions",
    ]
    assert list(printed["Validation queries"]) == ["", "6,000"]
    labels = [axes.get_ylabel() for _, setup in ran.groupby("validation_samples") for axes in drawn(setup).axes]
    assert labels == ["mean test error (cm)", "mean validation error (cm)"]


def test_trials_that_ran_on_other_things_are_not_averaged():
    frame = table_4(runs(adapted("replace"), adapted("replace", forward="chain", error=3.0)))
    assert sorted(frame["error_mean_cm"]) == [1.5, 3.0]
    assert set(printed_adaptation(frame)["Approach"]) == {
        "EMSSL on the changed arm",
        "EMSSL on the changed arm, trained with forward=chain",
    }


def test_seeds_and_changes_alone_make_no_variant():
    frame = table_4(runs(adapted("replace"), adapted("replace", seed=1), adapted("replace", "tool=20")))
    assert list(frame["variant"]) == ["", ""]
    assert list(frame["seeds"]) == [2, 1]


def test_times_are_those_of_training_from_scratch_with_the_same_settings():
    other = {**EMSSL, "replay_share": 0.5}
    frame = table_4(
        runs(
            *(adapted("replace", base=base, calls=700) for base in (EMSSL, other, {**EMSSL, "replay_share": 0.9})),
            adapted("scratch", calls=2100),
            adapted("scratch", base=other, calls=4200),
            adapted("direct", base={"iterations": 3}),
        )
    )
    times = {(row["approach"], row["variant"]): row["times_calls"] for row in frame.to_dict("records")}
    assert times["replace", ""] == 3
    assert times["replace", "replay_share=0.5"] == 6
    assert times["scratch", "replay_share=0.5"] == times["scratch", ""] == 1
    assert math.isnan(times["replace", "replay_share=0.9"]), "no scratch with its settings"
    assert math.isnan(times["direct", ""]), "no method of another name is its scratch"
    assert (frame["times_steps"].notna() == frame["times_calls"].notna()).all()


def test_a_line_of_the_figure_is_one_trial():
    """Its iterations only go on: trials taken for one make a zigzag."""
    own = [
        {"measurements": 20},
        {"measurements": 50},
        {"adaptation_hyperparameters": {"iterations": 2}},
        {"schedule": "constant"},
        {},
    ]
    bases = [EMSSL, {**EMSSL, "replay_share": 0.5}]
    trials = [adapted("identify", seed=seed, base=base, **each) for each in own for base in bases for seed in (0, 1)]
    figure = drawn(runs(*trials))
    for axes in figure.axes:
        lines = [line.get_xdata() for line in axes.lines if line.get_color() != "0.4"]
        assert len(lines) == len(trials)
        assert all(list(x) == sorted(set(x)) for x in lines)


def identified(robot_digest, error_mm, joint_range_deg=90):
    """A record of how well an arm is identified from 10 and 20 measurements."""
    settings = IdentificationSettings(
        robot_digest=robot_digest,
        joint_range_deg=joint_range_deg,
        change="links=3",
        changed_digest="0123456789ab",
        forward="bullet",
        device="cpu",
        threads=1,
    )
    trial = Trial("paper6", 0, settings)
    curve = {
        "noise_mm": [0.0, 0.0],
        "measurements": [10, 20],
        "position_error_mm": [2 * error_mm, error_mm],
        "parameter_error_mm": [2.0, 1.0],
    }
    metrics = {"nominal_position_error_mm": 90.0, "nominal_parameter_error_mm": 30.0}
    return Record(trial, "done", metrics, curve)


def test_two_arms_of_one_name_are_identified_apart():
    found = identification_errors([identified("one", 1.0), identified("other", 5.0)])
    printed = printed_identification(found)
    assert list(printed["Arm"]) == 2 * ["paper6 (one) ±90°", "paper6 (other) ±90°"]
    assert list(printed["Error of"]) == 2 * ["position"] + 2 * ["link offsets"]
    assert list(printed["n = 20"]) == ["1.0", "5.0", "1.0", "1.0"]
    few = printed_identification(identification_errors([identified("one", 0.0004)]))
    assert list(few["n = 20"]) == ["< 0.001", "1.0"]
    assert list(few["Seeds"]) == [1, 1]
    found = found.assign(arm=arm_and_range_labels(found))
    for digest in ("one", "other"):
        mine = found[found["robot_digest"] == digest]
        figure = draw_identification(mine, "position_error_mm", "position error")
        assert figure.get_suptitle() == f"paper6 ({digest}) ±90°: position error"
        assert [axes.get_title() for axes in figure.axes] == ["every link +3 cm"]


def test_an_arm_whose_name_is_its_own_has_no_digest_beside_it():
    found = identification_errors([identified("one", 1.0), identified("one", 1.0, joint_range_deg=180)])
    assert list(printed_identification(found)["Arm"]) == 2 * ["paper6 ±90°", "paper6 ±180°"]
    assert "Arm" not in printed_identification(identification_errors([identified("one", 1.0)]))


def test_figures_of_adaptation_have_few_panels_and_the_papers_changes_apart():
    changes = ["links=1", "links=3", "links=5", *BEYOND, "tool=1", "tool=2", "tool=3", "tool=4"]
    ran = runs(*[adapted("replace", change) for change in changes])
    figures = list(adaptation_figures(adaptation_curves(ran)))
    stems = {figure.stem for figure in figures}
    for view in ("iterations", "calls"):
        stem = f"adaptation_{view}-paper6-c0f3-90deg-700-all"
        assert {f"{stem}-paper", f"{stem}-beyond", f"{stem}-beyond-2"} <= stems
    assert len(stems) == 6
    assert all(figure.data["change"].nunique() <= MOST_PANELS for figure in figures)


def test_a_figure_of_adaptation_is_called_the_same_whatever_else_there_is():
    own = runs(adapted("replace", "links=3"))
    more = runs(adapted("replace", "links=3"), adapted("replace", "links=3", robot_digest="0ther"), adapted("align"))
    few, many = ({figure.stem for figure in adaptation_figures(adaptation_curves(ran))} for ran in (own, more))
    assert few < many


def test_axes_of_a_figure_of_adaptation_are_of_one_kind():
    ran = runs(adapted("replace", "links=1"), adapted("replace", "links=3"), adapted("scratch", "links=3"))
    for x, scale in (("iteration", "linear"), ("forward_calls", "log")):
        assert {axes.get_xscale() for axes in drawn(ran, x).axes} == {scale}


def test_two_arms_of_one_name_have_adapted_apart():
    ran = runs(adapted("replace", robot_digest="one"), adapted("replace", robot_digest="other"))
    setups = printed_adaptation(table_4(ran))["Arm and data"]
    assert list(setups) == ["paper6 (one) ±90°, 700 positions", "paper6 (other) ±90°, 700 positions"]


def test_the_papers_numbers_stand_once_at_the_head_of_a_change():
    """Whatever learns: also over rows of methods that the paper does not have, and not over changes beyond it."""
    frame = table_4(
        runs(
            adapted("replace", "links=1"),
            adapted("align", "links=1", measurements=20),
            adapted("replace", "links=1", base=EMSSL_PLUS, learner="emssl-plus"),
            adapted("replace", "links=5", base=EMSSL_PLUS, learner="emssl-plus"),
            adapted("replace", "links=-1"),
            adapted("replace", "tool=10"),
        )
    )
    printed = printed_adaptation(frame)
    assert list(printed["Seeds"]) == ["", "1", "1", "1", "", "1", "1", "1"]
    assert list(zip(printed["Change"], printed["Approach"], strict=True)) == [
        ("every link +1 cm", "EMSSL in the paper"),
        ("every link +1 cm", "EMSSL on the changed arm"),
        ("every link +1 cm", "Align, then EMSSL on the changed arm (20 measured)"),
        ("every link +1 cm", "EMSSL plus on the changed arm"),
        ("every link +5 cm", "EMSSL in the paper"),
        ("every link +5 cm", "EMSSL plus on the changed arm"),
        ("every link -1 cm", "EMSSL on the changed arm"),
        ("tool of 10 cm", "EMSSL on the changed arm"),
    ]
    filled = {"Unchanged (cm)": "0.28", "Before (cm)": "14.78", "After (cm)": "0.36", "Iterations": "7"}
    row = printed.iloc[4].to_dict()
    assert {name: cell for name, cell in row.items() if cell} == {
        "Arm and data": "arm not named, 70,000 positions",
        "Change": "every link +5 cm",
        "Approach": "EMSSL in the paper",
        **filled,
    }
    assert not [name for name in printed if "Paper" in name]


def test_setups_of_its_joint_range_have_the_papers_numbers_each():
    setups = [{"joint_range_deg": space, "targets": targets} for space in (90, 180) for targets in ("all", "reachable")]
    ran = [adapted("replace", "links=3", **setup) for setup in setups]
    printed = printed_adaptation(table_4(runs(*ran)))
    of_paper = printed[printed["Approach"] == "EMSSL in the paper"]
    assert len(of_paper) == 2
    assert list(of_paper["Unchanged (cm)"]) == ["0.28", "0.28"]


def test_savings_are_told_of_what_got_there_and_bounded_where_training_from_scratch_did_not():
    def saved(scratch_reached, reached, calls=3000):
        def got(record, share):
            steps = record.metrics["forward_calls"] // 100
            return replace(record, metrics={**record.metrics, "reached": share, "gradient_steps": steps})

        ran = [got(adapted("scratch", calls=9000), scratch_reached), got(adapted("replace", calls=calls), reached)]
        printed = printed_adaptation(table_4(runs(*ran))).set_index("Approach")
        assert printed.loc["EMSSL from scratch", "Fewer queries"] == ""
        return list(printed.loc["EMSSL on the changed arm", ["Fewer queries", "Fewer steps"]])

    assert saved(1.0, 1.0) == ["3.0 x", "3.0 x"]
    assert saved(0.0, 1.0) == ["> 3.0 x", "> 3.0 x"]
    assert saved(1.0, 0.0) == ["", ""]
    assert saved(1.0, 1.0, calls=0) == ["", ""], "nothing was needed"


def test_models_of_one_seed_that_were_trained_on_several_things_stand_apart():
    ran = runs(
        adapted("replace"), adapted("replace", trained_with={"forward": "bullet", "device": "cpu", "threads": 2})
    )
    assert list(ran["variant"]) == ["", "trained_threads=2"]
    assert list(table_4(ran)["seeds"]) == [1, 1]


def test_what_is_within_reach_is_told_of_every_setup(tmp_path):
    store = Store(tmp_path)
    for joint_range_deg, share in ((90, 0.94), (180, 0.5)):
        one = adapted("replace", "links=3", joint_range_deg=joint_range_deg, targets="reachable")
        store.save(replace(one, metrics={**one.metrics, "reachable_share": share}))
    report.write(store)
    text = (tmp_path / "report.md").read_text()
    assert "(paper6 ±90°, every link +3 cm: 94.0%; paper6 ±180°, every link +3 cm: 50.0%)" in text


def test_the_papers_numbers_are_beside_its_own_approaches_and_learner_in_the_long_form():
    approaches, plus = ("identify", "replace", "align", "scratch"), {"base": EMSSL_PLUS, "learner": "emssl-plus"}
    ran = [adapted(approach, "links=3") for approach in (*approaches, "direct", "distal")]
    ran += [adapted(approach, "links=3", **plus) for approach in approaches]
    frame = table_4(runs(*ran, adapted("replace", "links=2"), adapted("replace", "link3=3")))
    given = frame[frame["paper_after_cm"].notna()]
    assert sorted(given["approach"]) == ["identify", "replace"]
    assert set(given["learner"]) == {""}
    assert set(given["paper_before_cm"]) == {8.87}
    assert set(given["paper_iterations"]) == {3}


def test_iterations_stand_beside_the_approach_they_are_of():
    ran = runs(adapted("replace", "links=1", error=1.0), adapted("scratch", "links=3", error=2.0))
    by_iteration = printed_by_iteration(table_4(ran)).drop(columns="Arm and data")
    assert by_iteration.to_dict("records") == [
        {
            "Change": "every link +1 cm",
            "Approach": "EMSSL on the changed arm",
            "Start": "4.00",
            "1": "2.00",
            "2": "1.00",
        },
        {"Change": "every link +3 cm", "Approach": "EMSSL from scratch", "Start": "", "1": "4.00", "2": "2.00"},
    ]


def dashed(axes):
    return {line.get_ydata()[0]: line.get_linestyle() for line in axes.lines if line.get_linestyle() != "-"}


def unchanged(record, error_cm):
    return replace(record, metrics={**record.metrics, "validation_unchanged_cm": error_cm})


def test_a_dashed_line_is_of_one_learner_and_says_which():
    plus = [adapted("replace", base=EMSSL_PLUS, learner="emssl-plus", seed=seed) for seed in (0, 1)]
    ran = [unchanged(plus[0], 0.2), unchanged(plus[1], 0.4), unchanged(adapted("replace"), 1.0)]
    figure = drawn(runs(*ran))
    assert {"unchanged arm, EMSSL", "unchanged arm, EMSSL plus"} <= set(legend(figure))
    lines = dashed(figure.axes[0])
    assert sorted(lines) == pytest.approx([0.3, 1.0])
    assert len(set(lines.values())) == 2
    alone = drawn(runs(*plus))
    assert [text for text in legend(alone) if "unchanged" in text] == ["unchanged arm"]


def test_a_seed_that_took_more_iterations_counts_no_more_on_a_dashed_line():
    slow, quick = unchanged(adapted("replace"), 1.0), unchanged(adapted("replace", seed=1), 2.0)
    quick = replace(quick, curve={name: values[:2] for name, values in quick.curve.items()})
    figure = drawn(runs(slow, quick))
    assert list(dashed(figure.axes[0])) == [1.5]


def test_fine_tuned_methods_alone_have_no_dashed_line():
    figure = drawn(runs(adapted("direct", base={})))
    assert legend(figure) == ["Direct regression, fine-tuned"]
