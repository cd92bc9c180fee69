"""How errors are distributed: the share of positions that an error stays within."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emssl_bench.report import panels
from emssl_bench.report.axes import plain_log_scale
from emssl_bench.report.files import drawing
from emssl_bench.report.table2 import KEY


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per row of Table II and share of the positions: the error [cm] that they stay within.

    `error_cm` is the mean over those `seeds` whose records have quantiles; empty where none has.
    """
    parts = [
        pd.DataFrame(run["tables"]["error_quantiles"]).assign(**{name: run[name] for name in [*KEY, "seed"]})
        for _, run in runs.iterrows()
        if "error_quantiles" in run["tables"]
    ]
    if not parts:
        return pd.DataFrame()
    by_share = pd.concat(parts).groupby([*KEY, "share"], sort=False)
    return by_share.agg(seeds=("seed", "nunique"), error_cm=("error_cm", "mean")).reset_index()


@drawing()
def draw(shares: pd.DataFrame) -> Figure:
    """A panel per setup and joint range, a line per method: share of positions against error.

    Args:
        shares: the long form that `table` makes.
    """

    def panel(axes: Axes, shown: pd.DataFrame) -> None:
        for _, look, mine in panels.lines(shown):
            axes.plot(mine["error_cm"], mine["share"], marker=look.marker, markersize=4, markevery=4, **look.line)
        plain_log_scale(axes, "x")
        axes.set_yticks(np.linspace(0, 1, 6))
        axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("distance error (cm)")
        axes.set_ylabel("positions within it")

    return panels.draw(panels.main(shares), panel)
