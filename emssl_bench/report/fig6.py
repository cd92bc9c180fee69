"""Fig. 6: error against iteration, drawn from the records."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from emssl_bench.report import panels
from emssl_bench.report.axes import plain_log_scale
from emssl_bench.report.table2 import KEY, judged_where, papers_cm


def draw(curves: pd.DataFrame, colours: panels.Colours) -> Figure:
    """A row of panels per arm and budget, a panel per joint range; a line per method.

    The line is the mean over seeds, its band, which faint lines lack, reaches from the best seed to the worst, and the
    paper's final values are marks on the right edge. Iterations are on a logarithmic scale where one training is more
    than twice as long as another.

    Args:
        curves: the long form that `table2.curves` makes.
        colours: of the methods.
    """

    def panel(axes: Axes, shown: pd.DataFrame) -> None:
        usual = set(shown["method"][shown["variant"] == ""])
        for (method, variant), colour, mine in panels.lines(shown, colours):
            _line(axes, mine, colour, faint=panels.faint(variant, colours))
            if not (variant and method in usual):  # of several settings the paper's number stands by the usual one
                _of_paper(axes, mine, "0.3" if variant else colour)
        plain_log_scale(axes)
        lengths = shown.groupby(["method", "variant"])["iteration"].max()
        if lengths.max() > 2 * lengths.min():  # or the long training leaves the others no room
            plain_log_scale(axes, "x")
        else:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("iteration")
        axes.set_ylabel(f"mean distance error {judged_where(shown)} (cm)")

    of_paper = Line2D([], [], color="0.3", marker="<", linestyle="", label="paper, final (arm not named)")
    known = any(not np.isnan(papers_cm(row)) for row in curves.drop_duplicates(KEY).to_dict("records"))
    return panels.draw(curves, colours, panel, [of_paper] if known else [])


def _line(axes: Axes, mine: pd.DataFrame, colour: object, faint: bool) -> None:
    marker = "o" if mine["iteration"].max() < 40 and not faint else ""
    sns.lineplot(
        mine,
        x="iteration",
        y="error_mean_cm",
        color=colour,
        errorbar=None if faint else ("pi", 100),
        marker=marker,
        markersize=4,
        ax=axes,
    )


def _of_paper(axes: Axes, mine: pd.DataFrame, colour: object) -> None:
    final = papers_cm(mine.iloc[0].to_dict())
    if not np.isnan(final):
        axes.plot([1.0], [final], "<", color=colour, clip_on=False, transform=axes.get_yaxis_transform(), zorder=5)
