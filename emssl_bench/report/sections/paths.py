"""Paths: joint moves a step, flips of branch and errors along lines and circles, and joint angles along one."""

import re
from collections.abc import Iterator

import pandas as pd
from matplotlib.figure import Figure as Drawn
from matplotlib.lines import Line2D

from emssl_bench import joint_space
from emssl_bench.records.settings.paths import ALONE, LAST, NEAREST
from emssl_bench.report.by_task import by_task, own_columns, stem_of
from emssl_bench.report.escaping import in_figure, in_markdown
from emssl_bench.report.figures.drawing import drawing
from emssl_bench.report.figures.grid import grid
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.paths import SETUP
from emssl_bench.report.naming import arm_labels, without_usual_task
from emssl_bench.report.section import Bullets, Definitions, Figure, Section, Summary, Table, Text
from emssl_bench.report.sections.solvers import shares, titles

_WORDS = ("Arm", "Range", "Shape", "Solver", "Answers")
_PANELS = 3
_COLOURS = ("#0173b2", "#de8f05", "#029e73", "#d55e00", "#cc78bc", "#ca9161", "#949494")
"""Of the joints, from the base on."""
_TERMS = {
    "Answers": "How a solver gets from a target to the next. *alone*: every target without the others. *from the "
    "last*: it starts from its last answer. *nearest of 32*: of so many answers to a target, the one whose largest "
    "joint move from the last answer is smallest.",
    "Move (°)": "The largest move of a joint from a target to the next, of all steps: median, 95 % quantile and "
    "largest. A joint whose range is a whole turn may take the shorter way around. A slide of 1 m counts as 57.3°.",
    "Flips": "Steps with a larger move than the bound, a path: the arm changes its branch of solutions. *Unflipped*: "
    "the share of paths without one.",
    "Error": "Of all targets on the paths, by one float64 forward model.",
}


def section(data: ReportData) -> Section | None:
    """A table for every task, and a figure for every arm, task and shape."""
    runs = data.path_runs
    if runs.empty:
        return None
    named = runs.assign(Arm=arm_labels(runs), Range=runs["joint_range_deg"].map(joint_space.shown), Solver=titles(runs))
    able = named[named["paths"] > 0].reset_index(drop=True)
    bounds = " and ".join(f"{each:g}°" for each in sorted(set(runs["flip_deg"])))
    steps = " and ".join(f"{each * 100:g}" for each in sorted(set(runs["step_m"])))
    how = (
        f"Straight lines of 0.4 of the arm's reach and circles of 0.1 of it in radius, in steps of {steps} cm; a "
        f"move over {bounds} is a flip. Every path can be followed: least squares reach all of its targets from "
        "its beginning, without a flip. All solvers have the same paths."
    )
    tables = [part for task, rows in by_task(able) for part in (Text(f"Task *{task}*:"), _table(rows, able, task))]
    return Section("Paths", [Text(how), *tables, Definitions(_TERMS), *_left_out(named), *_figures(data.first_paths)])


def _table(rows: pd.DataFrame, able: pd.DataFrame, task: str) -> Table:
    printed = printed_paths(rows)
    name = f"Paths, task {task}"
    columns = ("Arm", "Range", "Shape", "Solver", "Answers", "Largest move (°)", "Flips", "Unflipped", "Mean (mm)")
    long = without_usual_task(own_columns(rows.drop(columns=["Arm", "Range", "Solver", "reason"]), able))
    summary = Summary(name, columns, common=("Arm", "Range"))
    return Table(printed, _WORDS, long, stem_of("paths", task), summary=summary)


def printed_paths(rows: pd.DataFrame) -> pd.DataFrame:
    """The table as printed.

    Args:
        rows: of `frames.paths.path_runs`, of one task, with the columns Arm, Range and Solver.
    """
    numbers = {
        "Median move (°)": ("move_median_deg", "{:.2g}"),
        "95 % move (°)": ("move_p95_deg", "{:.3g}"),
        "Largest move (°)": ("move_max_deg", "{:.3g}"),
        "Flips": ("flips_mean", "{:.2f}"),
        "Mean (mm)": ("error_mean_mm", "{:.2g}"),
        "Max (mm)": ("error_max_mm", "{:.2g}"),
        "Mean (°)": ("angle_mean_deg", "{:.2g}"),
        "Max (°)": ("angle_max_deg", "{:.2g}"),
    }
    if set(rows["task"]) == {"position"}:
        numbers = {title: own for title, own in numbers.items() if not own[0].startswith("angle")}
    words = {
        "Arm": rows["Arm"],
        "Range": rows["Range"],
        "Shape": rows["shape"],
        "Solver": rows["Solver"],
        "Answers": [_way(way, samples) for way, samples in zip(rows["way"], rows["samples"], strict=True)],
        "Paths": rows["paths"].map("{:.0f}".format),
        "Unflipped": shares(rows, "unflipped_rate"),
        "No answer": shares(rows, "no_answer_rate"),
        "Outside limits": shares(rows, "outside_rate"),
    }
    shown = {title: _numbers(rows, name, form) for title, (name, form) in numbers.items()}
    order = [*list(words)[:6], *list(shown)[:4], "Unflipped", *list(shown)[4:], "No answer", "Outside limits"]
    return pd.DataFrame({**words, **shown})[order].reset_index(drop=True)


