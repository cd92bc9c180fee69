"""Reports: tables, figures and two pages, made from records alone; the same records give the same bytes."""

import re
from collections.abc import Sequence
from pathlib import Path

from emssl_bench.records import Store
from emssl_bench.report import markdown
from emssl_bench.report.frames import ReportData
from emssl_bench.report.making import make_sections
from emssl_bench.report.section import Bullets, Definitions, Figure, Section, Summary, Table, Text
from emssl_bench.report.selection import EVERYTHING, FOLDER, Selection
from emssl_bench.system import file_sets
from emssl_bench.system.files import read_regular, write_atomically

__all__ = [
    "Bullets",
    "Definitions",
    "Figure",
    "ReportData",
    "Section",
    "Summary",
    "Table",
    "Text",
    "make_sections",
    "write",
    "write_sections",
]

PAGE = "report.md"
_LISTED = re.compile(r"`((?:tables|figures)/[\w-]+\.[a-z]{2,4})`")
_LARGEST_PAGE = 2**26


def write(store: Store, chosen: Selection = EVERYTHING, into: Path | None = None) -> list[Path]:
    """Makes the report of a store's records and writes it beside them.

    Args:
        store: of the records.
        chosen: which of them are shown.
        into: where to write; by default beside the records or, for a selection, into the folder `filtered` there, so
            that the whole report stays.

    Returns:
        The files written: report.html, tables, figures and, last, report.md.

    Raises:
        RecordError: there are no records, or the folder cannot be written.
        UnknownName: the selection names a method or an arm that no record has.
    """
    data = ReportData.of(store, chosen)
    folder = into or (store.folder if chosen == EVERYTHING else store.folder / FOLDER)
    return write_sections(make_sections(data), data, folder)


def write_sections(sections: Sequence[Section], data: ReportData, folder: Path) -> list[Path]:
    """Writes a report of sections; files of the last report that this one does not make are removed.

    The files are of one state, also after a kill: those before it or those after it.

    Args:
        sections: what `make_sections` returns.
        data: what they were made of.
        folder: where to write.

    Returns:
        The files written: report.html, tables, figures and, last, report.md.

    Raises:
        RecordError: the folder cannot be written.
    """
    from emssl_bench.report import files, page

    file_sets.finish(folder)
    with file_sets.together(folder, PAGE, lambda: _of_the_last(folder / PAGE), data.tell) as staged:
        written = files.write_sections(sections, staged)
        names = [path.relative_to(staged).as_posix() for path in written]
        shown = page.pictures(sections, staged / "figures")
        write_atomically(staged / page.NAME, page.made(sections, data, shown))
        write_atomically(staged / PAGE, markdown.page(sections, len(data.records), names).encode())
    return [folder / page.NAME, *(folder / name for name in names), folder / PAGE]


def _of_the_last(page: Path) -> set[str] | None:
    """The files that the page in a folder lists, and both pages; None for a page of ours that lists none."""
    from emssl_bench.report.page import NAME, is_ours

    other = {NAME} if is_ours(page.with_name(NAME)) else set()
    try:
        text = read_regular(page, _LARGEST_PAGE).decode()
    except (OSError, UnicodeDecodeError):
        return other
    if not text.startswith(markdown.TITLE):
        return other
    _, found, listed = text.rpartition(markdown.FILES)
    return {PAGE, *other, *_LISTED.findall(listed)} if found else None
