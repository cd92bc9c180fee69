"""Sections of other packages, found by the entry point group `emssl_bench.sections`.

An entry point names a function like ours: `section(data: ReportData) -> Section | None`. It is found by its package's
metadata and imported when a report is made. What goes wrong in it is named in one line; the report is made without it.
"""

import io
import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points

import pandas as pd
from rich.console import Console

from emssl_bench.exceptions import error_line
from emssl_bench.report.frames import ReportData
from emssl_bench.report.html import section_html
from emssl_bench.report.latex import latex_table
from emssl_bench.report.markdown import section_blocks
from emssl_bench.report.section import Figure, Section, Table
from emssl_bench.report.terminal import print_sections

GROUP = "emssl_bench.sections"
_FILE = re.compile(r"(tables|figures)/[A-Za-z0-9][A-Za-z0-9_-]*")


def sections(data: ReportData, taken: Collection[str]) -> Iterator[Section]:
    """The sections of the installed packages, in the alphabetical order of their entry points.

    Args:
        data: what they are made of; `data.tell` is told of those that are left out.
        taken: paths of our files without endings, which no other section may have.
    """
    names = set(taken)
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, _package(entry))):
        try:
            section = _tried(_checked(entry.load()(data), names))
        except (Exception, SystemExit) as error:  # somebody else's code may raise whatever it likes
            whose = f"the section {entry.name!r} of the package {_package(entry)!r}"
            data.tell(f"{whose} is left out: {error_line(error)}")
            continue
        if section is not None:
            names.update(section.files)
            yield section


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else "?"


def _checked(section: object, taken: Collection[str]) -> Section | None:
    """The section, once it is known that it can be rendered.

    Raises:
        TypeError: it is no section, or its tables are no data frames.
        ValueError: the name of a file is no name, or another section's.
    """
    if section is None:
        return None
    if not isinstance(section, Section):
        raise TypeError(f"it returned {type(section).__name__}, not emssl_bench.report.Section or None.")
    for file in section.files:
        if not _FILE.fullmatch(file):
            raise ValueError(f"{file!r} is no name of letters, digits, - and _.")
        if file in taken or section.files.count(file) > 1:
            raise ValueError(f"another table or figure is called {file!r}.")
    for table in section.tables:
        if not isinstance(table.printed, pd.DataFrame) or not isinstance(table.frame, pd.DataFrame | None):
            raise TypeError("a table's `printed` and `frame` are data frames.")
        if table.stem and table.frame is None:
            raise ValueError(f"the table {table.stem!r} becomes files and needs a `frame`.")
    return section


def _tried(section: Section | None) -> Section | None:
    """The section with its figures drawn and after a trial of all renderers, so that what fails there fails here."""
    if section is None:
        return None
    body: list = []
    for part in section.body:
        if isinstance(part, Figure):
            drawn = part.draw(part.data)
            drawn.draw_without_rendering()
            part = replace(part, draw=lambda _, drawn=drawn: drawn)
        elif isinstance(part, Table):
            part = replace(part, printed=part.printed.astype(str))
        body.append(part)
    tried = replace(section, body=body)
    section_blocks(tried)
    section_html(tried, 0, {})
    print_sections([tried], Console(file=io.StringIO()))
    for table in tried.tables:
        latex_table(table)
    return tried
