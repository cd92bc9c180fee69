"""The parts of a report, as data.

A section holds texts, tables and figures in their order. Renderers (`markdown`, `html`, `terminal`) turn sections into
pages, files or lines in a terminal; they know no experiment.

Texts are plain sentences with Markdown's inline marks: emphasis, code, links. What others wrote (names of arms and
plug-ins, settings, reasons of failures) goes through `escaping.in_markdown` before it becomes part of one. Cells of
tables and terms that are drawn are raw; each renderer escapes them for its format.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawn


@dataclass(frozen=True)
class Text:
    """One paragraph."""

    paragraph: str


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: Sequence[str]


@dataclass(frozen=True)
class Definitions:
    """A definition list: the meanings of words in a table or figure."""

    terms: Mapping[str, str]
    """Term to meaning."""


@dataclass(frozen=True)
class Summary:
    """The form of a table in the terminal, at the end of a run."""

    title: str
    columns: Sequence[str]
    """Columns of the printed table that are shown."""
    common: Sequence[str] = ()
    """Columns that move into the title where all rows have the same value."""
    note: str = ""
    """A sentence below the table, after the table's own note."""


@dataclass(frozen=True)
class Table:
    """A table: as it is printed and, where it becomes files, in long form."""

    printed: pd.DataFrame
    """Cells as text, one row a line."""
    words: Collection[str]
    """Columns of words, which are aligned left; numbers are aligned right."""
    frame: pd.DataFrame | None = None
    """The long form, with full precision and units in the names of its columns, for the CSV file."""
    stem: str = ""
    """Name of its files in tables/, without ending; empty for a table that is on the page alone."""
    bold: Collection[tuple[int, str]] = ()
    """Cells (position of the row, column) whose first number stands in bold."""
    note: str = ""
    """A sentence that stands below the table wherever it is printed."""
    summary: Summary | None = None
    """The form in the terminal; None for a table that it does not show."""


@dataclass(frozen=True)
class Figure:
    """A figure: the data that it shows, and how they are drawn."""

    data: pd.DataFrame
    """The long form, for the CSV file."""
    draw: Callable[[pd.DataFrame], "Drawn"]
    stem: str
    """Name of its files in figures/, without ending."""
    caption: str


@dataclass(frozen=True)
class Section:
    """A topic of the report."""

    title: str
    """Empty for the introduction, which stands below the report's own title."""
    body: Sequence[Text | Bullets | Definitions | Table | Figure]

    @property
    def tables(self) -> list[Table]:
        return [part for part in self.body if isinstance(part, Table)]

    @property
    def figures(self) -> list[Figure]:
        return [part for part in self.body if isinstance(part, Figure)]

    @property
    def files(self) -> list[str]:
        """The paths of its tables and figures without endings, e.g. "tables/table2"."""
        tables = [f"tables/{table.stem}" for table in self.tables if table.stem]
        return tables + [f"figures/{figure.stem}" for figure in self.figures]
