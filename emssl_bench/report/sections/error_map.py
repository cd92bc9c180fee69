"""Errors by place in the workspace: by distance from the base's axis and by height."""

import pandas as pd

from emssl_bench.report.figures.error_map import FEWEST, MOST_COLUMNS, columns_drawn, draw_error_map
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.accuracy import KEY, table_of_runs
from emssl_bench.report.missing import left_out
from emssl_bench.report.naming import positions_of
from emssl_bench.report.section import Definitions, Figure, Section, Text


def section(data: ReportData) -> Section | None:
    """The mean error of every method by place."""
    cells = error_cells(data.accuracy_runs)
    if cells.empty:
        return None
    terms = {
        "Colour": f"The mean error over the {positions_of(data.table_2)} of all seeds in a cell, on the same scale in "
        "every panel.",
        "Axes": "Distance from the vertical axis of the base, and height.",
        "Blank": f"No position, or fewer than one in {FEWEST:,}. Targets are reached by random joint angles, so that "
        "cells at the rim and along the axis have few.",
    }
    return Section(
        "Errors by place in the workspace",
        [
            Figure(cells, draw_error_map, "error_map", "Mean error by place"),
            Definitions(terms),
            *_columns_left_out(cells),
            *left_out(cells, data.table_2),
        ],
    )


def error_cells(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per row of Table II and cell of the workspace: its positions and their mean error [cm].

    A cell is named by its centre. `positions` are those of all `seeds` whose records have a map, with equal weights in
    the mean. Empty where no record has a map.
    """
    cells = table_of_runs(runs, "error_map")
    if cells.empty:
        return cells
    cells["error_mean_cm"] *= cells["positions"]  # now sums
    seeds = cells.groupby(KEY, sort=False)["seed"].nunique().rename("seeds")
    sums = cells.groupby([*KEY, "radius_m", "height_m"], sort=False)[["positions", "error_mean_cm"]].sum()
    sums["error_mean_cm"] /= sums["positions"]
    return sums.reset_index().join(seeds, on=KEY)


def _columns_left_out(cells: pd.DataFrame) -> list[Text]:
    if len(columns_drawn(cells)) == len(cells):
        return []
    return [
        Text(
            f"The figure has at most {MOST_COLUMNS} columns, each method once, of the setup with the most trials. "
            "[error_map.csv](figures/error_map.csv) has all."
        )
    ]
