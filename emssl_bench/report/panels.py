"""What figures of accuracy have in common: a panel per setup and joint range, a line per method and variant."""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emssl_bench import joint_range
from emssl_bench.report.methods import needs_gradient, title
from emssl_bench.report.table2 import SETUP

_APART = (0, 2, 9, 3, 4, 1, 5, 6, 8)
"""Places in seaborn's palette for the colour-blind: blue, green, cyan, red, pink, orange, brown, rose, yellow."""
_MOST = 18
"""Lines that can be told apart by their colours; of more, variants have their method's colour, paler."""
Colours = Mapping[tuple[str, str], Any]
"""Of each method and variant, in the order of the tables."""


def colours(runs: pd.DataFrame) -> Colours:
    """Colours for all methods and variants of a report, so that one has the same in every figure; rivals have hues."""
    lines = [(method, variant) for method, variant in runs[["method", "variant"]].drop_duplicates().to_numpy()]
    if len(lines) <= _MOST:
        chosen = _apart(sorted(lines, key=lambda line: line[1] != ""))  # usual settings choose first
        return {line: chosen[line] for line in lines}
    usual = _apart([(method, "") for method in dict.fromkeys(method for method, _ in lines)])
    return {(method, variant): to_rgba(usual[method, ""], 0.3 if variant else 1) for method, variant in lines}


def faint(variant: str, colours: Colours) -> bool:
    """Whether a line is one of a method's other settings where there are too many lines to tell all apart."""
    return bool(variant) and len(colours) > _MOST


def _apart(lines: Sequence[tuple[str, str]]) -> Colours:
    """A colour for each."""
    hues, greys = iter(palette(len(lines))), itertools.cycle(["0.55", "0.35", "0.7"])
    return {line: next(greys if needs_gradient(line[0]) else hues) for line in lines}


def palette(count: int) -> Sequence[Any]:
    """As many colours, all different, the first of them as far apart as can be."""
    shades, pale = sns.color_palette("colorblind"), sns.color_palette("tab20")[1::2]
    chosen = [*(shades[i] for i in _APART), *pale[:7], *pale[8:]]  # all but the grey
    return chosen[:count] if count <= len(chosen) else sns.color_palette("husl", count)


def draw(
    data: pd.DataFrame, colours: Colours, panel: Callable[[Axes, pd.DataFrame], None], marks: Sequence[Line2D] = ()
) -> Figure:
    """A row of panels per setup, a panel per joint range, and a legend of the methods under them.

    Args:
        data: the long form of what is drawn.
        colours: of all methods and variants; those that `data` does not have are left out of the legend.
        panel: draws the rows of a setup and joint range, and labels the axes.
        marks: the legend's entries besides the methods.
    """
    setups = list(data.groupby(SETUP, sort=False))
    ranges = sorted(data["joint_range_deg"].unique(), key=joint_range.place)
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
    named = {  # of many lines, a method's variants have one entry
        title(method, "other settings" if faint(variant, colours) else variant): colour
        for (method, variant), colour, _ in lines(data, colours)
    }
    handles = [*(Line2D([], [], color=colour, label=name) for name, colour in named.items()), *marks]
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


def lines(shown: pd.DataFrame, colours: Colours) -> Iterator[tuple[tuple[str, str], Any, pd.DataFrame]]:
    """Each method and variant that `shown` has, its colour, and its rows."""
    for line, colour in colours.items():
        mine = shown[(shown["method"] == line[0]) & (shown["variant"] == line[1])]
        if not mine.empty:
            yield line, colour, mine


def panel_title(shown: pd.DataFrame) -> str:
    """What all rows of a panel have in common."""
    robot, joint_range_deg, train_samples, judged_on = shown[
        ["robot", "joint_range_deg", "train_samples", "judged_on"]
    ].iloc[0]
    validation = ", validation" if judged_on == "validation" else ""
    return f"{robot}, {joint_range.shown(joint_range_deg)}, {train_samples:,} training positions{validation}"
