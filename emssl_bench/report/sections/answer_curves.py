"""Many answers, drawn: errors against the number of samples, recall against precision."""

from collections.abc import Iterator, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawn
from matplotlib.lines import Line2D

from emssl_bench.report.by_task import by_task, own_columns, stem_of
from emssl_bench.report.escaping import in_figure
from emssl_bench.report.figures import style
from emssl_bench.report.figures.drawing import drawing, plain_log_scale
from emssl_bench.report.figures.grid import grid
from emssl_bench.report.frames import ReportData
from emssl_bench.report.naming import arm_and_range_labels, method_ranks, method_title, other_task
from emssl_bench.report.section import Definitions, Figure, Section
from emssl_bench.report.sections.answers import of_sets
from emssl_bench.report.tasks import measure_of

_TERMS = {
    "Dotted line": "In the figure of recall: the recall of one half of all solutions by the other half, where these "
    "are a sample.",
}


def section(data: ReportData) -> Section | None:
    """Figures of every task."""
    curves = data.answer_curves
    if curves.empty:
        return None
    named = curves.assign(arm=arm_and_range_labels(curves))
    parts = [part for task, rows in by_task(named) for part in _of_task(task, own_columns(rows, named))]
    return Section("Many answers by the number of samples", [*parts, Definitions(_TERMS)])


def _of_task(task: str, curves: pd.DataFrame) -> Iterator[Figure]:
    named = curves.assign(measure=measure_of(curves))
    figures = [
        (draw_errors, "answers_error", f"Mean {measure_of(curves)} of the best of several samples"),
        (draw_recall, "answers_recall", f"Recall against precision of {of_sets(curves)} samples of a target"),
    ]
    if "coverage" in curves:
        figures.append((draw_coverage, "answers_coverage", "Share of all solutions that refined samples reach"))
    for draw, stem, caption in figures:
        yield Figure(named, draw, stem_of(stem, task), caption + other_task(task))


@drawing()
def draw_errors(curves: pd.DataFrame) -> Drawn:
    """The error of the best of k samples against k: a panel an arm and joint range, a line a method.

    Args:
        curves: of `frames.answers.answer_curves`, of one task, with the columns `arm` and `measure`.
    """
    measure = str(curves["measure"].iloc[0])
    figure, panels = _against_samples(curves, f"{measure}_best_mean_cm", "Best of several samples")
    for panel in panels:
        plain_log_scale(panel)
        panel.set_ylabel(f"mean {measure} of the best (cm)")
    return figure


@drawing()
def draw_coverage(curves: pd.DataFrame) -> Drawn:
    """The share of all solutions that samples reach once they are refined, against their number.

    Args:
        curves: as of `draw_errors`.
    """
    figure, panels = _against_samples(curves, "coverage", "Solutions reached after refinement")
    for panel in panels:
        panel.set(ylim=(-0.03, 1.03), ylabel="share of all solutions")
    return figure


def _against_samples(curves: pd.DataFrame, column: str, title: str) -> tuple[Drawn, list[Axes]]:
    """A line a method of the means of a column over seeds, and the panels."""
    figure, panels = _panels(curves, title)
    for panel, rows in panels:
        for (method, variant), of in _lines(rows):
            means = of.groupby("samples")[column].mean()
            look = style.of_model(method, variant)
            panel.plot(means.index, means, marker=look.marker, markersize=5, **look.line)
        plain_log_scale(panel, "x", whole=True)
        panel.set_xlabel("samples of a target")
    return figure, [panel for panel, _ in panels]


@drawing()
def draw_recall(curves: pd.DataFrame) -> Drawn:
    """Recall against precision: a panel an arm and joint range, a marker a method.

    Args:
        curves: as of `draw_errors`.
    """
    figure, panels = _panels(curves, f"{of_sets(curves)} samples of a target")
    for panel, rows in panels:
        count = of_sets(rows)
        for (method, variant), of in _lines(rows[rows["samples"] == count]):
            look = style.of_model(method, variant)
            point = of[["precision", "recall"]].mean()
            panel.plot(point["precision"], point["recall"], look.marker, color=look.colour, markersize=7)
        if "recall_ceiling" in rows and rows["recall_ceiling"].notna().any():
            panel.axhline(rows[rows["samples"] == count]["recall_ceiling"].mean(), color="0.5", linestyle=":")
        panel.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), xlabel="precision", ylabel="recall")
    return figure


def _panels(curves: pd.DataFrame, title: str) -> tuple[Drawn, Sequence[tuple[Axes, pd.DataFrame]]]:
    """A figure, and its panels with what each shows."""
    handles = [
        Line2D([], [], label=in_figure(method_title(*name)), marker=look.marker, markersize=5, **look.line)
        for name, look in ((name, style.of_model(*name)) for name, _ in _lines(curves))
    ]
    parts = list(curves.groupby(["arm", "train_samples", "reference"], sort=False))
    figure, axes = grid([3.4] * len(parts), [2.8], handles=handles, title=title)
    several = curves.groupby("arm")["train_samples"].nunique().max() > 1
    for panel, ((arm, count, _), _) in zip(axes[0], parts, strict=True):
        panel.set_title(in_figure(str(arm)) + (f", {count:,} training targets" if several else ""))
    return figure, [(panel, rows) for panel, (_, rows) in zip(axes[0], parts, strict=True)]


def _lines(curves: pd.DataFrame) -> Iterator[tuple[tuple[str, str], pd.DataFrame]]:
    """The rows of each method and variant, in the order of the tables."""
    ranks = method_ranks(curves["method"])
    found = {(str(method), str(variant)): rows for (method, variant), rows in curves.groupby(["method", "variant"])}
    yield from sorted(found.items(), key=lambda line: (ranks[line[0][0]], line[0][1]))
