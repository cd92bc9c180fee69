"""Error against what was asked of the arm: a label costs a forward call too."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from emssl_bench.report import panels
from emssl_bench.report.axes import plain_log_scale
from emssl_bench.report.files import drawing
from emssl_bench.report.table2 import KEY, judged_where


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per trial and iteration: `arm_calls`, forward calls so far and labelled samples, and the error [cm]."""
    columns = [*KEY, "seed", "iteration", "arm_calls", "error_mean_cm"]
    parts = [
        pd.DataFrame(
            {
                **{name: run[name] for name in [*KEY, "seed"]},
                "iteration": run["curve"]["iteration"],
                "arm_calls": [calls + run["labelled_samples"] for calls in run["curve"]["forward_calls"]],
                "error_mean_cm": run["curve"]["error_mean_cm"],
            }
        )
        for _, run in runs.iterrows()
        if run["curve"]
    ]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


@drawing()
def draw(calls: pd.DataFrame) -> Figure:
    """A panel per setup and joint range, a line per method with its marker at its end; means over seeds.

    A method that learns from labels has asked for all of them before its first iteration: its line is upright,
    and a little beside those of others with as many, so that all can be seen.

    Args:
        calls: the long form that `table` makes.
    """

    def panel(axes: Axes, shown: pd.DataFrame) -> None:
        upright = 0
        for _, look, mine in panels.lines(shown):
            course = mine.groupby("iteration")[["arm_calls", "error_mean_cm"]].mean()
            x, y = course["arm_calls"].clip(lower=1), course["error_mean_cm"]  # a logarithmic axis has no 0
            if x.nunique() == 1:
                x *= 1.04**upright
                upright += 1
            axes.plot(x, y, linewidth=0.8 if x.nunique() == 1 else 1.5, **look.line)
            axes.plot(x.iloc[-1:], y.iloc[-1:], look.marker, color=look.colour, markersize=6)
        plain_log_scale(axes, "x")
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        plain_log_scale(axes)
        axes.set_xlabel("forward calls and labelled samples")
        axes.set_ylabel(f"mean error {judged_where(shown)} (cm)")

    return panels.draw(panels.main(calls), panel)
