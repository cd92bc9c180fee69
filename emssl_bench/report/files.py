"""Tables and figures as files, the same bytes every time."""

import io
from collections.abc import Callable
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from emssl_bench.files import write_atomically

_NO_DATES = {"png": {"Software": None}, "pdf": {"CreationDate": None, "Creator": None, "Producer": None}}
WORD_COLUMNS = ("Arm and data", "Arm", "Method", "Strategy", "Kernel", "Group", "Benchmark", "Change", "Approach")


def write_table(
    table: pd.DataFrame, printed: pd.DataFrame, stem: Path, in_markdown: pd.DataFrame | None = None
) -> list[Path]:
    """Writes `stem`.md and .tex as printed, and .csv in long form.

    Args:
        table: the long form.
        printed: the table to print.
        stem: the path without its ending.
        in_markdown: to print instead of `printed` in .md, where it has Markdown in it.
    """
    contents = {
        ".md": markdown(printed if in_markdown is None else in_markdown) + "\n",
        ".csv": table.to_csv(index=False, float_format="%.6g"),
        ".tex": printed.to_latex(index=False, escape=True).replace("±", r"$\pm$").replace("°", r"$^\circ$"),
    }
    for suffix, text in contents.items():
        write_atomically(stem.with_suffix(suffix), text.encode())
    return [stem.with_suffix(suffix) for suffix in contents]


def write_figure(draw: Callable[[pd.DataFrame], Figure], data: pd.DataFrame, stem: Path) -> list[Path]:
    """Draws `stem`.png and .pdf, and writes what they show to `stem`.csv."""
    with sns.axes_style("whitegrid"), sns.plotting_context("paper", font_scale=1.1):
        figure = draw(data)
    pictures = [stem.with_suffix(f".{kind}") for kind in _NO_DATES]
    write_picture(figure, *pictures)
    numbers = stem.with_suffix(".csv")
    write_atomically(numbers, data.to_csv(index=False, float_format="%.6g").encode())
    return [*pictures, numbers]


def write_picture(figure: Figure, *paths: Path) -> None:
    """Writes a figure to every path, as what its ending says: .png or .pdf."""
    for path in paths:
        kind = path.suffix[1:]
        buffer = io.BytesIO()
        figure.savefig(buffer, format=kind, dpi=160, metadata=_NO_DATES[kind])
        write_atomically(path, buffer.getvalue())
    plt.close(figure)


def markdown(frame: pd.DataFrame) -> str:
    """A Markdown table, words to the left and numbers to the right."""
    alignment = ["left" if column in WORD_COLUMNS else "right" for column in frame.columns]
    return frame.astype(str).to_markdown(index=False, colalign=alignment, disable_numparse=True)
