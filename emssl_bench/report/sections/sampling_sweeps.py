"""Fig. 7: sampling time against inference batch size and against the number of forward-model processes."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawn
from matplotlib.ticker import MaxNLocator

from emssl_bench import paper
from emssl_bench.report.escaping import in_figure
from emssl_bench.report.figures.drawing import PLAIN_NUMBERS, drawing, plain_log_scale
from emssl_bench.report.figures.grid import grid
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.sampling import SETUP
from emssl_bench.report.naming import arm_labels, other_task, without_usual_task
from emssl_bench.report.section import Definitions, Figure, Section, Text

_COLOUR = "#0173b2"
_OPAQUE = {"facecolor": "white", "edgecolor": "none", "framealpha": 1.0}
"""The look of a legend that lies over the grid."""
_TERMS = {"Line": "The median of the rounds.", "Band": "From the quickest round to the slowest."}


def section(data: ReportData) -> Section | None:
    """Both sweeps on every arm and machine."""
    sweeps = data.sampling_sweeps
    if sweeps.empty:
        return None
    of_paper = (
        f"The paper finds its minimum at a batch of {paper.BEST_BATCH}, and at as many threads as there are physical "
        "cores."
    )
    return Section(
        "Figure 7: sampling time against batch size and processes",
        [Figure(without_usual_task(sweeps), draw_sweeps, "fig7", "Sampling time"), Definitions(_TERMS), Text(of_paper)],
    )


@drawing()
def draw_sweeps(sweeps: pd.DataFrame) -> Drawn:
    """Two panels per arm, machine and task: seconds by batch size, and by processes.

    Args:
        sweeps: the long form that `frames.sampling.sampling_sweeps` makes; without `task` it is of positions.
    """
    named = sweeps.assign(arm=arm_labels(sweeps))
    if "task" in named:
        named["arm"] += named["task"].map(other_task)
    setups = list(named.groupby([name for name in SETUP if name in named], sort=False))
    figure, axes_of = grid([3.85] * 2, [2.7] * len(setups))
    for (left, right), (_, setup) in zip(axes_of, setups, strict=True):
        batches, workers = setup[setup["part"] == "batches"], setup[setup["part"] == "workers"]
        for axes, points, draw_panel in ((left, batches, _draw_batches), (right, workers, _draw_workers)):
            if points.empty:  # records of this sweep are missing
                axes.set_axis_off()
            else:
                draw_panel(axes, points)
    return figure


def _draw_batches(axes: Axes, points: pd.DataFrame) -> None:
    arm, samples, threads = points[["arm", "samples", "threads"]].iloc[0]
    _draw_medians(axes, points, "batch")
    axes.axvline(paper.BEST_BATCH, color="0.4", linestyle=":", label=f"the paper's minimum ({paper.BEST_BATCH})")
    plain_log_scale(axes)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(PLAIN_NUMBERS)
    axes.set_xlabel("inference batch size")
    axes.set_title(f"(a) {in_figure(arm)}, {samples:,} samples, {threads} inference threads")
    axes.legend(loc="lower left", **_OPAQUE)


def _draw_workers(axes: Axes, points: pd.DataFrame) -> None:
    arm, batch, cores, machine = points[["arm", "batch", "cores", "machine"]].iloc[0]
    _draw_medians(axes, points, "processes")
    axes.axvline(cores, color="0.4", linestyle=":", label=f"physical cores ({cores})")
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("forward-model processes")
    axes.set_title(f"(b) {in_figure(arm)}, inference batch {batch}, machine {machine[:4]}")
    axes.legend(loc="lower right", **_OPAQUE)


def _draw_medians(axes: Axes, points: pd.DataFrame, x: str) -> None:
    of_rounds = points.groupby(x)["seconds"].agg(["median", "min", "max"])
    axes.fill_between(of_rounds.index, of_rounds["min"], of_rounds["max"], color=_COLOUR, alpha=0.2, linewidth=0)
    axes.plot(of_rounds.index, of_rounds["median"], color=_COLOUR, marker="o")
    axes.set_ylabel("seconds to sample")
