"""The figure of errors by place in the workspace: by distance from the base's axis and by height."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from emssl_bench.report.figures.drawing import drawing
from emssl_bench.report.figures.maps import COLOURS, Map, draw_maps

FEWEST = 3_000


@drawing()
def draw_error_map(cells: pd.DataFrame) -> Figure:
    """A column of panels per setup and method, a panel per joint range, all with one scale of colours.

    Args:
        cells: one row per row of Table II and cell, as the section's `error_cells` makes them.
    """
    labels = "distance from the base's axis (m)", "height (m)"
    return draw_maps(cells, Map("positions", FEWEST, _panel_size_in, _draw_cells, labels))


def _panel_size_in(shown: pd.DataFrame) -> tuple[float, float]:
    """Width and height [inch] of a panel that has room for all cells, to one scale, and for a title."""
    size = cell_size_m(shown)
    width_m, height_m = shown["radius_m"].max() + size / 2, shown["height_m"].max() - shown["height_m"].min() + size
    inch_per_m = min(2.2 / width_m, 2.6 / height_m)
    return max(1.3, width_m * inch_per_m), max(0.8, height_m * inch_per_m)


def _draw_cells(axes: Axes, mine: pd.DataFrame, errors_cm: pd.Series, scale: LogNorm) -> None:
    size = cell_size_m(mine)
    columns, rows = (np.floor(mine[name] / size).astype(int) for name in ("radius_m", "height_m"))
    lowest = rows.min()
    errors = np.full((rows.max() - lowest + 1, columns.max() + 1), np.nan)
    errors[rows - lowest, columns] = errors_cm
    axes.set_aspect("equal")
    axes.pcolormesh(
        size * np.arange(errors.shape[1] + 1),
        size * np.arange(lowest, rows.max() + 2),
        errors,
        norm=scale,
        cmap=COLOURS,
        rasterized=True,  # in a PDF cells drawn one by one have seams
    )
    # A number at the edge would meet that of the next panel.
    axes.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10], prune="upper"))


def cell_size_m(cells: pd.DataFrame) -> float:
    """The width of the cells [m], from their centres: the least distance between two of them."""
    gaps = [np.diff(np.unique(cells[name])) for name in ("radius_m", "height_m")]
    return float(np.concatenate([*gaps, [2 * cells["radius_m"].min()]]).min())
