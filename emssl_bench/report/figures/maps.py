"""Figures of errors by cells: a column of panels per method, a row per joint range, colour is the error."""

import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from emssl_bench import joint_space
from emssl_bench.report.escaping import in_figure
from emssl_bench.report.figures.drawing import PLAIN_NUMBERS
from emssl_bench.report.figures.grid import Margins, grid
from emssl_bench.report.figures.panels import one_variant_each
from emssl_bench.report.frames.accuracy import KEY, SETUP
from emssl_bench.report.naming import arm_labels, method_ranks, method_title, other_task
from emssl_bench.report.tasks import by_cost, measure_of, noun_of

MOST_COLUMNS = 8
"""Columns of panels that are still legible."""
COLOURS = "viridis"
_LEAST_CM = 0.001
"""The smallest error on the logarithmic scale, which has no 0."""
_LETTERS = 19
"""Letters of a title's line."""
_SETTING = re.compile(r"(\S+=)(\S+)")
_COLUMN = [*SETUP, "method", "variant"]


@dataclass(frozen=True)
class Map:
    """A kind of map."""

    count: str
    """The column with the targets of a cell."""
    fewest: int
    """A cell with fewer than one in so many targets stays blank: its mean says nothing."""
    size_in: Callable[[pd.DataFrame], tuple[float, float]]
    """Width and height [inch] of a panel that has room for all of these cells."""
    draw: Callable[[Axes, pd.DataFrame, pd.Series, LogNorm], None]
    """Draws cells, their errors being given apart, not numbers where a cell stays blank."""
    labels: tuple[str, str]
    """Of the horizontal and the vertical axis."""

    def errors_cm(self, cells: pd.DataFrame, of_all: float | pd.Series) -> pd.Series:
        """What is drawn of cells, of a panel with so many targets."""
        return cells["error_mean_cm"].clip(lower=_LEAST_CM).where(cells[self.count] * self.fewest >= of_all)