def _numbers(rows: pd.DataFrame, name: str, form: str) -> list[str]:
    column = rows[name] if name in rows else [float("nan")] * len(rows)
    return ["" if pd.isna(value) else form.format(value) for value in column]


def _way(way: str, samples: int) -> str:
    return {ALONE: "alone", LAST: "from the last", NEAREST: f"nearest of {samples:,}"}[way]


def _left_out(named: pd.DataFrame) -> Iterator[Bullets]:
    """The solvers that have no row, and why."""
    unable = named[named["paths"] == 0].drop_duplicates(["Arm", "Range", "task", "Solver", "way"])
    if len(unable):
        yield Bullets(
            [
                f"**{in_markdown(row['Solver'])}**, {_way(row['way'], row['samples'])}, has no row for "
                f"{in_markdown(row['Arm'])} ({row['task']}): {in_markdown(row['reason'])}"
                for row in unable.to_dict("records")
            ]
        )


def _figures(paths: pd.DataFrame) -> Iterator[Figure]:
    if paths.empty:
        return
    paths = paths.assign(solver_title=titles(paths), Arm=arm_labels(paths))
    for (*_, task, shape, _, _, _, _), rows in paths.groupby(SETUP, sort=False):
        first = rows.iloc[0]
        width = first["joint_range_deg"]
        width = f"{width:g}deg" if isinstance(width, float | int) else str(width)
        stem = re.sub(
            r"[^\w-]", "_", f"path_angles-{first['robot']}-{first['robot_digest'][:4]}-{width}-{task}-{shape}"
        )
        stem += "" if first["seed"] == 0 else f"-s{first['seed']}"
        caption = (
            f"Joint angles along the first {shape}, task {task}: the rows with the fewest, the median and the most "
            "flips on all paths"
        )
        yield Figure(_extremes(rows), draw_angles, stem, caption)


def _extremes(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of three solvers at most: with the fewest flips, the median number, and the most."""
    keys = ["solver_title", "way", "samples", "model_digest"]
    order = rows.drop_duplicates(keys).sort_values("flips_mean", kind="stable")[keys]
    places = sorted({0, len(order) // 2, len(order) - 1})
    chosen = order.iloc[places[:_PANELS]].assign(panel=range(len(places)))
    return chosen.merge(rows, on=keys).sort_values(["panel", "joint", "along_cm"], ignore_index=True)


@drawing()
def draw_angles(rows: pd.DataFrame) -> Drawn:
    """Joint angles along a path, a panel a solver, a line a joint.

    Args:
        rows: of `frames.paths.first_paths`, with the columns panel, solver_title and Arm.
    """
    joints = sorted(rows["joint"].unique())
    handles = [Line2D([], [], color=_COLOURS[(j - 1) % len(_COLOURS)], marker=".", label=f"joint {j}") for j in joints]
    first = rows.iloc[0]
    where = f"{in_figure(first['Arm'])} {joint_space.shown(first['joint_range_deg'])}"
    title = f"Joint angles along a {first['shape']}, {where}, task {first['task']}"
    panels = list(rows.groupby("panel", sort=True))
    figure, axes = grid([3.6] * len(panels), [2.8], handles=handles, title=title, sharey=True)
    for panel, (_, own) in zip(axes[0], panels, strict=True):
        for joint, line in own.groupby("joint"):
            colour = _COLOURS[(int(str(joint)) - 1) % len(_COLOURS)]
            panel.plot(line["along_cm"], line["angle_deg"], color=colour, marker=".", markersize=3, linewidth=1)
        head = own.iloc[0]
        panel.set_title(
            f"{in_figure(head['solver_title'])},\n{_way(head['way'], head['samples'])}: "
            f"{head['flips_mean']:.2f} flips a path",
            fontsize=8,
        )
        panel.set_xlabel("along the path (cm)")
    axes[0, 0].set_ylabel("joint angle (°)")
    return figure
