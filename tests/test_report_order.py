"""Which method is ahead: the paper's order and ours, and what may stand in bold."""

import pytest

from emssl_bench import report
from emssl_bench.records import Store
from emssl_bench.report.frames.accuracy import accuracy_runs, table_2
from emssl_bench.report.sections import order
from emssl_bench.report.winners import clear_winners
from tests.examples import record


def table(errors_by_method, joint_range_deg=90, **settings):
    """Table II of methods with an error for each seed."""
    return table_2(
        accuracy_runs(
            [
                record(method, joint_range_deg, seed, error, **settings)
                for method, errors in errors_by_method.items()
                for seed, error in enumerate(errors)
            ]
        )
    )


def verdict(emssl, direct):
    (found,) = order.orders(table({"emssl": emssl, "direct": direct}))
    return found.pairs["emssl", "direct"]


@pytest.mark.parametrize(
    ("emssl", "direct", "expected"),
    [
        ([1.0, 1.1, 1.2], [3.0, 3.1, 3.2], "agrees"),
        ([3.0, 3.1, 3.2], [1.0, 1.1, 1.2], "disagrees"),
        ([1.0, 2.0, 3.0], [2.0, 3.0, 4.0], "undecided"),
        ([1.0, 1.5, 2.0], [2.1, 2.6, 3.1], "undecided"),
        ([1.0, 1.0, 1.0], [1.0, 1.0, 1.0], "undecided"),
        ([1.0, 1.1], [9.0, 9.1, 9.2], "undecided"),
        ([1.0, 1.1, 1.2], [9.0, 9.1], "undecided"),
        ([1.0], [9.0], "undecided"),
    ],
)
def test_of_three_seeds_and_more_the_intervals_of_the_means_decide(emssl, direct, expected):
    """Also where ranges do not meet: three seeds say little of how far others will lie."""
    assert verdict(emssl, direct) == expected


def test_one_bad_seed_of_many_leaves_a_pair_decided():
    """It makes ranges reach into each other, and not the intervals of the means."""
    emssl, direct = [1.0] * 20 + [3.0], [2.5] * 21
    assert verdict(emssl, direct) == "agrees"
    assert verdict(emssl[-2:], direct[:2]) == "undecided"
    assert verdict([1.0, 2.0, 3.0, 4.0, 5.0], [2.0, 3.0, 4.0, 5.0, 6.0]) == "undecided"


def test_both_orders_are_told_best_first():
    (found,) = order.orders(table({"direct": [3.0], "distal": [1.0], "cgan": [4.0], "emssl": [2.0]}))
    assert found.paper == ["emssl", "distal", "cgan", "direct"]
    assert found.ours == ["distal", "emssl", "direct", "cgan"]
    assert len(found.pairs) == 6


def test_validation_and_a_method_alone_have_no_order():
    assert not list(order.orders(table({"emssl": [1.0], "direct": [2.0]}, evaluated_on="validation")))
    assert not list(order.orders(table({"emssl": [1.0]})))


def test_every_method_that_ran_is_in_the_order_plug_ins_too():
    low, high = [1.0, 1.1, 1.2], [9.0, 9.1, 9.2]
    ran = {"nearest": low, "emssl": high, "emssl-plus": low, "direct": high, "distal-exact": high}
    (found,) = order.orders(table(ran))
    assert set(found.ours) == set(ran)
    assert found.paper == ["emssl", "direct"]
    assert found.pairs.keys() == {("emssl", "direct")}
    assert len(found.besides) == 9, "of ten pairs all but that of the paper"
    assert {pair for pair, apart in found.besides.items() if apart} == {
        (better, worse) for better in ("nearest", "emssl-plus") for worse in ("emssl", "direct", "distal-exact")
    }
    terms = order.described(found)
    text = terms["Also ahead"]
    assert "EMSSL plus before Direct regression, EMSSL and Distal, given the arm's gradient" in text
    undecided = terms["Also undecided"]
    assert "EMSSL plus and nearest" in undecided or "nearest and EMSSL plus" in undecided


def test_where_the_paper_has_no_number_the_order_is_ours_alone():
    for ran in (
        table({"emssl": [1.0] * 3, "direct": [2.0] * 3}, 45),
        table({"emssl": [1.0] * 3, "nearest": [2.0] * 3}),
    ):
        (found,) = order.orders(ran)
        assert (found.paper, found.pairs) == ([], {})
        assert list(found.besides.values()) == [True]
        terms = order.described(found)
        assert "Paper" not in terms
        assert terms["Ours"].startswith("EMSSL < ")


