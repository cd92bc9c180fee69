"""Table II and the figures beside it, made of the records and written."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from emssl_bench.records import Record
from emssl_bench.report import calls, coverage, error_map, error_shares, fig6, panels, table2, winners
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


def of(records: Sequence[Record]) -> Accuracy:
    """What the records hold of it."""
    runs = table2.runs(records)
    makers = (table2, error_shares, error_map, calls, coverage)
    return Accuracy(runs, *(maker.table(runs) for maker in makers))


def write(found: Accuracy, tables: Path, figures: Path) -> list[Path]:
    """Writes the table and those figures for which there is something, into their folders."""
    if found.table.empty:
        return []
    colours = panels.colours(found.runs)
    bold = table2.headline(found.table, bold=winners.labels(found.table))
    written = write_table(found.table, table2.headline(found.table), tables / "table2", in_markdown=bold)
    written += write_figure(partial(fig6.draw, colours=colours), table2.curves(found.runs), figures / "fig6")
    if not found.shares.empty:
        written += write_figure(partial(error_shares.draw, colours=colours), found.shares, figures / "errors")
    if not found.cells.empty:
        written += write_figure(error_map.draw, found.cells, figures / "error_map")
    if not found.calls.empty:
        written += write_figure(partial(calls.draw, colours=colours), found.calls, figures / "calls")
    if not found.coverage.empty:
        written += write_table(found.coverage, coverage.headline(found.coverage), tables / "coverage")
    return written
