"""Errors by place in the workspace: by distance from the base's axis and by height."""

import pandas as pd

from emssl_bench.report.by_task import by_task, figures_by_task, stem_of
from emssl_bench.report.figures.error_map import FEWEST, draw_error_map
from emssl_bench.report.figures.maps import MOST_COLUMNS, columns_drawn
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.cells import cells_over_seeds
from emssl_bench.report.missing import left_out
from emssl_bench.report.naming import targets_of
from emssl_bench.report.section import Definitions, Section, Text
from emssl_bench.report.tasks import cost_terms, noun_of


def section(data: ReportData) -> Section | None:
    """The mean error of every method by place."""
    cells = error_cells(data.accuracy_runs)
    if cells.empty:
        return None
    terms = {
        "Colour": f"The mean error over the {targets_of(data.table_2)} of all seeds in a cell, on the same scale in "
        "every panel.",
        "Axes": "Distance from the vertical axis of the base, and height.",
        "Blank": f"No {noun_of(cells).removesuffix('s')}, or fewer than one in {FEWEST:,}. Targets are reached by "
        "random joint angles, so that cells at the rim and along the axis have few.",
    }
    return Section(
        "Errors by place in the workspace",
        [
            *figures_by_task(cells, draw_error_map, "error_map", "Mean error by place"),
            Definitions({**terms, **cost_terms(cells)}),
            *(text for task, mine in by_task(cells) for text in columns_left_out("error_map", task, mine)),
            *left_out(cells, data.table_2),
        ],
    )


def error_cells(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per row of Table II and cell of the workspace: its positions and their mean error [cm], or cost.

    A cell is named by its centre. `positions` are those of all `seeds` whose records have a map, with equal weights in
    the mean. Empty where no record has a map.
    """
    return cells_over_seeds(runs, "error_map", ("radius_m", "height_m"), "positions")


def columns_left_out(stem: str, task: str, cells: pd.DataFrame) -> list[Text]:
    """A sentence on the columns that a map of a task lacks; none where it has all."""
    if len(columns_drawn(cells)) == len(cells):
        return []
    file = f"{stem_of(stem, task)}.csv"
    return [
        Text(
            f"The figure has at most {MOST_COLUMNS} columns, each method once, of the setup with the most trials. "
            f"[{file}](figures/{file}) has all."
        )
    ]