def test_of_several_settings_those_count_that_tables_call_by_the_methods_name():
    ran = [
        record("emssl", 90, replay_share=0.0),
        record("emssl", 90, error=9.0, replay_share=0.5),
        record("direct", 90, error=3.0),
    ]
    (found,) = order.orders(table_2(accuracy_runs(ran)))
    assert found.ours == ["emssl", "direct"]
    assert found.skipped == []


def test_a_method_that_ran_in_none_of_its_usual_settings_is_left_out_and_named():
    ran = [record("emssl", 90, replay_share=replay, joint_noise=0.1 - replay) for replay in (0.0, 0.1)]
    (found,) = order.orders(table_2(accuracy_runs([*ran, record("direct", 90), record("cgan", 90)])))
    assert found.ours == ["direct", "cgan"]
    assert found.skipped == ["emssl"]
    assert order.described(found)["Left out, not having run with default settings"] == "EMSSL."


def test_the_page_says_every_pair_in_words(tmp_path):
    store = Store(tmp_path)
    errors_by_method = {"emssl": [1.0, 1.1, 1.2], "distal": [1.0, 1.4, 1.5], "direct": [0.1, 0.2, 0.3]}
    for method, errors in errors_by_method.items():
        for seed, error in enumerate(errors):
            store.save(record(method, 90, seed, error))
    report.write(store)
    text = (tmp_path / "report.md").read_text()
    section = text[text.index("**paper6 (c0f37e043b04), 700 / 300 samples, ±90°**") : text.index("## Figure 6")]
    assert section.strip().splitlines()[2:] == [
        "- *Paper*: EMSSL < Distal supervised learning < Direct regression.",
        "- *Ours*: Direct regression < EMSSL < Distal supervised learning.",
        "- *Disagrees*: EMSSL before Direct regression; Distal supervised learning before Direct regression.",
        "- *Undecided*: EMSSL before Distal supervised learning.",
    ]


def bold(errors_by_method):
    frame = table(errors_by_method)
    return list(frame.loc[clear_winners(frame), "method"])


FIVE = [1.0, 1.1, 0.9, 1.2, 0.8]


def test_bold_is_who_is_below_all_others():
    assert bold({"emssl": FIVE, "direct": [3.0] * 5, "cgan": [2.0] * 5}) == ["emssl"]


def test_nothing_is_bold_where_intervals_overlap():
    assert bold({"emssl": FIVE, "direct": [error + 0.1 for error in FIVE]}) == []


def test_one_rival_that_is_not_told_apart_is_enough_for_nothing_to_be_bold():
    near, far = [error + 0.1 for error in FIVE], [3.0] * 5
    assert bold({"emssl": FIVE, "direct": near, "cgan": far}) == []
    assert bold({"emssl": FIVE, "direct": far, "cgan": near}) == []


def test_nothing_is_bold_with_few_seeds_on_either_side():
    assert bold({"emssl": FIVE[:4], "direct": [3.0] * 5}) == []
    assert bold({"emssl": FIVE, "direct": [3.0] * 4}) == []
    assert bold({"emssl": FIVE, "direct": [3.0] * 4, "cgan": [4.0] * 5}) == []


def test_nothing_is_bold_without_a_rival():
    assert bold({"emssl": FIVE}) == []


def test_what_is_given_the_gradient_is_never_bold_and_keeps_nobody_from_it():
    assert bold({"emssl": FIVE, "direct": [3.0] * 5, "distal-exact": [0.1] * 5}) == ["emssl"]
    assert bold({"emssl": FIVE, "direct": [3.0] * 5, "distal-exact": FIVE}) == ["emssl"]
    assert bold({"emssl": FIVE, "distal-exact": [0.1] * 5}) == []


def test_setups_have_winners_of_their_own():
    ran = [record("emssl", 90, seed, error, train_samples=70_000) for seed, error in enumerate(FIVE)]
    ran += [record("direct", 90, seed, 3.0, train_samples=70_000) for seed in range(5)]
    ran += [record("cgan", 90, seed, 0.1) for seed in range(5)]
    frame = table_2(accuracy_runs(ran))
    assert list(frame.loc[clear_winners(frame), "method"]) == ["emssl"]


def test_bold_is_for_markdown_alone(tmp_path):
    store = Store(tmp_path)
    for method, errors in {"emssl": FIVE, "direct": [3.0] * 5}.items():
        for seed, error in enumerate(errors):
            store.save(record(method, 90, seed, error))
    report.write(store)
    for name in ("report.md", "tables/table2.md"):
        text = (tmp_path / name).read_text()
        assert "**1.00** [0." in text
        assert "**3.00**" not in text
    for name in ("tables/table2.csv", "tables/table2.tex"):
        assert "**" not in (tmp_path / name).read_text()
