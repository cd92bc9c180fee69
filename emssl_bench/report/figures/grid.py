"""Grids of panels, laid out in inches: panels keep their size whatever stands around them.

Matplotlib's own layout engines measure every text of a figure several times, which takes longer than drawing it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

_LETTER_IN, _HANDLE_IN, _LINE_IN = 0.078, 0.62, 0.21
"""The size of a legend's entry [inch]: its letters, its sample and the space beside it, its height."""
_MOST_COLUMNS = 5
_X_LABEL_IN, _Y_LABEL_IN = 0.33, 0.53
"""The distance of an axis's label from its panel [inch]."""


@dataclass(frozen=True)
class Margins:
    """Room for labels and titles around and between panels [inch]."""

    left: float = 0.8
    right: float = 0.2
    top: float = 0.35
    bottom: float = 0.55
    across: float = 0.8
    down: float = 0.9


STANDARD = Margins()


def grid(
    widths_in: Sequence[float],
    heights_in: Sequence[float],
    margins: Margins = STANDARD,
    handles: Sequence[Line2D] = (),
    title: str = "",
    **sharing: Any,
) -> tuple[Figure, np.ndarray]:
    """A figure of panels, with a title above and a legend below.

    Args:
        widths_in: of the columns [inch]; they grow where the legend is wider.
        heights_in: of the rows [inch].
        margins: around and between the panels.
        handles: the entries of the legend, with their labels.
        title: of the figure.
        sharing: `sharex` and `sharey` of `matplotlib.figure.Figure.subplots`.

    Returns:
        The figure and its axes, an array of (rows, columns).
    """
    rows, columns = len(heights_in), len(widths_in)
    labels = [str(handle.get_label()) for handle in handles]
    around = margins.left + margins.right + margins.across * (columns - 1)
    needed = max([legend_width_in([label]) for label in labels], default=0.0) - around
    wider = max(0.0, needed - sum(widths_in)) / columns
    widths_in = [width + wider for width in widths_in]
    width = around + sum(widths_in)
    across = legend_columns(labels, width)
    below = margins.bottom + (0.15 + _LINE_IN * math.ceil(len(labels) / across) if labels else 0.0)
    above = margins.top + (0.3 if title else 0.0)
    height = above + sum(heights_in) + margins.down * (rows - 1) + below
    figure = Figure(figsize=(width, height))
    axes = figure.subplots(
        rows,
        columns,
        squeeze=False,
        gridspec_kw={
            "left": margins.left / width,
            "right": 1 - margins.right / width,
            "bottom": below / height,
            "top": 1 - above / height,
            "wspace": margins.across * columns / sum(widths_in),
            "hspace": margins.down * rows / sum(heights_in),
            "width_ratios": widths_in,
            "height_ratios": heights_in,
        },
        **sharing,
    )
    for row, height_in in zip(axes, heights_in, strict=True):
        for panel, width_in in zip(row, widths_in, strict=True):
            panel.xaxis.set_label_coords(0.5, -_X_LABEL_IN / height_in)
            panel.yaxis.set_label_coords(-_Y_LABEL_IN / width_in, 0.5)
    if title:
        figure.suptitle(title, y=1 - 0.1 / height, va="top")
    if labels:
        below_middle = (margins.left + width - margins.right) / 2 / width, 0.06 / height
        figure.legend(
            handles=list(handles),
            ncols=across,
            frameon=False,
            loc="lower center",
            bbox_to_anchor=below_middle,
            borderaxespad=0.0,
        )
    return figure, axes


def legend_columns(labels: Sequence[str], width_in: float) -> int:
    """As many columns of a legend, five at most, as fit beside each other."""
    for most in range(min(_MOST_COLUMNS, len(labels)), 1, -1):
        rows = math.ceil(len(labels) / most)
        columns = math.ceil(len(labels) / rows)  # as many as fill the rows
        widest = [max(part, key=len) for part in np.array_split(labels, columns)]
        if legend_width_in(widest) <= width_in:
            return columns
    return 1


def legend_width_in(labels: Sequence[str]) -> float:
    """The width of legend entries beside each other [inch], by the average width of a letter."""
    return sum(_LETTER_IN * len(label) + _HANDLE_IN for label in labels)
