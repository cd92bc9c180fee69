"""Solutions of some targets, drawn as arms and as joint angles: all that there are, and those of every model."""

from collections.abc import Mapping
from functools import partial
from itertools import combinations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawn

from emssl_bench.report.escaping import in_figure
from emssl_bench.report.figures import style
from emssl_bench.report.figures.drawing import drawing
from emssl_bench.report.figures.grid import Margins, grid
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.answers import SETS, SETUP, answer_sets
from emssl_bench.report.naming import arm_and_range_labels, method_ranks, method_title, other_task
from emssl_bench.report.section import Figure, Section, Text

_FIGURE = [*SETUP, "joint_range_deg"]
"""Columns that the rows of a figure have in common."""
_ALL = "all solutions"
_GREY = "0.45"
_PANEL_IN = 1.75
_AZIMUTH_DEG, _ELEVATION_DEG = -55.0, 22.0
"""From where arms are seen."""
_CELL, _VARIES = 0.5, 0.3
"""Width of a cell of joint angles [rad]; share of the largest deviation from which a joint is said to vary."""
_POINT, _ARM = ["x_m", "y_m", "z_m"], ["target", "solution"]


def section(data: ReportData) -> Section | None:
    """A figure for every arm, joint range and task, of the first seed."""
    runs = data.answer_runs
    arms = answer_sets(runs, "arms")
    if arms.empty:
        return None
    tables = {name: answer_sets(runs, name) for name in SETS}
    figures = []
    for number, (key, drawn) in enumerate(arms.groupby(_FIGURE, sort=False), start=1):
        parts = {name: _same(table, dict(zip(_FIGURE, key, strict=True))) for name, table in tables.items()}
        label = f"{arm_and_range_labels(drawn)[0]}{other_task(str(drawn['task'].iloc[0]))}"
        draw = partial(draw_sets, others=parts, title=label)
        figures.append(Figure(parts["solutions"], draw, f"answer_sets-{number}", f"Solutions of two targets, {label}"))
    return Section("Solutions of some targets", [Text(_SAID), *figures])


_SAID = (
    "The two targets that have most solutions, as arms seen from the side and as angles of two joints, in radians, or "
    "metres where a joint slides. The two are those whose angles fill the least of the plane. Grey points are all "
    "solutions, or a sample of them."
)


def _same(table: pd.DataFrame, key: Mapping[str, object]) -> pd.DataFrame:
    return table[np.logical_and.reduce([table[name] == value for name, value in key.items()])].reset_index(drop=True)


@drawing()
def draw_sets(solutions: pd.DataFrame, others: Mapping[str, pd.DataFrame], title: str) -> Drawn:
    """A row for all solutions and for every model; for each target its arms, and its joint angles.

    Args:
        solutions: of the models, one row each, with the columns target and joint_1, joint_2, ...
        others: the other tables of `frames.answers.SETS`, of the same models.
        title: of the figure.
    """
    ranks = method_ranks(solutions["method"])
    models = solutions[["method", "variant"]].drop_duplicates().astype(str).itertuples(index=False, name=None)
    rows = [None, *sorted(models, key=lambda row: (ranks[row[0]], row[1]))]
    reference, its_arms = _of(others["reference_solutions"], rows[1]), _of(others["reference_arms"], rows[1])
    targets, joints = sorted(set(reference["target"])), _chosen(reference)
    margins = Margins(left=0.75, top=0.35, across=0.8, down=0.5)
    figure, axes = grid([_PANEL_IN] * (2 * len(targets)), [_PANEL_IN] * len(rows), margins, title=title)
    seen = np.concatenate([_seen(arms[_POINT].to_numpy()) for arms in (its_arms, others["arms"])])
    box = [
        (float(low) - 0.02, float(high) + 0.02) for low, high in zip(seen.min(axis=0), seen.max(axis=0), strict=True)
    ]
    limits = [_limits(reference, solutions, joint) for joint in joints]
    for panels, row in zip(axes, rows, strict=True):
        name = method_title(*row) if row else _ALL
        colour = style.of_model(*row).colour if row else _GREY
        mine, arms = (_of(solutions, row), _of(others["arms"], row)) if row else (reference, its_arms)
        for target, left, right in zip(targets, panels[::2], panels[1::2], strict=True):
            _draw_arms(left, arms[arms["target"] == target], colour)
            left.set(xlim=box[0], ylim=box[1], aspect="equal", xticks=[], yticks=[])
            left.set_title(in_figure(f"{name}, target {target}" if len(name) < 28 else name, 32), fontsize=8)
            for table, look in ((reference, "0.8"), (mine, colour)):
                right.plot(*table[table["target"] == target][joints].to_numpy().T, ".", color=look, markersize=4)
            right.set(xlim=limits[0], ylim=limits[1])
            right.set_ylabel(joints[1].replace("_", " "), fontsize=8)
            if row == rows[-1]:
                right.set_xlabel(joints[0].replace("_", " "), fontsize=8)
    return figure


def _of(table: pd.DataFrame, row: tuple[str, ...]) -> pd.DataFrame:
    return table[(table["method"] == row[0]) & (table["variant"] == row[1])]


def _chosen(reference: pd.DataFrame) -> list[str]:
    """The two joints whose angles fill the fewest cells of their plane, among those that vary."""
    joints = [name for name in map(str, reference) if name.startswith("joint_") and name != "joint_range_deg"]
    spread = reference.groupby("target")[joints].std(ddof=0).mean().fillna(0.0)
    varied = [name for name in joints if spread[name] > _VARIES * spread.max()]
    if len(varied) < 2:
        return (varied + [name for name in joints if name not in varied])[:2]
    cells = (reference[joints] / _CELL).round().assign(target=reference["target"])
    return list(min(combinations(varied, 2), key=lambda pair: len(cells[["target", *pair]].drop_duplicates())))


def _limits(reference: pd.DataFrame, solutions: pd.DataFrame, joint: str) -> tuple[float, float]:
    values = pd.concat([reference[joint], solutions[joint]])
    room = 0.06 * float(values.max() - values.min()) or 0.1
    return float(values.min()) - room, float(values.max()) + room


def _draw_arms(panel: Axes, arms: pd.DataFrame, colour: str) -> None:
    for _, points in arms.groupby(_ARM, sort=False):
        panel.plot(*_seen(points[_POINT].to_numpy()).T, color=colour, linewidth=1, alpha=0.7, solid_joinstyle="round")
    ends = arms.groupby(_ARM, sort=False)[_POINT].last().to_numpy()
    panel.plot(*_seen(ends).T, "x", color="0.1", markersize=4)


def _seen(points: np.ndarray) -> np.ndarray:
    """Points (n, 3) as they are seen, (n, 2): to the right, and up."""
    azimuth, elevation = np.radians([_AZIMUTH_DEG, _ELEVATION_DEG])
    right = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0])
    up = np.array([-np.sin(elevation) * np.cos(azimuth), -np.sin(elevation) * np.sin(azimuth), np.cos(elevation)])
    return points @ np.stack([right, up], axis=1)
