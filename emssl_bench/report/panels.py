"""What figures of accuracy have in common: a panel per setup and joint range, a line per method and variant."""

import math
from collections.abc import Callable, Iterator, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emssl_bench import joint_space
from emssl_bench.report import arm_names, style
from emssl_bench.report.escaping import in_figure
from emssl_bench.report.methods import ranks, title
from emssl_bench.report.style import Style
from emssl_bench.report.table2 import SETUP

Line = tuple[str, str]
"""A method and its variant."""


def main(data: pd.DataFrame) -> pd.DataFrame:
    """Of each method of a setup the rows with its usual settings or, where it has none, with one variant alone.

    What else there is stands in the figure of the variants.
    """
    shown = data.groupby([*SETUP, "method"], sort=False)["variant"].transform("min")  # no text comes before the empty
    return data[data["variant"] == shown]


def draw(data: pd.DataFrame, panel: Callable[[Axes, pd.DataFrame], None], marks: Sequence[Line2D] = ()) -> Figure:
    """A row of panels per setup, a panel per joint range, and a legend of the methods under them.

    Args:
        data: the long form of what is drawn, in the order of the tables.
        panel: draws the rows of a setup and joint range, and labels the axes.
        marks: the legend's entries besides the methods.
    """
    setups = list(data.assign(arm=arm_names.labels(data)).groupby(SETUP, sort=False))
    ranges = sorted(data["joint_range_deg"].unique(), key=joint_space.place)
    figure, grid = plt.subplots(
        len(setups),
        len(ranges),
        figsize=(4.6 * len(ranges) + 0.4, 3.5 * len(setups) + 0.5),
        squeeze=False,
        layout="constrained",
    )
    for row, (_, setup) in zip(grid, setups, strict=True):
        for axes, joint_range_deg in zip(row, ranges, strict=True):
            shown = setup[setup["joint_range_deg"] == joint_range_deg]
            if shown.empty:  # not every setup has run with every joint range
                axes.set_axis_off()
                continue
            panel(axes, shown)
            axes.set_title(panel_title(shown))
    handles = [
        Line2D([], [], label=in_figure(title(*line)), marker=look.marker, markersize=5, **look.line)
        for line, look, _ in lines(data)
    ]
    handles += marks
    labels = [str(handle.get_label()) for handle in handles]
    figure.set_figwidth(max(figure.get_figwidth(), _width_in([max(labels, key=len)])))
    columns = _columns(labels, figure.get_figwidth())
    rows = math.ceil(len(handles) / columns)
    figure.set_figheight(figure.get_figheight() + 0.22 * max(0, rows - 2))  # or a long legend takes the panels' room
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False)
    return figure


def _columns(labels: Sequence[str], width_in: float) -> int:
    """As many columns of a legend, five at most, as fit beside each other."""
    for most in range(min(5, len(labels)), 1, -1):
        rows = math.ceil(len(labels) / most)
        columns = math.ceil(len(labels) / rows)  # as many as fill the rows
        if _width_in([max(part, key=len) for part in np.array_split(labels, columns)]) <= width_in:
            return columns
    return 1


def _width_in(labels: Sequence[str]) -> float:
    """What labels of a legend take beside each other [inch], by the usual width of a letter."""
    return sum(0.075 * len(label) + 0.6 for label in labels)


def lines(shown: pd.DataFrame) -> Iterator[tuple[Line, Style, pd.DataFrame]]:
    """Each method and variant that `shown` has, how it looks, and its rows; in the order of the tables."""
    order = ranks(shown["method"])
    found = set(zip(shown["method"], shown["variant"], strict=True))
    for method, variant in sorted(found, key=lambda line: (order[line[0]], line[1])):
        mine = shown[(shown["method"] == method) & (shown["variant"] == variant)]
        yield (method, variant), style.of_model(method, variant), mine


def panel_title(shown: pd.DataFrame, between: str = ", ") -> str:
    """What all rows of a panel have in common; `arm` is a column, as of `arm_names.labels`, and `between` stands
    between the arm and the data."""
    arm, joint_range_deg, train_samples, judged_on = shown[
        ["arm", "joint_range_deg", "train_samples", "judged_on"]
    ].iloc[0]
    validation = ", validation" if judged_on == "validation" else ""
    arm_and_range = f"{in_figure(arm)}, {joint_space.shown(joint_range_deg)}"
    return f"{arm_and_range}{between}{train_samples:,} training positions{validation}"
