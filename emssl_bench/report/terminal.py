"""Sections in the terminal, at the end of a run: the tables that have a summary."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from emssl_bench.report.escaping import in_terminal
from emssl_bench.report.section import Section, Summary, Table


def print_sections(sections: Sequence[Section], console: Console) -> None:
    """Prints the tables of the sections that the terminal shows."""
    for section in sections:
        for table in section.tables:
            if table.summary:
                _print_table(table, table.summary, console)


def _print_table(table: Table, summary: Summary, console: Console) -> None:
    frame = table.printed[list(summary.columns)]
    # What all rows have in common is said once, above them.
    common = [name for name in summary.common if frame[name].nunique() == 1]
    title = ", ".join([summary.title, *(str(frame[name].iloc[0]) for name in common)])
    frame = frame.drop(columns=common)
    shown = RichTable(box=SIMPLE_HEAD, padding=(0, 1))
    for column in frame.columns:
        words = column in table.words
        whole = words and frame[column].map(len).max() <= console.width // 3
        shown.add_column(_header(column), justify="left" if words else "right", no_wrap=whole, overflow="fold")
    for row in frame.itertuples(index=False):
        shown.add_row(*(Text(in_terminal(str(cell))) for cell in row))
    console.print(Text(in_terminal(title), style="table.title"))
    console.print(shown)
    if notes := " ".join(filter(None, [table.note, summary.note])):
        console.print(notes, highlight=False)


def _header(column: str) -> str:
    """A column's name; one of centimetres takes two lines without its unit, which the title or the page has."""
    return column.removesuffix(" (cm)").replace(" ", "\n", 1) if column.endswith(" (cm)") else column
