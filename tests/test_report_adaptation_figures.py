"""Figures of adaptation: their lines, panels, axes and names."""

from dataclasses import replace

import pytest

from emssl_bench.report.figures.changes import MOST_PANELS
from emssl_bench.report.frames.adaptation import adaptation_curves
from emssl_bench.report.sections.adaptation_curves import adaptation_figures
from robots.changes import BEYOND
from tests.adaptation_records import EMSSL, EMSSL_PLUS, adapted, drawn, legend, runs


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
