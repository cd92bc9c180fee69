"""What the report says of adaptation: times, savings, reach, and the paper's numbers."""

import math
from dataclasses import replace

from emssl_bench import report
from emssl_bench.records import Store
from emssl_bench.report.frames.adaptation import table_4
from emssl_bench.report.sections.adaptation import printed_adaptation
from emssl_bench.report.sections.adaptation_iterations import printed_by_iteration
from tests.adaptation_records import EMSSL, EMSSL_PLUS, adapted, runs


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
