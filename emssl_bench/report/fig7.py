"""Fig. 7: sampling time against inference batch size and against the number of forward-model processes."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from emssl_bench import paper
from emssl_bench.report import arm_names
from emssl_bench.report.axes import PLAIN_NUMBERS, plain_log_scale
from emssl_bench.report.escaping import in_figure
from emssl_bench.report.files import drawing
from emssl_bench.report.table3 import SETUP


@drawing()
def draw(sweeps: pd.DataFrame) -> Figure:
    """Two panels per arm and machine: the median over rounds, with a band from the quickest round to the slowest.

    Args:
        sweeps: the long form that `table3.sweeps` makes.
    """
    setups = list(sweeps.assign(arm=arm_names.labels(sweeps)).groupby(SETUP, sort=False))
    figure, panels = plt.subplots(len(setups), 2, figsize=(9.6, 3.6 * len(setups)), squeeze=False, layout="constrained")
    for (left, right), (_, setup) in zip(panels, setups, strict=True):
        batches, workers = setup[setup["part"] == "batches"], setup[setup["part"] == "workers"]
        for axes, points, panel in ((left, batches, _batches), (right, workers, _workers)):
            if points.empty:  # a measurement of which records are missing
                axes.set_axis_off()
            else:
                panel(axes, points)
    return figure


def _batches(axes: Axes, points: pd.DataFrame) -> None:
    arm, samples, threads = points[["arm", "samples", "threads"]].iloc[0]
    axes.set_xscale("log", base=2)
    plain_log_scale(axes)
    axes.axvline(paper.BEST_BATCH, color="0.4", linestyle=":", label=f"the paper's minimum, {paper.BEST_BATCH}")
    _line(axes, points, "batch")
    axes.xaxis.set_major_formatter(PLAIN_NUMBERS)
    axes.set_xlabel("inference batch size")
    axes.set_title(f"(a) {in_figure(arm)}, {samples:,} samples, {threads} inference threads")


def _workers(axes: Axes, points: pd.DataFrame) -> None:
    arm, batch, cores, machine = points[["arm", "batch", "cores", "machine"]].iloc[0]
    axes.axvline(cores, color="0.4", linestyle=":", label=f"physical cores of machine {machine[:4]}, {cores}")
    _line(axes, points, "processes")
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("forward-model processes")
    axes.set_title(f"(b) {in_figure(arm)}, inference batch {batch}")


def _line(axes: Axes, points: pd.DataFrame, x: str) -> None:
    sns.lineplot(points, x=x, y="seconds", estimator="median", errorbar=("pi", 100), marker="o", ax=axes)
    axes.set_ylabel("seconds to sample")
    axes.legend(frameon=False)
