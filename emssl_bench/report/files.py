"""The files of tables and figures, the same bytes every time."""

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from emssl_bench.report.latex import latex_table
from emssl_bench.report.markdown import markdown_table
from emssl_bench.report.section import Figure, Section, Table
from emssl_bench.system.files import write_atomically

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure as Drawn

_NO_DATES = {"png": {"Software": None}, "pdf": {"CreationDate": None, "Creator": None, "Producer": None}}
_DOTS_PER_INCH = 160


def write_sections(sections: Sequence[Section], folder: Path) -> list[Path]:
    """Writes tables/ and figures/ in the order of the sections.

    Returns:
        The files written.

    Raises:
        RecordError: one cannot be written.
    """
    written = []
    for section in sections:
        for part in section.body:
            if isinstance(part, Table) and part.stem:
                written += write_table(part, folder / "tables")
            elif isinstance(part, Figure):
                written += write_figure(part, folder / "figures")
    return written


def write_table(table: Table, folder: Path) -> list[Path]:
    """Writes a table's .md and .tex as printed, and its .csv in long form."""
    assert table.frame is not None, "a table with files has a long form"
    note = f"\n{table.note}\n" if table.note else ""
    contents = {
        ".md": f"{markdown_table(table)}\n{note}",
        ".csv": _csv(table.frame),
        ".tex": latex_table(table),
    }
    stem = folder / table.stem
    for suffix, text in contents.items():
        write_atomically(stem.with_suffix(suffix), text.encode())
    return [stem.with_suffix(suffix) for suffix in contents]


def write_figure(figure: Figure, folder: Path) -> list[Path]:
    """Draws a figure's .png and .pdf, and writes the data that they show to its .csv."""
    stem = folder / figure.stem
    pictures, numbers = [stem.with_suffix(f".{kind}") for kind in _NO_DATES], stem.with_suffix(".csv")
    write_picture(figure.draw(figure.data), *pictures)
    write_atomically(numbers, _csv(figure.data).encode())
    return [*pictures, numbers]


def _csv(frame: "pd.DataFrame") -> str:
    return frame.to_csv(index=False, float_format="%.6g")


def write_picture(figure: "Drawn", *paths: Path) -> None:
    """Writes a figure to every path, as what its ending says: .png or .pdf."""
    with warnings.catch_warnings():
        # A letter that the font lacks, in the name of an arm, becomes a box; that needs no warning.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        if (engine := figure.get_layout_engine()) is not None:
            # Laid out once for all files. With an engine, matplotlib also draws every file twice.
            engine.execute(figure)
            figure.set_layout_engine(None)
        for path in paths:
            kind, buffer = path.suffix[1:], io.BytesIO()
            figure.savefig(buffer, format=kind, dpi=_DOTS_PER_INCH, metadata=_NO_DATES[kind])
            write_atomically(path, buffer.getvalue())
