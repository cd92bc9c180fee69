"""The validation error of adaptation at its start and after each iteration."""

import pandas as pd

from emssl_bench.report.by_task import by_task
from emssl_bench.report.frames import ReportData
from emssl_bench.report.section import Definitions, Section, Table, Text
from emssl_bench.report.sections.adaptation import WORDS, words_of_rows
from emssl_bench.report.tasks import cost_terms


def section(data: ReportData) -> Section | None:
    """One row per row of Table IV."""
    if data.table_4.empty:
        return None
    return Section(
        "Adaptation: validation error (cm) by iteration",
        [
            *(Table(printed_by_iteration(rows), WORDS) for _, rows in by_task(data.table_4)),
            Text(
                "Means over seeds; a seed that has ended keeps its last value. *Start* is before adaptation or, for an "
                "aligned network, after alignment."
            ),
            *([Definitions(terms)] if (terms := cost_terms(data.table_4)) else []),
        ],
    )


def printed_by_iteration(table: pd.DataFrame) -> pd.DataFrame:
    """The table as printed.

    Args:
        table: the long form that `frames.adaptation.table_4` makes.
    """
    errors = [[f"{float(e):.2f}" for e in text.split()] for text in table["error_by_iteration_cm"]]
    first = [0 if approach != "scratch" else 1 for approach in table["approach"]]
    most = max(len(row) - 1 + start for row, start in zip(errors, first, strict=True))
    columns = {
        ("Start" if i == 0 else str(i)): [
            row[i - start] if 0 <= i - start < len(row) else "" for row, start in zip(errors, first, strict=True)
        ]
        for i in range(most + 1)
    }
    return pd.concat([words_of_rows(table), pd.DataFrame(columns, index=table.index)], axis=1)
