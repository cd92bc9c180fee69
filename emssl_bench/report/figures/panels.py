"""Figures of accuracy: a row of panels per setup, a panel per joint range, a line per method."""

import textwrap
from collections.abc import Callable, Iterator, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emssl_bench import joint_space
from emssl_bench.report.escaping import in_figure
from emssl_bench.report.figures import style
from emssl_bench.report.figures.grid import Margins, grid
from emssl_bench.report.figures.style import Style
from emssl_bench.report.frames.accuracy import SETUP
from emssl_bench.report.naming import arm_labels, method_ranks, method_title, other_task
from emssl_bench.report.tasks import noun_of

Line = tuple[str, str]
"""A method and its variant."""
_WIDTH_IN, _HEIGHT_IN = 3.85, 2.6
_LETTERS, _LINE_IN = 54, 0.17
"""Letters of a title's line, and its height [inch]."""


def one_variant_each(data: pd.DataFrame) -> pd.DataFrame:
    """The rows with each method's default settings or, where a setup has none, with one of its variants.

    All other variants stand in a figure of their own.
    """
    shown = data.groupby([*SETUP, "method"], sort=False)["variant"].transform("min")  # the empty text is the least
    return data[data["variant"] == shown]


def draw_panels(
    data: pd.DataFrame, views: Sequence[Callable[[Axes, pd.DataFrame], None]], marks: Sequence[Line2D] = ()
) -> Figure:
    """A row of panels per setup and view, a panel per joint range, and a legend of the methods below them.

    Args:
        data: the long form of what is drawn, in the order of the tables.
        views: each draws the rows of a setup and joint range, and labels the axes.
        marks: entries of the legend besides the methods.
    """
    setups = list(data.assign(arm=arm_labels(data)).groupby(SETUP, sort=False))
    ranges = sorted(data["joint_range_deg"].unique(), key=joint_space.place)
    handles = [
        Line2D([], [], label=in_figure(method_title(*line)), marker=look.marker, markersize=5, **look.line)
        for line, look, _ in lines(data)
    ]
    of_setups = [[setup[setup["joint_range_deg"] == joint_range] for joint_range in ranges] for _, setup in setups]
    rows, draw_rows = [row for row in of_setups for _ in views], [*views] * len(setups)
    titles = [["" if shown.empty else textwrap.fill(panel_title(shown), _LETTERS) for shown in row] for row in rows]
    more_in = _LINE_IN * max(title.count("\n") for row in titles for title in row)
    figure, axes_of = grid(
        [_WIDTH_IN] * len(ranges),
        [_HEIGHT_IN] * len(rows),
        Margins(top=0.35 + more_in, down=0.9 + more_in),
        [*handles, *marks],
    )
    for row_of_axes, row, texts, draw_panel in zip(axes_of, rows, titles, draw_rows, strict=True):
        for axes, shown, title in zip(row_of_axes, row, texts, strict=True):
            if shown.empty:  # not every setup has run with every joint range
                axes.set_axis_off()
                continue
            draw_panel(axes, shown)
            axes.set_title(title)
    return figure


def lines(shown: pd.DataFrame) -> Iterator[tuple[Line, Style, pd.DataFrame]]:
    """Each method and variant of `shown`, its look and its rows, in the order of the tables."""
    order = method_ranks(shown["method"])
    found = {(str(method), str(variant)): rows for (method, variant), rows in shown.groupby(["method", "variant"])}
    for method, variant in sorted(found, key=lambda line: (order[line[0]], line[1])):
        yield (method, variant), style.of_model(method, variant), found[method, variant]


def panel_title(shown: pd.DataFrame, between: str = ", ") -> str:
    """The title of a panel: what all its rows have in common.

    Args:
        shown: rows with the arm's label as `arm`.
        between: stands between the arm and the data.
    """
    row = shown.iloc[0]
    validation = ", validation" if row["evaluated_on"] == "validation" else ""
    arm_and_range = f"{in_figure(row['arm'])}, {joint_space.shown(row['joint_range_deg'])}"
    data = f"{row['train_samples']:,} training {noun_of(shown)}"
    return f"{arm_and_range}{between}{data}{validation}{other_task(str(row['task']))}"
