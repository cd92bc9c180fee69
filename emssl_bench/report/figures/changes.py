"""Figures of changed arms: a panel per change, a figure for every arm and data set, and for no more panels than fit."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emssl_bench import joint_space
from emssl_bench.report.figures.grid import Margins, grid
from emssl_bench.report.frames.changes import in_paper
from emssl_bench.tasks import POSITION
from robots.changes import Change

MOST_PANELS = 8
"""Panels of a figure that is still legible."""
_ACROSS = 4
_WIDTH_IN, _HEIGHT_IN = 2.25, 1.9
_LEAST_WIDTH_IN = 8.0
UNCHANGED = "0.4"
"""The grey of errors before any adaptation or identification."""


def figure_parts(
    frame: pd.DataFrame, setup: Sequence[str], of_paper_apart: bool = True
) -> Iterator[tuple[str, pd.DataFrame]]:
    """The rows of each figure with the end of its file name, which follows from what the figure shows alone.

    Args:
        frame: rows with a `change` each, in order.
        setup: columns that rows of one figure have in common.
        of_paper_apart: whether the paper's changes have figures of their own.
    """
    of_paper = frame["change"].map(lambda text: in_paper(Change.parse(str(text)))) & of_paper_apart
    for key, mine in frame.groupby([*setup, of_paper], sort=False):
        *named, paper = key
        changes = list(mine["change"].unique())
        for first in range(0, len(changes), MOST_PANELS):
            shown = mine[mine["change"].isin(changes[first : first + MOST_PANELS])]
            part = f"-{first // MOST_PANELS + 1}" if first else ""
            kind = ("-paper" if paper else "-beyond") if of_paper_apart else ""
            yield f"{_stem(dict(zip(setup, named, strict=True)))}{kind}{part}", shown


def _stem(setup: Mapping[str, Any]) -> str:
    """e.g. paper6-6351-90deg-14000-reachable."""
    joint_range = setup["joint_range_deg"]
    width = "limits" if joint_range == joint_space.LIMITS else f"{joint_range:g}deg"
    parts = [setup["robot"], setup["robot_digest"][:4], width]
    if "train_samples" in setup:
        parts += [str(setup["train_samples"]), setup["targets"]]
        parts += [] if setup["validation_samples"] else ["stopped_by_test"]
        parts += [f"noise{setup['noise_mm']:g}mm"] if setup["noise_mm"] else []
    parts += [setup["task"]] if setup["task"] != POSITION.name else []
    return re.sub(r"[^\w-]", "_", "-".join(parts))  # no dot, behind which the ending of a file would begin


def change_grid(
    changes: Sequence[str], handles: Sequence[Line2D], title: str, x_label: str, y_label: str
) -> tuple[Figure, list[Axes]]:
    """A figure with a titled panel for every change, labelled along its lower and left edge."""
    count = len(changes)
    across = min(count, _ACROSS) if count != 5 else 3
    down = math.ceil(count / across)
    margins = Margins(across=0.62, down=0.62)
    width_in = max(_WIDTH_IN, (_LEAST_WIDTH_IN - margins.left - margins.right - margins.across * (across - 1)) / across)
    figure, axes_of = grid([width_in] * across, [_HEIGHT_IN] * down, margins, handles, title)
    panels = list(axes_of.flat)
    for axes in panels[count:]:
        axes.set_axis_off()
    for place, (axes, change) in enumerate(zip(panels, changes, strict=False)):
        axes.set_title(Change.parse(change).title)
        if place % across == 0:
            axes.set_ylabel(y_label)
        if place + across >= count:  # no panel is below
            axes.set_xlabel(x_label)
    return figure, panels[:count]
