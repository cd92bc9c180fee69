"""Figures of accuracy: a row of panels per setup, a panel per joint range, a line per method."""

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emssl_bench import joint_space
from emssl_bench.methods.registry import OF_ALL
from emssl_bench.report.escaping import in_figure
from emssl_bench.report.figures import style
from emssl_bench.report.figures.grid import Margins, grid
from emssl_bench.report.figures.style import Style
from emssl_bench.report.frames.accuracy import SETUP
from emssl_bench.report.naming import arm_labels, method_ranks, method_title, other_task
from emssl_bench.report.tasks import noun_of

Line = tuple[str, str]
"""A method and its variant."""
View = Callable[[Axes, pd.DataFrame], None]
"""Draws the rows of a setup and joint range, and labels the axes."""
_WIDTH_IN, _HEIGHT_IN = 3.85, 2.6
_MOST_METHODS = 12
"""Of a setup in one row of panels; with more it has two."""
_LETTERS, _LINE_IN = 54, 0.17
"""Letters of a title's line, and its height [inch]."""


def one_variant_each(data: pd.DataFrame) -> pd.DataFrame:
    """The rows with each method's default settings or, where a setup has none, with one of its variants.

    All other variants stand in a figure of their own.
    """
    shown = data.groupby([*SETUP, "method"], sort=False)["variant"].transform("min")  # the empty text is the least
    return data[data["variant"] == shown]


def draw_panels(data: pd.DataFrame, views: Sequence[View], marks: Sequence[Line2D] = ()) -> Figure:
    """A row of panels per setup and view, a panel per joint range, and a legend of the methods below them.

    A setup with very many methods has two rows: those of `all`, and further ones on the same scales.

    Args:
        data: the long form of what is drawn, in the order of the tables.
        views: what is drawn of a setup and joint range, a row of panels each.
        marks: entries of the legend besides the methods.
    """
    setups = list(data.assign(arm=arm_labels(data)).groupby(SETUP, sort=False))
    ranges = sorted(data["joint_range_deg"].unique(), key=joint_space.place)
    handles = [
        Line2D([], [], label=in_figure(method_title(*line)), marker=look.marker, markersize=5, **look.line)
        for line, look, _ in lines(data)
    ]
    rows = [row for _, setup in setups for row in _rows(setup, ranges, views)]
    titles = [
        ["" if shown.empty else textwrap.fill(panel_title(shown), _LETTERS) + row.note for shown in row.by_range]
        for row in rows
    ]
    more_in = _LINE_IN * max(title.count("\n") for row in titles for title in row)
    figure, axes_of = grid(
        [_WIDTH_IN] * len(ranges),
        [_HEIGHT_IN] * len(rows),
        Margins(top=0.35 + more_in, down=0.9 + more_in),
        [*handles, *marks],
    )
    for number, (row, texts) in enumerate(zip(rows, titles, strict=True)):
        for column, (shown, title) in enumerate(zip(row.by_range, texts, strict=True)):
            axes = axes_of[number, column]
            if shown.empty:  # not every setup has run with every joint range
                axes.set_axis_off()
                continue
            if row.above and not rows[number - row.above].by_range[column].empty:
                axes.sharex(axes_of[number - row.above, column])
                axes.sharey(axes_of[number - row.above, column])
            row.draw(axes, shown)
            axes.set_title(title)
    return figure


@dataclass(frozen=True)
class _Row:
    """A row of panels."""

    by_range: Sequence[pd.DataFrame]
    draw: View
    note: str
    """What the title of each of them says on a line of its own."""
    above: int
    """Rows up to the one whose scales it has; 0: it has its own."""


def _rows(setup: pd.DataFrame, ranges: Sequence[Any], views: Sequence[View]) -> Iterator[_Row]:
    main = setup["method"].isin(OF_ALL)
    parts = [(setup, "")]
    if setup["method"].nunique() > _MOST_METHODS and main.any():
        parts = [(setup[main], "\nmethods of --method all"), (setup[~main], "\nfurther methods")]
    for number, (part, note) in enumerate(parts):
        by_range = [part[part["joint_range_deg"] == joint_range] for joint_range in ranges]
        for view in views:
            yield _Row(by_range, view, note, above=number * len(views))


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
