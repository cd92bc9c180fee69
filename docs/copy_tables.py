"""Copies the rows of tables in the README and in docs/ from the report anew, after records have come or gone.

    python docs/copy_tables.py

A table is a copy if all its columns are columns of one table of the report. Its rows stay, and so does their order: a
row is found again by its words (method, range, arm, solver), and gets the numbers that it has now. For a new row, write
down its words and leave the numbers empty. What a copy leaves out, such as the arm and the data, is taken from the part
of the report's table that more of its rows agree with than with any other.
"""

import operator
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in ("results", "solvers", "answers"))
WORDS = "Method", "Solver", "Range", "Arm", "Arm and data", "Task"
PARTS = *WORDS, "Training", "Targets"
"""Columns of the report that say which part of a table a row is in."""


@dataclass(frozen=True)
class Table:
    """A Markdown table: where its rows begin, its columns, and its rows by column."""

    first: int
    columns: Sequence[str]
    rows: Sequence[dict[str, str]]


def tables(lines: Sequence[str]) -> list[Table]:
    """Every table of a text."""
    found = []
    for place, line in enumerate(lines):
        ruled = place + 1 < len(lines) and lines[place + 1].startswith("|") and set(lines[place + 1]) <= set("|:- ")
        if not (line.startswith("|") and ruled):
            continue
        columns, rows = _cells(line), []
        for row in lines[place + 2 :]:
            if not row.startswith("|"):
                break
            rows.append(dict(zip(columns, _cells(row), strict=True)))
        found.append(Table(place + 2, columns, rows))
    return found


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def copied(copy: Table, report: Sequence[Table]) -> list[dict[str, str]] | None:
    """The rows of a copy as the report has them now; None if it is no copy.

    Raises:
        ValueError: no part of a table has one row for each of the copy's, or no row says which part it is.
    """
    words = [column for column in copy.columns if column in WORDS]
    whole = [table for table in report if set(copy.columns) <= set(table.columns)]
    if not whole or not words:
        return None
    wanted = [tuple(row[word] for word in words) for row in copy.rows]
    found = []
    for part in (part for table in whole for part in _parts(table, copy.columns)):
        by_words = {tuple(row[word] for word in words): row for row in part}
        if len(by_words) == len(part) and by_words.keys() >= set(wanted):
            found.append([{column: by_words[each][column] for column in copy.columns} for each in wanted])
    by_agreement = sorted(found, key=lambda rows: _equal(rows, copy.rows))
    agreeing = [_equal(rows, copy.rows) for rows in ([], [], *by_agreement)]
    if agreeing[-1] <= agreeing[-2]:
        raise ValueError(f"no row says which part of the report the table of {', '.join(wanted[0])} is")
    return by_agreement[-1]


def _parts(table: Table, columns: Sequence[str]) -> Iterator[list[dict[str, str]]]:
    """Rows of a table that are alike in what a copy with these columns leaves out."""
    left_out = [column for column in PARTS if column in table.columns and column not in columns]
    parts: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in table.rows:
        parts.setdefault(tuple(row[column] for column in left_out), []).append(row)
    yield from parts.values()


def _equal(rows: Sequence[dict[str, str]], others: Sequence[dict[str, str]]) -> int:
    return sum(map(operator.eq, rows, others))


def refresh(page: Path, report: Sequence[Table]) -> int:
    """Writes a page anew; returns how many rows have changed."""
    lines, changed = page.read_text().splitlines(), 0
    for table in tables(lines):
        for place, row in enumerate(copied(table, report) or []):
            if row != table.rows[place]:
                lines[table.first + place] = "| " + " | ".join(row.values()) + " |"
                changed += 1
    page.write_text("\n".join(lines) + "\n")
    return changed


if __name__ == "__main__":
    published = tables((ROOT / "results" / "reference" / "report.md").read_text().splitlines())
    for each in PAGES:
        try:
            print(f"{each.relative_to(ROOT)}: {refresh(each, published)} rows changed")
        except ValueError as error:
            sys.exit(f"{each.relative_to(ROOT)}: {error}")
