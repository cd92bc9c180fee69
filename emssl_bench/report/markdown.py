"""Sections as Markdown: the page of a report."""

from collections.abc import Sequence

from emssl_bench.report.escaping import in_markdown
from emssl_bench.report.section import Bullets, Definitions, Figure, Section, Table, Text

TITLE = "# Learned inverse kinematics: report\n"
"""The beginning of every page of ours, by which it is recognised."""
FILES = "\n## Files\n"
"""The heading of the last section, which lists the files of a report."""


def page(sections: Sequence[Section], records: int, files: Sequence[str]) -> str:
    """The whole page.

    Args:
        sections: in their order.
        records: the number of records that they were made from.
        files: paths of the tables and figures beside the page, which the next report removes if it makes them no more.
    """
    blocks = [TITLE.strip(), *(block for section in sections for block in section_blocks(section)), FILES.strip()]
    listed = f", and with it {', '.join(f'`{file}`' for file in files)}" if files else ""
    return "\n\n".join([*blocks, f"This page was made from {records} records{listed}."]) + "\n"


def section_blocks(section: Section) -> list[str]:
    """The heading and body of a section, a block each."""
    heading = [f"## {section.title}"] if section.title else []
    return heading + [_block(part) for part in section.body]


def _block(part: Text | Bullets | Definitions | Table | Figure) -> str:
    if isinstance(part, Text):
        return part.paragraph
    if isinstance(part, Bullets):
        return "\n".join(f"- {item}" for item in part.items)
    if isinstance(part, Definitions):  # GitHub's Markdown has no definition lists
        return "\n".join(f"- *{term}*: {meaning}" for term, meaning in part.terms.items())
    if isinstance(part, Figure):
        return f"![{part.caption}](figures/{part.stem}.png)"
    if isinstance(part, Table):
        return markdown_table(part) + (f"\n\n{part.note}" if part.note else "")
    raise TypeError(f"a section holds {type(part).__name__}, which is no part of one.")


def markdown_table(table: Table) -> str:
    """A table with words aligned left and numbers right; nothing in the words is markup."""
    shown = table.printed.astype(str)
    words = [column for column in shown.columns if column in table.words]
    shown[words] = shown[words].map(in_markdown)
    for row, column in table.bold:
        first, gap, rest = shown[column].iloc[row].partition(" ")
        shown.loc[shown.index[row], column] = f"**{first}**{gap}{rest}"
    alignment = ["left" if column in table.words else "right" for column in shown.columns]
    return shown.to_markdown(index=False, colalign=alignment, disable_numparse=True)
