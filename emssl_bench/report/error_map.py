"""Where in the workspace errors are large: by distance from the base's axis and by height."""

import re
import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from emssl_bench import joint_space
from emssl_bench.report import arm_names
from emssl_bench.report.axes import PLAIN_NUMBERS
from emssl_bench.report.escaping import in_figure
from emssl_bench.report.files import drawing
from emssl_bench.report.methods import ranks, title
from emssl_bench.report.panels import main
from emssl_bench.report.table2 import KEY, SETUP

MOST_COLUMNS = 8
"""Of panels that are still legible."""
FEWEST = 3_000
"""A cell with fewer than one in so many positions is left blank: its mean says nothing."""
_LEAST_CM = 0.001
"""A logarithmic scale has no 0: it begins here at the latest."""
_LETTERS = 19
"""Of a title's line."""
_SETTING = re.compile(r"(\S+=)(\S+)")
_COLOURS = "viridis"
_COLUMN = [*SETUP, "method", "variant"]


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per row of Table II and cell of the workspace: its positions and their mean error [cm].

    A cell is named by its centre; `positions` are those of all `seeds` whose records have a map, and each counts as
    much in the mean as any other. Empty where no record has a map.
    """
    parts = [
        pd.DataFrame(run["tables"]["error_map"]).assign(**{name: run[name] for name in [*KEY, "seed"]})
        for _, run in runs.iterrows()
        if "error_map" in run["tables"]
    ]
    if not parts:
        return pd.DataFrame()
    cells = pd.concat(parts, ignore_index=True)
    cells["error_mean_cm"] *= cells["positions"]  # now sums
    seeds = cells.groupby(KEY, sort=False)["seed"].nunique().rename("seeds")
    sums = cells.groupby([*KEY, "radius_m", "height_m"], sort=False)[["positions", "error_mean_cm"]].sum()
    sums["error_mean_cm"] /= sums["positions"]
    return sums.reset_index().join(seeds, on=KEY)


def drawn(cells: pd.DataFrame) -> pd.DataFrame:
    """What is drawn: every method once, and of more than `MOST_COLUMNS` of all setups those of the setup with the most
    trials, and no more."""
    trials = cells.drop_duplicates(KEY).groupby(SETUP, sort=False)["seeds"].sum()
    cells = main(cells)
    if len(cells[_COLUMN].drop_duplicates()) > MOST_COLUMNS:
        cells = cells.set_index(SETUP).loc[[trials.idxmax()]].reset_index()
    return cells.merge(cells[_COLUMN].drop_duplicates()[:MOST_COLUMNS])


@drawing()
def draw(cells: pd.DataFrame) -> Figure:
    """A column of panels per setup and method, a panel per joint range; colour is the error, alike in all of them.

    Methods stand side by side, because workspaces are higher than wide.

    Args:
        cells: the long form that `table` makes.
    """
    shown = drawn(cells.assign(arm=arm_names.labels(cells)))
    order, setups = ranks(shown["method"]), list(shown.groupby(SETUP, sort=False).groups)
    columns = sorted(  # a method that lacks the first joint range is met after those that have it
        shown.groupby(_COLUMN, sort=False), key=lambda column: (setups.index(column[0][:-2]), order[str(column[0][-2])])
    )
    ranges = sorted(shown["joint_range_deg"].unique(), key=joint_space.place)
    several = len(shown[SETUP].drop_duplicates()) > 1
    titles = [_title(column, several) for _, column in columns]
    titles_in = 0.13 * max(title.count("\n") for title in titles)
    width_in, height_in = _panel_size_in(shown)
    figure, grid = plt.subplots(
        len(ranges),
        len(columns),
        figsize=((width_in + 0.15) * len(columns) + 2.6, (height_in + 0.1) * len(ranges) + 1.3 + titles_in),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    of_all = shown.groupby([*_COLUMN, "joint_range_deg"])["positions"].transform("sum")
    errors = shown["error_mean_cm"][shown["positions"] * FEWEST >= of_all].clip(lower=_LEAST_CM)
    scale = LogNorm(errors.min(), max(errors.max(), 1.01 * errors.min()))
    for row, joint_range_deg in zip(grid, ranges, strict=True):
        for axes, (_, column) in zip(row, columns, strict=True):
            mine = column[column["joint_range_deg"] == joint_range_deg]
            axes.set_aspect("equal")  # also of an empty panel, whose title is to stand where the others do
            if mine.empty:  # not every method has run with every joint range
                axes.set_axis_off()
                continue
            _panel(axes, mine, scale)
        row[0].set_ylabel(joint_space.shown(joint_range_deg), rotation=0, ha="right", fontsize="large")
    bar = figure.colorbar(ScalarMappable(scale, _COLOURS), ax=list(grid.flat), label="mean error (cm)", aspect=30)
    bar.ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    bar.ax.yaxis.set_major_formatter(PLAIN_NUMBERS)
    bar.ax.yaxis.set_minor_locator(NullLocator())
    for row in grid:  # ticks are numbered once a row and column, also where the outermost panel is empty
        next(axes for axes in row if axes.axison).tick_params(labelleft=True)
    for column in grid.T:
        next(axes for axes in reversed(column) if axes.axison).tick_params(labelbottom=True)
    for axes, text in zip(grid[0], titles, strict=True):
        # As text, so that it stays where its panel has nothing to show.
        axes.text(0.5, 1.03, text, ha="center", va="bottom", transform=axes.transAxes, fontsize=8)
    figure.supxlabel("distance from the base's axis (m)", fontsize="medium")
    figure.supylabel("height (m)", fontsize="medium")
    figure.suptitle("" if several else _setup(shown), fontsize="medium")
    return figure


def _panel_size_in(shown: pd.DataFrame) -> tuple[float, float]:
    """Width and height [inch] of a panel that has room for all cells, to one scale, and for a title."""
    size = cell_size_m(shown)
    width_m, height_m = shown["radius_m"].max() + size / 2, shown["height_m"].max() - shown["height_m"].min() + size
    inch_per_m = min(2.2 / width_m, 2.6 / height_m)
    return max(1.3, width_m * inch_per_m), max(0.8, height_m * inch_per_m)


def _panel(axes: Axes, mine: pd.DataFrame, scale: LogNorm) -> None:
    size = cell_size_m(mine)
    columns, rows = (np.floor(mine[name] / size).astype(int) for name in ("radius_m", "height_m"))
    lowest = rows.min()
    errors = np.full((rows.max() - lowest + 1, columns.max() + 1), np.nan)
    enough = mine["positions"] * FEWEST >= mine["positions"].sum()
    errors[rows - lowest, columns] = mine["error_mean_cm"].clip(lower=_LEAST_CM).where(enough)
    axes.pcolormesh(
        size * np.arange(errors.shape[1] + 1),
        size * np.arange(lowest, rows.max() + 2),
        errors,
        norm=scale,
        cmap=_COLOURS,
        rasterized=True,  # in a PDF cells drawn one by one have seams
    )


def _title(column: pd.DataFrame, with_setup: bool) -> str:
    method, variant = column[["method", "variant"]].iloc[0]
    texts = [in_figure(title(method, variant)), *([_setup(column)] if with_setup else [])]
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
    arm, train_samples, judged_on = cells[["arm", "train_samples", "judged_on"]].iloc[0]
    return f"{in_figure(arm)}, {train_samples:,} training positions" + (
        ", validation" if judged_on == "validation" else ""
    )


def cell_size_m(cells: pd.DataFrame) -> float:
    """The width of the cells [m], from their centres: the least distance between two of them."""
    gaps = [np.diff(np.unique(cells[name])) for name in ("radius_m", "height_m")]
    return float(np.concatenate([*gaps, [2 * cells["radius_m"].min()]]).min())
