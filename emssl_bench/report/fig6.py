"""Fig. 6: error against iteration, drawn from the records."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emssl_bench.report import panels
from emssl_bench.report.axes import plain_log_scale
from emssl_bench.report.files import drawing
from emssl_bench.report.style import Style
from emssl_bench.report.table2 import KEY, judged_where, papers_cm

_MARKED = 40
"""Iterations, of which each has a marker; of more, they would make a line of markers."""


@drawing()
def draw(curves: pd.DataFrame) -> Figure:
    """A row of panels per arm and budget, a panel per joint range; a line per method, without its variants.

    The line is the mean over seeds, its band reaches from the best seed to the worst, and the paper's final values are
    marks on the right edge. Both axes are logarithmic in every panel.

    Args:
        curves: the long form that `table2.curves` makes.
    """

    def panel(axes: Axes, shown: pd.DataFrame) -> None:
        for _, look, mine in panels.lines(shown):
            _line(axes, mine, look)
            _of_paper(axes, mine, look.colour)
        plain_log_scale(axes)
        plain_log_scale(axes, "x")
        axes.set_xlabel("iteration")
        axes.set_ylabel(f"mean error {judged_where(shown)} (cm)")

    of_paper = Line2D([], [], color="0.3", marker="<", linestyle="", label="paper, final (arm not named)")
    shown = panels.main(curves)
    known = any(not np.isnan(papers_cm(row)) for row in shown.drop_duplicates(KEY).to_dict("records"))
    return panels.draw(shown, panel, [of_paper] if known else [])


def _line(axes: Axes, mine: pd.DataFrame, look: Style) -> None:
    of_seeds = mine.groupby("iteration")["error_mean_cm"].agg(["mean", "min", "max"])
    marker = look.marker if len(of_seeds) < _MARKED else ""
    axes.fill_between(of_seeds.index, of_seeds["min"], of_seeds["max"], color=look.colour, alpha=0.15, linewidth=0)
    axes.plot(of_seeds.index, of_seeds["mean"], marker=marker, markersize=4, linewidth=1.3, **look.line)


def _of_paper(axes: Axes, mine: pd.DataFrame, colour: str) -> None:
    final = papers_cm(mine.iloc[0].to_dict())
    if not np.isnan(final):
        axes.plot([1.0], [final], "<", color=colour, clip_on=False, transform=axes.get_yaxis_transform(), zorder=5)
