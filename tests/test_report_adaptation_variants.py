"""Which trials of adaptation are averaged, and what tells the others apart."""

from dataclasses import replace

import pytest

from emssl_bench import report
from emssl_bench.records import Store
from emssl_bench.report.frames.adaptation import table_4
from emssl_bench.report.sections.adaptation import printed_adaptation
from emssl_bench.report.sections.adaptation_iterations import printed_by_iteration
from tests.adaptation_records import EMSSL, EMSSL_PLUS, adapted, drawn, legend, runs


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


OFF = "components 1, exponent 3.0, corrections 0, candidates 1"
"""What these records are from before."""


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
        "iterations 3, schedule cosine, cauchy_scale 0.0",
        "iterations 3, learning_rate 0.0015, replay_share 0.0, schedule cosine",
        "iterations 3, learning_rate 0.0007, samplings_per_iteration 5, schedule cosine, " + OFF,
        "iterations 3, learning_rate 0.0015, samplings_per_iteration 5, schedule cosine, " + OFF,
        "iterations 3, learning_rate 0.0015, replay_share 0.0, schedule constant",
    ]


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


def test_two_arms_of_one_name_have_adapted_apart():
    ran = runs(adapted("replace", robot_digest="one"), adapted("replace", robot_digest="other"))
    setups = printed_adaptation(table_4(ran))["Arm and data"]
    assert list(setups) == ["paper6 (one) ±90°, 700 positions", "paper6 (other) ±90°, 700 positions"]


def test_models_of_one_seed_that_were_trained_on_several_things_stand_apart():
    ran = runs(
        adapted("replace"), adapted("replace", trained_with={"forward": "bullet", "device": "cpu", "threads": 2})
    )
    assert list(ran["variant"]) == ["", "trained_threads=2"]
    assert list(table_4(ran)["seeds"]) == [1, 1]
