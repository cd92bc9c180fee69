"""Every task apart: errors of different tasks never stand in one table or one figure."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pandas as pd

from emssl_bench.report.section import Figure
from emssl_bench.report.tasks import name_of, noun_of
from emssl_bench.tasks import POSITION

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawn


def by_task(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """The rows of each task by its name, positions first; settings of a task are no tasks of their own."""
    if frame.empty:
        return
    names = frame["task"].map(name_of)
    for name in sorted(set(names), key=lambda each: (each != POSITION.name, each)):
        yield name, frame[names == name].reset_index(drop=True)


def own_columns(rows: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of a task without the columns in which only other tasks of the frame have something."""
    return rows.loc[:, rows.notna().any() | frame.isna().all()]


def stem_of(stem: str, task: str) -> str:
    """The name of a file about one task; positions, which came first, need no mention."""
    return stem if task == POSITION.name else f"{stem}-{task}"


def figures_by_task(
    data: pd.DataFrame, draw: Callable[[pd.DataFrame], "Drawn"], stem: str, caption: str
) -> Iterator[Figure]:
    """A figure for every task; its file and its caption name the task, but for positions.

    Args:
        data: what is drawn, of all tasks.
        draw: draws the rows of one.
        stem: the name of the file of positions.
        caption: with {targets} for what targets are called.
    """
    for task, rows in by_task(data):
        said = caption.format(targets=noun_of(rows)) + ("" if task == POSITION.name else f", task {task}")
        yield Figure(own_columns(rows, data), draw, stem_of(stem, task), said)
