"""Fig. 6: error against iteration, drawn from the records."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from emssl_bench import paper
from emssl_bench.report.axes import plain_log_scale
from emssl_bench.report.table2 import SETUP, title


def draw(curves: pd.DataFrame) -> Figure:
    """A row of panels per arm and budget, a panel per joint range; a line per method.

    The line is the mean over seeds, its band reaches from the best seed to the worst, and the paper's final values
    are marks on the right edge.

    Args:
        curves: the long form that `table2.curves` makes.
    """
    setups = list(curves.groupby(SETUP, sort=False))
    ranges = sorted(curves["joint_range_deg"].unique())
    lines = list(curves[["method", "variant"]].drop_duplicates().itertuples(index=False))
    colours = dict(zip(lines, sns.color_palette("colorblind", len(lines)), strict=True))
    figure, panels = plt.subplots(
        len(setups),
        len(ranges),
        figsize=(4.6 * len(ranges) + 0.4, 3.5 * len(setups) + 0.5),
        squeeze=False,
        layout="constrained",
    )
    for row, ((robot, _, train_samples, _), setup) in zip(panels, setups, strict=True):
        for panel, joint_range_deg in zip(row, ranges, strict=True):
            shown = setup[setup["joint_range_deg"] == joint_range_deg]
            if shown.empty:  # not every setup has run with every joint range
                panel.set_axis_off()
                continue
            _panel(panel, shown, colours)
            panel.set_title(f"{robot}, ±{joint_range_deg:g}°, {train_samples:,} training positions")
    handles = [Line2D([], [], color=colour, label=title(*line)) for line, colour in colours.items()]
    handles.append(Line2D([], [], color="0.3", marker="<", linestyle="", label="paper, final (arm not named)"))
    figure.legend(handles=handles, loc="outside lower center", ncols=min(5, len(handles)), frameon=False)
    return figure


def _panel(panel: Axes, shown: pd.DataFrame, colours: dict) -> None:
    for line, colour in colours.items():
        mine = shown[(shown["method"] == line.method) & (shown["variant"] == line.variant)]
        if mine.empty:
            continue
        marker = "o" if mine["iteration"].max() < 40 else ""
        sns.lineplot(
            mine,
            x="iteration",
            y="error_mean_cm",
            color=colour,
            errorbar=("pi", 100),
            marker=marker,
            markersize=4,
            ax=panel,
        )
        final = paper.TABLE_II_CM.get((line.method, mine["joint_range_deg"].iloc[0]))
        if final is not None:
            panel.plot(
                [1.0], [final], "<", color=colour, clip_on=False, transform=panel.get_yaxis_transform(), zorder=5
            )
    plain_log_scale(panel)
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    panel.set_xlabel("iteration")
    panel.set_ylabel("mean distance error on the test set (cm)")
