"""Tables, figures and a page, made from records alone: no clock, no probing, the same bytes every time."""

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from emssl_bench.exceptions import RecordError
from emssl_bench.records import Record, Store
from emssl_bench.report import any_backend  # noqa: F401  (before the parts of this package, which import matplotlib)
from emssl_bench.report.selection import EVERYTHING, FOLDER, Selection
from emssl_bench.system import file_sets
from emssl_bench.system.files import read_regular

PAGE = "report.md"
_LISTED = re.compile(r"`((?:tables|figures)/[\w-]+\.[a-z]{2,4})`")
_LARGEST_PAGE = 2**26


def write(store: Store, chosen: Selection = EVERYTHING, into: Path | None = None) -> list[Path]:
    """Makes everything anew from the store's records, beside them; what the last report had and this has not goes.

    The files are of one state, also where the process is killed: those before it or those after it.

    Args:
        store: of the records.
        chosen: which of them are shown.
        into: where to write; by default beside the records or, of a selection, into the folder `filtered` there, so
            that the whole report stays.

    Returns:
        The files written: tables, figures and, last, report.md.

    Raises:
        RecordError: there are no records, or the folder cannot be written.
        UnknownName: a method or an arm is asked for that no record has.
    """
    from emssl_bench.report import benchmarks

    records, whole = store.records(), chosen == EVERYTHING
    timings = benchmarks.table(store.folder) if whole else pd.DataFrame()  # they are of no method or arm
    if not records and timings.empty:
        raise RecordError(f"no records under {store.folder / 'records'}: run trials with --out {store.folder} first.")
    chosen.check(records)
    folder = into or (store.folder if whole else store.folder / FOLDER)
    file_sets.finish(folder)
    with file_sets.together(folder, PAGE, lambda: _of_the_last(folder / PAGE), store.tell) as staged:
        written = _written(records, timings, chosen, staged)
    return [folder / path.relative_to(staged) for path in written]


def _of_the_last(page: Path) -> set[str] | None:
    """What the page that is there names as its files, itself among them; None if it is one that names none."""
    from emssl_bench.report.page import FILES, TITLE

    try:
        text = read_regular(page, _LARGEST_PAGE).decode()
    except (OSError, UnicodeDecodeError):
        return set()
    if not text.startswith(TITLE):
        return set()
    _, found, listed = text.rpartition(FILES)
    return {PAGE, *_LISTED.findall(listed)} if found else None


def _written(records: Sequence[Record], timings: pd.DataFrame, chosen: Selection, folder: Path) -> list[Path]:
    """Writes everything into a folder."""
    from emssl_bench.report import accuracy, adaptation_figures, fig7, identification, page, table2, table3, table4
    from emssl_bench.report.files import write_figure, write_table

    runs, adapted = chosen.rows(table2.runs(records)), chosen.rows(table4.runs(records))
    records = chosen.records(records)
    trained = accuracy.of(runs)
    sampling = table3.table(records)
    tables, figures = folder / "tables", folder / "figures"
    written = accuracy.write(trained, tables, figures)
    if not sampling.empty:
        written += write_table(sampling, table3.headline(sampling), tables / "table3")
    sweeps = table3.sweeps(records)
    if not sweeps.empty:
        written += write_figure(fig7.draw, sweeps, figures / "fig7")
    adaptation = pd.DataFrame() if adapted.empty else table4.table(adapted)
    if not adaptation.empty:
        written += write_table(adaptation, table4.headline(adaptation), tables / "table4")
        written += adaptation_figures.write(table4.curves(adapted), figures)
    identified = identification.table(records)
    if not identified.empty:
        written += write_table(identified, identification.headline(identified), tables / "identification")
        written += adaptation_figures.write_identification(identified, figures)
    found = page.Found(trained, sampling, sweeps, adaptation, identified, timings)
    files = [path.relative_to(folder).as_posix() for path in written]
    written.append(page.write(records, found, files, folder / PAGE, chosen.described))
    return written
