"""Fig. 7: sampling time against inference batch size and against the number of forward-model processes."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from emssl_bench import paper
from emssl_bench.report.axes import PLAIN_NUMBERS, plain_log_scale
from emssl_bench.report.table3 import SETUP


def draw(sweeps: pd.DataFrame) -> Figure:
    """Two panels per arm and machine: the median over rounds, with a band from the quickest round to the slowest.

    Args:
        sweeps: the long form that `table3.sweeps` makes.
    """
    setups = list(sweeps.groupby(SETUP, sort=False))
    figure, panels = plt.subplots(len(setups), 2, figsize=(9.6, 3.6 * len(setups)), squeeze=False, layout="constrained")
    for (left, right), (_, setup) in zip(panels, setups, strict=True):
        batches, workers = setup[setup["part"] == "batches"], setup[setup["part"] == "workers"]
        robot, samples, threads, cores = setup[["robot", "samples", "threads", "cores"]].iloc[0]
        _line(left, batches, "batch")
        left.set_xscale("log", base=2)
        left.xaxis.set_major_formatter(PLAIN_NUMBERS)
        plain_log_scale(left)
        left.axvline(paper.BEST_BATCH, color="0.4", linestyle=":", label=f"the paper's minimum, {paper.BEST_BATCH}")
        left.set_xlabel("inference batch size")
        left.set_title(f"(a) {robot}, {samples:,} samples, {threads} inference threads")
        _line(right, workers, "processes")
        right.axvline(cores, color="0.4", linestyle=":", label=f"physical cores of this machine, {cores}")
        right.set_ylim(bottom=0)
        right.xaxis.set_major_locator(MaxNLocator(integer=True))
        right.set_xlabel("forward-model processes")
        right.set_title(f"(b) {robot}, inference batch {workers['batch'].iloc[0]}")
        for panel in (left, right):
            panel.set_ylabel("seconds to sample")
            panel.legend(frameon=False)
    return figure


def _line(panel: Axes, points: pd.DataFrame, x: str) -> None:
    sns.lineplot(points, x=x, y="seconds", estimator="median", errorbar=("pi", 100), marker="o", ax=panel)
