"""Errors by where the tool points, of targets that have an orientation."""

import pandas as pd

from emssl_bench.report.by_task import by_task, figures_by_task
from emssl_bench.report.figures.direction_map import FEWEST, draw_direction_map
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.cells import cells_over_seeds
from emssl_bench.report.missing import left_out
from emssl_bench.report.naming import targets_of
from emssl_bench.report.section import Definitions, Section
from emssl_bench.report.sections.error_map import columns_left_out
from emssl_bench.report.tasks import cost_terms

TABLE = "error_by_orientation"
CENTRE = ("azimuth_deg", "elevation_deg")


def section(data: ReportData) -> Section | None:
    """The mean cost of every method by direction."""
    cells = direction_cells(data.accuracy_runs)
    if cells.empty:
        return None
    terms = {
        "Colour": f"The mean cost over the {targets_of(cells)} of all seeds whose tool points into a cell, on the same "
        "scale in every panel.",
        "Axes": "The direction of the tool's z axis: its azimuth, counted from the base's x axis, and its elevation. "
        "Cells have equal areas of the sphere.",
        "Blank": f"No target, or fewer than one in {FEWEST:,}.",
    }
    of_tasks = data.table_2[data.table_2["task"].isin(set(cells["task"]))]
    return Section(
        "Errors by where the tool points",
        [
            *figures_by_task(cells, draw_direction_map, "direction_map", "Mean cost by direction"),
            Definitions({**terms, **cost_terms(cells)}),
            *(text for task, mine in by_task(cells) for text in columns_left_out("direction_map", task, mine)),
            *left_out(cells, of_tasks),
        ],
    )


def direction_cells(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per row of Table II and cell of directions, named by its centre; empty where no record has any."""
    return cells_over_seeds(runs, TABLE, CENTRE, "targets")
