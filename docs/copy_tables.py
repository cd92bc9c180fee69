"""Copies the rows of tables in the README and in docs/ from the report anew, after records have come or gone.

    python docs/copy_tables.py

A table is a copy if all its columns are columns of one table of the report. Its rows stay, and so does their order: a
row is found again by its words (method, approach, solver, range, arm), and gets the numbers that it has now. For a new
row, write down its words and leave the numbers empty. What a copy leaves out, such as the arm and the data, is taken
from the part of the report's table that more of its rows agree with than with any other. A row of another part stays as
long as the report has it, such as the paper's beside ours.
"""

import operator
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in ("results", "solvers", "answers"))
WORDS = "Method", "Approach", "Solver", "Change", "Range", "Arm", "Arm and data", "Task"
"""Columns that say which row a row is."""
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
        ValueError: no part of a table has the copy's rows, or no row says which part it is.
    """
    whole = [table for table in report if set(copy.columns) <= set(table.columns)]
    if not whole:
        return None
    words = [column for column in copy.columns if column in WORDS]
    found: list[tuple[int, list[dict[str, str]]]] = [(0, [])]
    for table in whole:
        everywhere = [_cut(row, copy.columns) for row in table.rows]
        for part in _parts(table, copy.columns):
            now = {tuple(row[word] for word in words): _cut(row, copy.columns) for row in part}
            own = [now.get(tuple(row[word] for word in words)) for row in copy.rows]
            if len(now) == len(part) and all(own[n] or row in everywhere for n, row in enumerate(copy.rows)):
                rows = [mine or row for mine, row in zip(own, copy.rows, strict=True)]
                found.append((sum(map(operator.eq, own, copy.rows)), rows))
    *_, (second, _), (agreeing, best) = sorted([(0, []), *found], key=lambda each: each[0])
    if agreeing == second:
        raise ValueError(f"no row says which part of the report the table of {', '.join(copy.rows[0].values())} is")
    return best


def _cut(row: dict[str, str], columns: Sequence[str]) -> dict[str, str]:
    return {column: row[column] for column in columns}


def _parts(table: Table, columns: Sequence[str]) -> Iterator[list[dict[str, str]]]:
    """Rows of a table that are alike in what a copy with these columns leaves out."""
    left_out = [column for column in PARTS if column in table.columns and column not in columns]
    parts: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in table.rows:
        parts.setdefault(tuple(row[column] for column in left_out), []).append(row)
    yield from parts.values()


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
