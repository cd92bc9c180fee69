"""The distribution of errors: the share of positions that an error stays within."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawn

from emssl_bench.report.figures.drawing import drawing, plain_log_scale
from emssl_bench.report.figures.panels import draw_panels, lines, one_variant_each
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.accuracy import KEY, table_of_runs
from emssl_bench.report.missing import left_out
from emssl_bench.report.naming import positions_of
from emssl_bench.report.section import Definitions, Figure, Section


def section(data: ReportData) -> Section | None:
    """The distribution of each method's errors."""
    shares = error_shares(data.accuracy_runs)
    if shares.empty:
        return None
    terms = {
        "Line": f"The share of {positions_of(data.table_2)} whose error is at most this large: for every share, the "
        "mean error over seeds.",
        "Flat near the top": "A method that solves most positions well and a few not at all, which its mean error "
        "does not tell.",
    }
    return Section(
        "Distribution of errors",
        [
            Figure(shares, draw_error_shares, "errors", "Share of positions against error"),
            Definitions(terms),
            *left_out(shares, data.table_2),
        ],
    )


def error_shares(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per row of Table II and share of the positions: the error [cm] that they stay within.

    `error_cm` is the mean over those `seeds` whose records have quantiles; empty where none has.
    """
    quantiles = table_of_runs(runs, "error_quantiles")
    if quantiles.empty:
        return quantiles
    by_share = quantiles.groupby([*KEY, "share"], sort=False)
    return by_share.agg(seeds=("seed", "nunique"), error_cm=("error_cm", "mean")).reset_index()


@drawing()
def draw_error_shares(shares: pd.DataFrame) -> Drawn:
    """A row of panels per setup, a panel per joint range, a line per method: share of positions against error.

    Args:
        shares: the long form that `error_shares` makes.
    """

    def panel(axes: Axes, shown: pd.DataFrame) -> None:
        for _, look, mine in lines(shown):
            axes.plot(mine["error_cm"], mine["share"], marker=look.marker, markersize=4, markevery=4, **look.line)
        plain_log_scale(axes, "x")
        axes.set_yticks(np.linspace(0, 1, 6))
        axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("distance error (cm)")
        axes.set_ylabel("positions within it")

    return draw_panels(one_variant_each(shares), panel)
