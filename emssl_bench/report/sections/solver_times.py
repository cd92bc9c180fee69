"""Success of numerical solvers against time: a figure for each task, a panel an arm, a line a solver."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure as Drawn
from matplotlib.lines import Line2D

from emssl_bench.experiments.target_sets import TARGET_SETS
from emssl_bench.report.escaping import in_figure
from emssl_bench.report.figures.drawing import drawing, plain_log_scale
from emssl_bench.report.figures.grid import grid
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.solvers import ARM
from emssl_bench.report.naming import arm_and_range_labels
from emssl_bench.report.section import Figure, Section
from emssl_bench.solvers.contenders import CONTENDERS

_BLACK_BOXES = (
    *("emssl_bench.solvers.contenders.black_box", "emssl_bench.solvers.contenders.evolution"),
    "emssl_bench.adaptation.identified_contender",
)
_OURS = ("emssl_bench.solvers.contenders.own", *_BLACK_BOXES)


def section(data: ReportData) -> Section | None:
    """The share of targets solved to 0.1 mm within a time."""
    curves = data.solved_curves
    if curves.empty:
        return None
    return Section("Success of numerical solvers against time", list(_figures(curves)))


def _figures(curves: pd.DataFrame) -> Iterator[Figure]:
    first = next(name for name in TARGET_SETS if name in set(curves["targets"]))
    curves = curves[curves["targets"] == first].assign(microseconds=lambda rows: rows["cpu_seconds"] * 1e6)
    curves = curves.assign(arm=arm_and_range_labels(curves)).reset_index(drop=True)
    for task in sorted(set(curves["task"]), key=lambda name: name != "position"):
        shown = curves[curves["task"] == task]
        best = shown.groupby("solver")["share"].max()
        shown = shown[shown["solver"].isin(best[best > 0.01].index)]
        if len(shown):
            caption = (
                f"Share of {task} targets solved to 0.1 mm within a CPU time each; solvers that solve next to none "
                "are left out"
            )
            yield Figure(shown, partial(draw_times, task=task), f"solver_times-{task}", caption)


@drawing()
def draw_times(curves: pd.DataFrame, task: str) -> Drawn:
    """The share of targets against the CPU time of one, a panel an arm.

    Args:
        curves: of `frames.solvers.solved_curves`, of one task, with the columns `arm` and `microseconds`.
        task: its name.
    """
    solvers = [name for name in CONTENDERS if name in set(curves["solver"])]
    handles = [Line2D([], [], label=name, **_line(name)) for name in solvers]
    panels = list(curves.groupby([*ARM, "arm"], sort=False))
    figure, axes = grid([4.2] * len(panels), [3.2], handles=handles, title=f"Numerical solvers, task {task}")
    for panel, ((*_, arm), rows) in zip(axes[0], panels, strict=True):
        for name in solvers:
            for _, own in rows[rows["solver"] == name].groupby(["model_digest", "seed", "machine"], sort=False):
                panel.step(own["microseconds"], own["share"] * 100, where="post", **_line(name))
        panel.set(title=in_figure(str(arm)), ylim=(0, 102), xlabel="CPU time for one target (µs)")
        plain_log_scale(panel, "x", decades=True)
    axes[0, 0].set_ylabel("solved to 0.1 mm (%)")
    return figure


def _line(name: str) -> dict[str, Any]:
    """Ours are thick, black boxes thick and dashed; solvers of one package share a colour and differ in dashes."""
    keys = list(dict.fromkeys(map(_coloured_by, CONTENDERS)))
    colour = colormaps["tab20"]((keys.index(_coloured_by(name)) * 7 % 20) / 19)
    if _module(name) in _OURS:
        return {"color": colour, "linewidth": 2.6, "linestyle": (0, (3, 1)) if _module(name) in _BLACK_BOXES else "-"}
    plainest = min((each for each in CONTENDERS if _module(each) == _module(name)), key=len)
    return {"color": colour, "linewidth": 1.3, "linestyle": "-" if name == plainest else (0, (1, 1))}


def _coloured_by(name: str) -> str:
    """Ours have colours of their own; those of a package, which are in one module, have one together."""
    return name if _module(name) in _OURS else _module(name)


def _module(name: str) -> str:
    return CONTENDERS[name].partition(":")[0]
