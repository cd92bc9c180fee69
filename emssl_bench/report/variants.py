"""What a method's other settings change: the final error of each, beside that of the usual ones."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emssl_bench import joint_space
from emssl_bench.report import arm_names, style
from emssl_bench.report.axes import plain_log_scale
from emssl_bench.report.escaping import in_figure
from emssl_bench.report.files import drawing
from emssl_bench.report.methods import title
from emssl_bench.report.panels import panel_title
from emssl_bench.report.table2 import KEY, SETUP, judged_where

_ROW_IN = 0.24
_LETTERS = 90
"""Of the settings that a row is called by."""


def table(accuracy: pd.DataFrame) -> pd.DataFrame:
    """The rows of Table II of every method that ran in a setup with more than one kind of settings; or none.

    Args:
        accuracy: the long form that `table2.table` makes.
    """
    kinds = accuracy.groupby([*SETUP, "method"])["variant"].transform("nunique")
    columns = [*KEY, "seeds", "error_mean_cm", "error_mean_by_seed_cm"]
    return accuracy.loc[kinds > 1, columns].reset_index(drop=True)


@drawing()
def draw(compared: pd.DataFrame) -> Figure:
    """A row of panels per setup, a panel per joint range, and in it a line of dots per method and settings.

    The marker is the mean over seeds and small dots are the seeds; an upright line leads from the method's usual
    settings down to its others.

    Args:
        compared: the long form that `table` makes.
    """
    named = compared.assign(arm=arm_names.labels(compared))
    setups = [(setup, list(_rows(setup))) for _, setup in named.groupby(SETUP, sort=False)]
    ranges = sorted(compared["joint_range_deg"].unique(), key=joint_space.place)
    heights = [_ROW_IN * len(rows) + 0.7 for _, rows in setups]
    labels = [[in_figure(variant or title(method), _LETTERS) for method, variant in rows] for _, rows in setups]
    longest = max(len(label) for each in labels for label in each)
    figure, grid = plt.subplots(
        len(setups),
        len(ranges),
        figsize=(3.4 * len(ranges) + 0.08 * longest, sum(heights) + 0.4),
        sharey="row",
        squeeze=False,
        layout="constrained",
        gridspec_kw={"height_ratios": heights},
    )
    for axes_of, (setup, rows), texts in zip(grid, setups, labels, strict=True):
        for axes, asked in zip(axes_of, ranges, strict=True):
            _panel(axes, setup[setup["joint_range_deg"] == asked], rows)
        axes_of[0].set_yticks(range(len(rows)), texts)
        for label, (_, variant) in zip(axes_of[0].get_yticklabels(), rows, strict=True):
            label.set_fontweight("normal" if variant else "bold")
        axes_of[0].set_ylim(len(rows) - 0.4, -0.6)
    dot = Line2D([], [], color="0.3", marker=".", linestyle="", label="a seed")
    mean = Line2D([], [], color="0.3", marker="o", markersize=7, linestyle="", label="mean over seeds")
    figure.legend(handles=[mean, dot], loc="outside lower center", ncols=2, frameon=False)
    return figure


def _rows(setup: pd.DataFrame) -> dict[tuple[str, str], None]:
    """The methods in their order, of each the usual settings first, or its name alone where it has none."""
    rows: dict[tuple[str, str], None] = {}
    for method, mine in setup.groupby("method", sort=False):
        rows |= dict.fromkeys((str(method), variant) for variant in ["", *sorted(set(mine["variant"]) - {""})])
    return rows


def _panel(axes: Axes, shown: pd.DataFrame, rows: list[tuple[str, str]]) -> None:
    if shown.empty:  # not every setup has run with every joint range
        axes.set_axis_off()
        return
    for row in shown.to_dict("records"):
        look, y = style.of_method(row["method"]), rows.index((row["method"], row["variant"]))
        seeds = np.array(row["error_mean_by_seed_cm"].split(), dtype=float)
        axes.plot(seeds, np.full(len(seeds), y), ".", color=look.colour, alpha=0.5, markersize=5)
        filled = None if not row["variant"] else "white"
        axes.plot(row["error_mean_cm"], y, look.marker, color=look.colour, markerfacecolor=filled, markersize=7)
        if not row["variant"]:
            last = max(index for index, (method, _) in enumerate(rows) if method == row["method"])
            axes.plot([row["error_mean_cm"]] * 2, [y, last], color=look.colour, linewidth=0.8, linestyle=":")
    plain_log_scale(axes, "x")
    axes.yaxis.grid(False)
    axes.set_title(panel_title(shown, "\n"), fontsize="small")
    axes.set_xlabel(f"mean error {judged_where(shown)} (cm)")
