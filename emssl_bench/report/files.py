"""Tables and figures as files, the same bytes every time."""

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from emssl_bench.report.escaping import in_latex, in_markdown
from emssl_bench.system.files import write_atomically

_NO_DATES = {"png": {"Software": None}, "pdf": {"CreationDate": None, "Creator": None, "Producer": None}}
WORD_COLUMNS = (
    "Arm and data",
    "Arm",
    "Method",
    "Trained for",
    "Trained on",
    "Machine",
    "Strategy",
    "Kernel",
    "Group",
    "Benchmark",
    "Change",
    "Approach",
    "Error of",
)


def write_table(
    table: pd.DataFrame, printed: pd.DataFrame, stem: Path, in_markdown: pd.DataFrame | None = None, note: str = ""
) -> list[Path]:
    """Writes `stem`.md and .tex as printed, and .csv in long form.

    Args:
        table: the long form.
        printed: the table to print.
        stem: the path without its ending.
        in_markdown: to print instead of `printed` in .md, where it has Markdown in it.
        note: what must be said of the table wherever it stands; under it in .md and .tex.
    """
    contents = {
        ".md": markdown(printed if in_markdown is None else in_markdown) + "\n" + (f"\n{note}\n" if note else ""),
        ".csv": table.to_csv(index=False, float_format="%.6g"),
        ".tex": latex(printed, note),
    }
    for suffix, text in contents.items():
        write_atomically(stem.with_suffix(suffix), text.encode())
    return [stem.with_suffix(suffix) for suffix in contents]


def write_figure(draw: Callable[[pd.DataFrame], Figure], data: pd.DataFrame, stem: Path) -> list[Path]:
    """Draws `stem`.png and .pdf, and writes what they show to `stem`.csv."""
    figure = draw(data)
    pictures = [stem.with_suffix(f".{kind}") for kind in _NO_DATES]
    write_picture(figure, *pictures)
    numbers = stem.with_suffix(".csv")
    write_atomically(numbers, data.to_csv(index=False, float_format="%.6g").encode())
    return [*pictures, numbers]


@contextmanager
def drawing() -> Iterator[None]:
    """The style of every figure, as a decorator of what draws one.

    A dollar in the name of an arm or a link is a dollar: no text is read as mathematics.
    """
    plain = matplotlib.rc_context({"text.parse_math": False})
    with sns.axes_style("whitegrid"), sns.plotting_context("paper", font_scale=1.1), plain:
        yield


def write_picture(figure: Figure, *paths: Path) -> None:
    """Writes a figure to every path, as what its ending says: .png or .pdf."""
    for path in paths:
        kind = path.suffix[1:]
        buffer = io.BytesIO()
        with warnings.catch_warnings():
            # A letter that the font lacks, in the name of an arm, is drawn as a box; no more need be said of it.
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            figure.savefig(buffer, format=kind, dpi=160, metadata=_NO_DATES[kind])
        write_atomically(path, buffer.getvalue())
        figure.set_layout_engine("none")  # all kinds have the layout of the first, which takes most of the time
    plt.close(figure)


def markdown(frame: pd.DataFrame) -> str:
    """A Markdown table, words to the left and numbers to the right; nothing in the words is markup."""
    words = [column for column in frame.columns if column in WORD_COLUMNS]
    alignment = ["left" if column in words else "right" for column in frame.columns]
    shown = frame.astype(str)
    shown[words] = shown[words].map(in_markdown)
    return shown.to_markdown(index=False, colalign=alignment, disable_numparse=True)


def latex(frame: pd.DataFrame, note: str = "") -> str:
    """A LaTeX table, words to the left and numbers to the right, and a note in its last row; every character stands
    for itself."""
    alignment = "".join("l" if column in WORD_COLUMNS else "r" for column in frame.columns)
    shown = frame.astype(str).map(in_latex)
    shown.columns = [in_latex(str(column)) for column in frame.columns]
    text = shown.to_latex(index=False, column_format=alignment)
    if not note:
        return text
    last = f"\\multicolumn{{{len(frame.columns)}}}{{l}}{{{in_latex(note)}}} \\\\\n"
    return text.replace("\\end{tabular}", f"{last}\\end{{tabular}}")
