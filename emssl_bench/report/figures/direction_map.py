"""The figure of errors by where the tool points: by azimuth and by elevation, in cells of equal area of the sphere."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from emssl_bench.experiments.evaluation import AZIMUTHS, ELEVATIONS
from emssl_bench.report.figures.drawing import drawing
from emssl_bench.report.figures.maps import COLOURS, Map, draw_maps
from emssl_bench.report.frames.cells import places_of_directions

FEWEST = 3_000
_SIZE_IN = 2.1, 1.5
_TICKS_DEG = -90, -30, 0, 30, 90
"""Of the elevation: equally far apart but for the ends, since their sines are drawn."""


@drawing()
def draw_direction_map(cells: pd.DataFrame) -> Figure:
    """A column of panels per setup and method, a panel per joint range, all with one scale of colours.

    Args:
        cells: one row per row of Table II and cell, as the section's `direction_cells` makes them.
    """
    labels = "azimuth (°)", "elevation (°)"
    return draw_maps(cells, Map("targets", FEWEST, lambda _: _SIZE_IN, _draw_cells, labels))


def _draw_cells(axes: Axes, mine: pd.DataFrame, errors_cm: pd.Series, scale: LogNorm) -> None:
    columns, rows = places_of_directions(mine["azimuth_deg"].to_numpy(), mine["elevation_deg"].to_numpy())
    errors = np.full((ELEVATIONS, AZIMUTHS), np.nan)
    errors[rows, columns] = errors_cm
    edges = np.linspace(-180, 180, AZIMUTHS + 1), np.linspace(-1, 1, ELEVATIONS + 1)
    axes.pcolormesh(*edges, errors, norm=scale, cmap=COLOURS, rasterized=True)
    axes.set_xticks([-180, -90, 0, 90], ["-180", "-90", "0", "90"])
    axes.set_yticks(np.sin(np.radians(_TICKS_DEG)), [f"{tick}" for tick in _TICKS_DEG])
    axes.set_xlim(-180, 180)
    axes.set_ylim(-1, 1)
