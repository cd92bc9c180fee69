"""Fig. 6: error against iteration."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawn
from matplotlib.lines import Line2D

from emssl_bench.report.by_task import figures_by_task
from emssl_bench.report.figures.drawing import drawing, plain_log_scale
from emssl_bench.report.figures.panels import draw_panels, lines, one_variant_each
from emssl_bench.report.figures.style import Style
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.accuracy import KEY, SETUP, paper_cm
from emssl_bench.report.naming import error_label
from emssl_bench.report.section import Definitions, Section, Text
from emssl_bench.report.tasks import by_cost, cost_terms

_MOST_MARKED = 40
"""Iterations of a line that are marked one by one; more would make a line of markers."""


def section(data: ReportData) -> Section | None:
    """The learning curve of every method, with its default settings."""
    table = data.table_2
    if table.empty:
        return None
    terms = {
        "Line": "The mean over seeds. Every method has its default settings here and in the figures below.",
        "Band": "From the best seed to the worst.",
    }
    if table["paper_cm"].notna().any():
        terms["Triangle on the right edge"] = "The paper's final value."
    return Section(
        "Figure 6: error against iteration",
        [
            *figures_by_task(data.learning_curves, draw_learning_curves, "fig6", "Error against iteration"),
            Definitions({**terms, **cost_terms(table)}),
            Text(_what_an_iteration_is(table)),
        ],
    )


def _what_an_iteration_is(table: pd.DataFrame) -> str:
    """A sentence on whether all methods of a setup had equally many iterations and gradient steps."""
    trained = table[table["gradient_steps"] > 0]
    if (trained.groupby(SETUP)[["iterations", "gradient_steps"]].nunique() == 1).all(axis=None):
        return "An iteration is the same number of epochs on equally many samples for every method."
    return (
        "**Iterations or gradient steps differ between methods**: there, errors do not compare the methods alone. "
        "*Tails, successes and costs* lists the gradient steps."
    )


@drawing()
def draw_learning_curves(curves: pd.DataFrame) -> Drawn:
    """A row of panels per setup, a panel per joint range, a line per method; both axes are logarithmic.

    Args:
        curves: the long form that `frames.accuracy.learning_curves` makes.
    """

    def panel(axes: Axes, shown: pd.DataFrame) -> None:
        for _, look, mine in lines(shown):
            _draw_line(axes, mine, look)
            _draw_papers_value(axes, mine, look.colour)
        plain_log_scale(axes)
        plain_log_scale(axes, "x", whole=True)
        axes.set_xlabel("iteration")
        axes.set_ylabel(error_label(shown))

    shown = by_cost(one_variant_each(curves))
    known = any(not np.isnan(paper_cm(row)) for row in shown.drop_duplicates(KEY).to_dict("records"))
    of_paper = Line2D([], [], color="0.3", marker="<", linestyle="", label="paper, final (arm not named)")
    return draw_panels(shown, [panel], [of_paper] if known else [])


def _draw_line(axes: Axes, mine: pd.DataFrame, look: Style) -> None:
    of_seeds = mine.groupby("iteration")["error_mean_cm"].agg(["mean", "min", "max"])
    marker = look.marker if len(of_seeds) < _MOST_MARKED else ""
    axes.fill_between(of_seeds.index, of_seeds["min"], of_seeds["max"], color=look.colour, alpha=0.15, linewidth=0)
    axes.plot(of_seeds.index, of_seeds["mean"], marker=marker, markersize=4, linewidth=1.3, **look.line)


def _draw_papers_value(axes: Axes, mine: pd.DataFrame, colour: str) -> None:
    final = paper_cm(mine.iloc[0].to_dict())
    if not np.isnan(final):
        axes.plot([1.0], [final], "<", color=colour, clip_on=False, transform=axes.get_yaxis_transform(), zorder=5)
