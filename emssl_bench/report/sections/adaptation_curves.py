"""The course of adaptation: error against iterations, and against queries of the changed arm."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.figure import Figure as Drawn
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter, MaxNLocator

from emssl_bench.experiments.adaptation import FINE_TUNED, base_method
from emssl_bench.report.by_task import by_task, own_columns
from emssl_bench.report.escaping import in_figure
from emssl_bench.report.figures import style
from emssl_bench.report.figures.changes import UNCHANGED, change_grid, figure_parts
from emssl_bench.report.figures.drawing import drawing, plain_log_scale
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.adaptation import SETUP
from emssl_bench.report.naming import approach_titles, arm_and_range_labels, method_title, other_task, trained_with
from emssl_bench.report.section import Definitions, Figure, Section
from emssl_bench.report.tasks import by_cost, cost_terms, measure_of, noun_of

TRIAL = ["approach", "learner", "variant", "seed", "samples", "measurements", "schedule", "adapting"]
"""Columns that the points of one line in a panel have in common."""
_BROKEN = (0, (5, 2))
"""The dashes of a trial that adapts with settings of its own."""
_VIEWS = (("iteration", "iterations", "iterations"), ("forward_calls", "calls", "queries of the changed arm"))
"""The horizontal axes: column, its name in files, its name in captions."""
X_LABELS = {"iteration": "iteration of adaptation", "forward_calls": "queries of the changed arm"}
_TERMS = {
    "Line": "A trial. Its colour is the approach and its marker is what learns. It is broken where adapting has "
    "settings of its own.",
    "Grey line": "The mean error, on the unchanged arm, of the models that trials of a self-supervised learner start "
    "from.",
    "Figure": "The changes of one arm and data set, those of the paper and others apart.",
}


def section(data: ReportData) -> Section | None:
    """For every setup the figures of the paper's changes and of others, in both views."""
    curves = data.adaptation_curves
    if curves.empty:
        return None
    return Section(
        "Adaptation: error against iterations and queries",
        [*adaptation_figures(curves), Definitions({**_TERMS, **cost_terms(curves)})],
    )


def adaptation_figures(curves: pd.DataFrame) -> Iterator[Figure]:
    """One figure for every view and group of changes.

    Args:
        curves: the long form that `frames.adaptation.adaptation_curves` makes.
    """
    named = curves.assign(arm=arm_and_range_labels(curves))
    for x, view, words in _VIEWS:
        for _, rows in by_task(named):
            for stem, part in figure_parts(own_columns(rows, named), SETUP):
                draw = partial(draw_adaptation, x=x)
                yield Figure(part, draw, f"adaptation_{view}-{stem}", f"Error against {words}")


@drawing()
def draw_adaptation(curves: pd.DataFrame, x: str) -> Drawn:
    """Error against iterations or against queries of the changed arm, a panel per change, a line per trial.

    Args:
        curves: rows of one setup of the long form, with the arm's label as `arm`.
        x: its column along the horizontal axis, one of `X_LABELS`.
    """
    curves = by_cost(curves).assign(name=approach_titles(curves))
    row, panels = curves.iloc[0], list(curves.groupby("change", sort=False))
    targets = "validation" if row["validation_samples"] else "test"
    figure, grid = change_grid(
        [str(change) for change, _ in panels],
        _legend(curves),
        _title(row, noun_of(curves)),
        X_LABELS[x],
        f"mean {targets} {measure_of(curves)} (cm)",
    )
    for axes, (_, shown) in zip(grid, panels, strict=True):
        for _, points in shown.groupby(TRIAL, sort=False):
            points = points[points[x] > 0] if x == "forward_calls" else points  # a logarithmic axis has no 0
            if not points.empty:
                axes.plot(points[x], points["error_mean_cm"], **_look(points.iloc[0]))
        for (learner, variant), started in _self_supervised(shown).groupby(["learner", "variant"], sort=False):
            unchanged_cm = started.drop_duplicates("seed")["curve_unchanged_cm"].mean()
            dashes = _unchanged_dashes(str(learner), str(variant))
            axes.axhline(unchanged_cm, color=UNCHANGED, linestyle=dashes, linewidth=1)
        plain_log_scale(axes)
        if x == "iteration":
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        else:
            plain_log_scale(axes, "x", decades=True)
            axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    return figure


def _look(of: pd.Series) -> dict[str, Any]:
    """The look of a trial's line, which follows from the trial alone."""
    learns = base_method(of["approach"], of["learner"] or "emssl")
    return {
        "color": style.of_approach(of["approach"]),
        "marker": style.of_model(learns, of["variant"]).marker,
        "linestyle": _BROKEN if of["adapting"] else "-",
        "markersize": 5,
        "linewidth": 1.3,
    }


def _unchanged_dashes(learner: str, variant: str) -> style.Dashes:
    """The dashes of a model's grey line: those of its method, where that is not solid."""
    dashes = style.of_model(learner or "emssl", variant).dashes
    return ":" if dashes == "-" else dashes


def _title(row: pd.Series, noun: str) -> str:
    reach = f", {noun} within reach" if row["targets"] == "reachable" else ""
    noise = f", noise {row['noise_mm']:g} mm" if row["noise_mm"] else ""
    data = f"{row['train_samples']:,} training {noun}"
    return f"{in_figure(row['arm'])}, {data}{reach}{noise}{other_task(str(row['task']))}"


def _legend(curves: pd.DataFrame) -> list[Line2D]:
    """An entry for every approach and model, and for the grey and broken lines."""
    kinds = curves.assign(adapting="").drop_duplicates("name")
    handles = [Line2D([], [], label=in_figure(kind["name"]), **_look(kind)) for _, kind in kinds.iterrows()]
    for model in _self_supervised(curves)[["learner", "variant"]].drop_duplicates().itertuples(index=False, name=None):
        label = in_figure(f"unchanged arm{_whose(model, curves)}")
        handles.append(Line2D([], [], color=UNCHANGED, linestyle=_unchanged_dashes(*model), label=label))
    if any(curves["adapting"]):
        handles.append(Line2D([], [], color="0.2", linestyle=_BROKEN, label="other settings while adapting"))
    return handles


def _self_supervised(curves: pd.DataFrame) -> pd.DataFrame:
    return curves[~curves["approach"].isin(FINE_TUNED)]


def _whose(model: tuple[str, str], curves: pd.DataFrame) -> str:
    """The models that a grey line is of, as far as a legend of `curves` must name them."""
    learner, variant = model
    several = len({base_method(*row) for row in curves[["approach", "learner"]].itertuples(index=False)}) > 1
    return (f", {method_title(learner or 'emssl')}" if several else "") + trained_with(variant)
