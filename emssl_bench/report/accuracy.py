"""Table II and the figures beside it, made of the records and written."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from emssl_bench.report import calls, coverage, error_map, error_shares, fig6, table2, variants, winners
from emssl_bench.report.files import write_figure, write_table


@dataclass(frozen=True)
class Accuracy:
    """What the records of accuracy trials hold, in long form; what they hold nothing of is empty."""

    runs: pd.DataFrame
    table: pd.DataFrame
    shares: pd.DataFrame
    cells: pd.DataFrame
    calls: pd.DataFrame
    coverage: pd.DataFrame


def of(runs: pd.DataFrame) -> Accuracy:
    """What is made of the runs that `table2.runs` finds."""
    makers = (table2, error_shares, error_map, calls, coverage)
    return Accuracy(runs, *(maker.table(runs) for maker in makers))


def write(found: Accuracy, tables: Path, figures: Path) -> list[Path]:
    """Writes the table and those figures for which there is something, into their folders."""
    if found.table.empty:
        return []
    bold = table2.headline(found.table, bold=winners.labels(found.table))
    written = write_table(found.table, table2.headline(found.table), tables / "table2", bold, table2.note(found.table))
    written += write_figure(fig6.draw, table2.curves(found.runs), figures / "fig6")
    compared = variants.table(found.table)
    if not compared.empty:
        written += write_figure(variants.draw, compared, figures / "variants")
    if not found.shares.empty:
        written += write_figure(error_shares.draw, found.shares, figures / "errors")
    if not found.cells.empty:
        written += write_figure(error_map.draw, found.cells, figures / "error_map")
    if not found.calls.empty:
        written += write_figure(calls.draw, found.calls, figures / "calls")
    if not found.coverage.empty:
        written += write_table(found.coverage, coverage.headline(found.coverage), tables / "coverage")
    return written
