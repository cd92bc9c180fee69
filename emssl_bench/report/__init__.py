"""Tables, figures and a page, made from records alone: no clock, no probing, the same bytes every time."""

from pathlib import Path

import pandas as pd

from emssl_bench.errors import RecordError
from emssl_bench.records import Store


def write(store: Store) -> list[Path]:
    """Makes everything anew from the store's records, beside them.

    Returns:
        The files written: tables, figures and, last, report.md.

    Raises:
        RecordError: there are no records, or the folder cannot be written.
    """
    from emssl_bench.report import accuracy, adaptation_figures, benchmarks, fig7, identification, page, table3, table4
    from emssl_bench.report.files import write_figure, write_table

    records = store.records()
    timings = benchmarks.table(store.folder)
    if not records and timings.empty:
        raise RecordError(f"no records under {store.folder / 'records'}: run trials with --out {store.folder} first.")
    trained = accuracy.of(records)
    sampling = table3.table(records)
    tables, figures = store.folder / "tables", store.folder / "figures"
    written = accuracy.write(trained, tables, figures)
    if not sampling.empty:
        written += write_table(sampling, table3.headline(sampling), tables / "table3")
    sweeps = table3.sweeps(records)
    if not sweeps.empty:
        written += write_figure(fig7.draw, sweeps, figures / "fig7")
    adapted = table4.runs(records)
    adaptation = pd.DataFrame() if adapted.empty else table4.table(adapted)
    if not adaptation.empty:
        written += write_table(adaptation, table4.headline(adaptation), tables / "table4")
        written += write_figure(adaptation_figures.draw, table4.curves(adapted), figures / "adaptation")
    identified = identification.table(records)
    if not identified.empty:
        written += write_table(identified, identification.headline(identified), tables / "identification")
        written += write_figure(adaptation_figures.draw_identification, identified, figures / "identification")
    found = page.Found(trained, sampling, sweeps, adaptation, identified, timings)
    written.append(page.write(records, found, store.folder / "report.md"))
    return written