def columns_drawn(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells of each method once and, of more than `MOST_COLUMNS` columns, those of the setup with most trials.

    Args:
        cells: one row per row of Table II and cell, as `frames.cells` makes them.
    """
    trials = cells.drop_duplicates(KEY).groupby(SETUP, sort=False)["seeds"].sum()
    cells = one_variant_each(cells)
    if len(cells[_COLUMN].drop_duplicates()) > MOST_COLUMNS:
        cells = cells.set_index(SETUP).loc[[trials.idxmax()]].reset_index()
    return cells.merge(cells[_COLUMN].drop_duplicates()[:MOST_COLUMNS])


def draw_maps(cells: pd.DataFrame, kind: Map) -> Figure:
    """A column of panels per setup and method, a panel per joint range, all with one scale of colours.

    Methods stand side by side, because workspaces are higher than wide.

    Args:
        cells: one row per row of Table II and cell, as `frames.cells` makes them.
        kind: what the cells are.
    """
    shown = by_cost(columns_drawn(cells.assign(arm=arm_labels(cells))))
    order, setups = method_ranks(shown["method"]), list(shown.groupby(SETUP, sort=False).groups)
    columns = sorted(  # a method without the first joint range is met after those that have it
        shown.groupby(_COLUMN, sort=False), key=lambda column: (setups.index(column[0][:-2]), order[str(column[0][-2])])
    )
    ranges = sorted(shown["joint_range_deg"].unique(), key=joint_space.place)
    several = len(setups) > 1
    titles = [_title(column, several) for _, column in columns]
    lines = 1 + max(title.count("\n") for title in titles)
    width_in, height_in = kind.size_in(shown)
    figure, axes_of = grid(
        [width_in] * len(columns),
        [height_in] * len(ranges),
        Margins(left=1.25, right=1.0, top=0.15 + 0.14 * lines, bottom=0.6, across=0.25, down=0.25),
        title="" if several else _setup(shown),
        sharex=True,
        sharey=True,
    )
    scale, (width, height) = _scale(shown, kind), figure.get_size_inches()
    for row, joint_range_deg in zip(axes_of, ranges, strict=True):
        for axes, (_, column) in zip(row, columns, strict=True):
            mine = column[column["joint_range_deg"] == joint_range_deg]
            if mine.empty:  # not every method has run with every joint range
                axes.set_axis_off()
                continue
            kind.draw(axes, mine, kind.errors_cm(mine, mine[kind.count].sum()), scale)
        place = row[0].get_position()
        beside = place.x0 - 0.55 / width, (place.y0 + place.y1) / 2
        figure.text(*beside, joint_space.shown(joint_range_deg), ha="right", va="center")
    _number_once(axes_of)
    for axes, text in zip(axes_of[0], titles, strict=True):
        # As text, which is there also where its panel has nothing to show.
        axes.text(0.5, 1 + 0.06 / height_in, text, ha="center", va="bottom", transform=axes.transAxes, fontsize=8)
    _add_colour_bar(figure, scale, axes_of, f"mean {measure_of(shown)} (cm)")
    middle = (axes_of[0, 0].get_position().x0 + axes_of[0, -1].get_position().x1) / 2
    figure.supxlabel(kind.labels[0], x=middle, y=0.08 / height, va="bottom", fontsize="medium")
    figure.supylabel(kind.labels[1], x=0.1 / width, ha="left", fontsize="medium")
    return figure


def _scale(shown: pd.DataFrame, kind: Map) -> LogNorm:
    of_all = shown.groupby([*_COLUMN, "joint_range_deg"])[kind.count].transform("sum")
    errors = kind.errors_cm(shown, of_all)
    return LogNorm(errors.min(), max(errors.max(), 1.01 * errors.min()))


def _number_once(axes_of: np.ndarray) -> None:
    """Numbers the ticks once a row and column, also where the outermost panel is empty."""
    for row in axes_of:
        next(axes for axes in row if axes.axison).tick_params(labelleft=True)
    for column in axes_of.T:
        next(axes for axes in reversed(column) if axes.axison).tick_params(labelbottom=True)


def _add_colour_bar(figure: Figure, scale: LogNorm, axes_of: np.ndarray, label: str) -> None:
    top, bottom = axes_of[0, -1].get_position(), axes_of[-1, -1].get_position()
    width, _ = figure.get_size_inches()
    beside = figure.add_axes((top.x1 + 0.2 / width, bottom.y0, 0.15 / width, top.y1 - bottom.y0))
    bar = figure.colorbar(ScalarMappable(scale, COLOURS), cax=beside, label=label)
    bar.ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    bar.ax.yaxis.set_major_formatter(PLAIN_NUMBERS)
    bar.ax.yaxis.set_minor_locator(NullLocator())


def _title(column: pd.DataFrame, with_setup: bool) -> str:
    method, variant = column[["method", "variant"]].iloc[0]
    texts = [in_figure(method_title(method, variant)), *([_setup(column)] if with_setup else [])]
    lines = [line for text in texts for line in textwrap.wrap(_SETTING.sub(_broken, text), _LETTERS)]
    return "\n".join(lines)


def _broken(setting: re.Match[str]) -> str:
    """A setting that is too long for a line, broken before its name's last word, or after a name of one word."""
    name, value = setting.groups()
    if len(setting[0]) <= _LETTERS:
        return setting[0]
    first, mark, last = name.rpartition("_")
    return f"{first}{mark} {last}{value}" if mark else f"{name} {value}"


def _setup(cells: pd.DataFrame) -> str:
    row = cells.iloc[0]
    validation = ", validation" if row["evaluated_on"] == "validation" else ""
    data = f"{row['train_samples']:,} training {noun_of(cells)}"
    return f"{in_figure(row['arm'])}, {data}{validation}{other_task(str(row['task']))}"
