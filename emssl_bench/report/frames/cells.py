"""Errors by cells, of the workspace or of directions, as a data frame."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from emssl_bench.experiments.evaluation import AZIMUTHS, ELEVATIONS
from emssl_bench.report.frames.accuracy import KEY, table_of_runs


def cells_over_seeds(runs: pd.DataFrame, table: str, centre: Sequence[str], count: str) -> pd.DataFrame:
    """One row per row of Table II and cell: its targets and the means of their errors.

    Args:
        runs: as `frames.accuracy.accuracy_runs` returns them.
        table: in `Record.tables`; its columns besides `centre` and `count` are means.
        centre: the columns that a cell is named by.
        count: that of the number of targets.

    Returns:
        The cells, with the targets of all `seeds` whose records have the table, and with equal weights of these targets
        in the means; empty where no record has it.
    """
    cells = table_of_runs(runs, table)
    if cells.empty:
        return cells
    means = [name for name in cells.columns if name not in (*KEY, "seed", *centre, count)]
    cells[means] = cells[means].mul(cells[count], axis=0)  # now sums
    seeds = cells.groupby(KEY, sort=False)["seed"].nunique().rename("seeds")
    sums = cells.groupby([*KEY, *centre], sort=False)[[count, *means]].sum(min_count=1)
    sums[means] = sums[means].div(sums[count], axis=0)
    return sums.reset_index().join(seeds, on=KEY)


def places_of_directions(azimuths_deg: np.ndarray, elevations_deg: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The columns (n,) of `AZIMUTHS` and the rows (n,) of `ELEVATIONS` of cells with these centres (n,) [deg]."""
    columns = np.floor((azimuths_deg / 360 + 0.5) * AZIMUTHS)
    rows = np.floor((np.sin(np.radians(elevations_deg)) / 2 + 0.5) * ELEVATIONS)
    return columns.astype(int), rows.astype(int)
