"""The distribution of errors: the share of targets that an error stays within."""

from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawn

from emssl_bench.report.by_task import figures_by_task
from emssl_bench.report.figures.drawing import drawing, plain_log_scale
from emssl_bench.report.figures.panels import draw_panels, lines, one_variant_each
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.accuracy import KEY, table_of_runs
from emssl_bench.report.missing import left_out
from emssl_bench.report.naming import targets_of
from emssl_bench.report.section import Definitions, Section
from emssl_bench.report.tasks import COST, noun_of, title_of, unit_of

_COST = COST.replace("_{}", "")


def section(data: ReportData) -> Section | None:
    """The distribution of each method's errors."""
    shares = error_shares(data.accuracy_runs)
    if shares.empty:
        return None
    terms = {
        "Line": f"The share of {targets_of(data.table_2)} whose error is at most this large: for every share, the "
        "mean error over seeds.",
        "Flat near the top": f"A method that solves most {noun_of(shares)} well and a few not at all, which its mean "
        "error does not tell.",
    }
    return Section(
        "Distribution of errors",
        [
            *figures_by_task(shares, draw_error_shares, "errors", "Share of {targets} against error"),
            Definitions(terms),
            *left_out(shares, data.table_2),
        ],
    )


def error_shares(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per row of Table II and share of the targets: the errors that they stay within.

    `error_cm`, and what else a task tells apart (angle_deg, cost_cm), are means over those `seeds` whose records have
    quantiles; empty where none has.
    """
    quantiles = table_of_runs(runs, "error_quantiles")
    if quantiles.empty:
        return quantiles
    errors = [name for name in map(str, quantiles.columns) if name not in (*KEY, "seed", "share")]
    by_share = quantiles.groupby([*KEY, "share"], sort=False)
    means = {name: (name, "mean") for name in errors}
    return by_share.agg(seeds=("seed", "nunique"), **means).reset_index()


@drawing()
def draw_error_shares(shares: pd.DataFrame) -> Drawn:
    """A row of panels per setup and error, a panel per joint range, a line per method: share of targets against error.

    Errors that a task tells apart are drawn apart, and no cost.

    Args:
        shares: the long form that `error_shares` makes, of one task.
    """

    def panel(axes: Axes, shown: pd.DataFrame, name: str) -> None:
        for _, look, mine in lines(shown):
            axes.plot(mine[name], mine["share"], marker=look.marker, markersize=4, markevery=4, **look.line)
        plain_log_scale(axes, "x")
        axes.set_yticks(np.linspace(0, 1, 6))
        axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        axes.set_ylim(0, 1.02)
        kind, _, unit = name.rpartition("_")
        error = f"{kind}_{{}}_{unit}"
        axes.set_xlabel(f"{title_of(error).lower()} error ({unit_of(error)})")
        axes.set_ylabel(f"{noun_of(shown)} within it")

    names = [name for name in map(str, shares.columns) if name not in (*KEY, "share", "seeds", _COST)]
    return draw_panels(one_variant_each(shares), [partial(panel, name=name) for name in names])
