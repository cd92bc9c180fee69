"""Error against the number of arm queries, where a label costs a query too."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawn
from matplotlib.ticker import EngFormatter

from emssl_bench.report.by_task import figures_by_task
from emssl_bench.report.figures.drawing import drawing, plain_log_scale
from emssl_bench.report.figures.panels import draw_panels, lines, one_variant_each
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.accuracy import KEY, in_long_form
from emssl_bench.report.naming import error_label, needs_gradient
from emssl_bench.report.section import Definitions, Section
from emssl_bench.report.tasks import by_cost, cost_terms, errors_of, noun_of

_APART = 1.04
"""The factor between upright lines that would coincide."""


def section(data: ReportData) -> Section | None:
    """The sample efficiency of every method."""
    queries = arm_queries(data.accuracy_runs)
    if queries.empty:
        return None
    terms = {
        "Line": "The mean over seeds; the marker is its end.",
        "Arm queries and labelled samples": "A labelled sample costs the query that made it. "
        f"Target{' positions' if noun_of(queries) == 'positions' else 's'} are given to every method and do not count.",
        "Upright line": "A method that learns from labels makes all its queries before training. Lines that would "
        "coincide stand a little apart.",
    }
    if any(map(needs_gradient, queries["method"].unique())):
        terms["Queries of a method that is given the arm's gradient"] = (
            "They do not compare: each returns the gradient as well."
        )
    return Section(
        "Error against arm queries",
        [
            *figures_by_task(queries, draw_arm_queries, "calls", "Error against arm queries and labelled samples"),
            Definitions({**terms, **cost_terms(queries)}),
        ],
    )


def arm_queries(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per trial and iteration: `arm_calls`, queries so far and labelled samples, and the errors."""
    columns = [*KEY, "seed", "iteration", "arm_calls"]
    having = runs[runs["curve"].map(bool).astype(bool)]
    curves = in_long_form(having, list(having["curve"]), [*KEY, "seed", "labelled_samples"])
    if curves.empty:
        return pd.DataFrame(columns=[*columns, "error_mean_cm"])
    columns += [error.format("mean") for error in errors_of(curves.columns)]
    return curves.assign(arm_calls=curves["forward_calls"] + curves["labelled_samples"])[columns]


@drawing()
def draw_arm_queries(queries: pd.DataFrame) -> Drawn:
    """A row of panels per setup, a panel per joint range, a line per method with a marker at its end.

    Args:
        queries: the long form that `arm_queries` makes.
    """

    def panel(axes: Axes, shown: pd.DataFrame) -> None:
        upright = 0
        for _, look, mine in lines(shown):
            curve = mine.groupby("iteration")[["arm_calls", "error_mean_cm"]].mean()
            x, y = curve["arm_calls"].clip(lower=1), curve["error_mean_cm"]  # a logarithmic axis has no 0
            if x.nunique() == 1:
                x *= _APART**upright
                upright += 1
            axes.plot(x, y, linewidth=0.8 if x.nunique() == 1 else 1.5, **look.line)
            axes.plot(x.iloc[-1:], y.iloc[-1:], look.marker, color=look.colour, markersize=6)
        plain_log_scale(axes, "x")
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        plain_log_scale(axes)
        axes.set_xlabel("arm queries and labelled samples")
        axes.set_ylabel(error_label(shown))

    return draw_panels(by_cost(one_variant_each(queries)), [panel])
