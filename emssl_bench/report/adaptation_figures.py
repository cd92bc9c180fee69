"""The figures of adaptation, drawn from the records."""

import itertools
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter, MaxNLocator

from emssl_bench.experiments.adaptation import FINE_TUNED, base_method
from emssl_bench.report.approaches import TITLES, arms, names, trained_with
from emssl_bench.report.axes import plain_log_scale
from emssl_bench.report.methods import title
from emssl_bench.report.panels import palette
from emssl_bench.report.table4 import ARM, SETUP
from robots.changes import Change

TRIAL = ["approach", "learner", "variant", "seed", "samples", "measurements", "schedule", "adapting"]
"""What a line is of, in a panel."""
MODEL = ["learner", "variant"]
"""What models have in common that share a marker and a dashed line."""
MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES: tuple[Any, ...] = ("--", ":", "-.", (0, (8, 3)), (0, (3, 1, 1, 1, 1, 1)))
"""One for each of the models; matplotlib's."""


def draw(curves: pd.DataFrame) -> Figure:
    """Error against iteration and against calls on the changed arm: a row of panels per setup and change.

    A line is a trial: its colour is the approach, its marker what learns, and it is broken where adapting has
    settings of its own. A grey line is the mean error of the models that trials of a self-supervised learner start
    from, on the unchanged arm.

    Args:
        curves: the long form that `table4.curves` makes.
    """
    curves = curves.assign(name=names(curves), arm=arms(curves))
    panels = list(curves.groupby([*SETUP, "change"], sort=False))
    colours = dict(zip(TITLES, palette(len(TITLES)), strict=True))
    models = list(curves[MODEL].drop_duplicates().itertuples(index=False, name=None))
    markers = dict(zip(models, itertools.cycle(MARKERS)))
    learners = _self_supervised(curves)[MODEL].drop_duplicates().itertuples(index=False, name=None)
    dashes = dict(zip(learners, itertools.cycle(DASHES)))
    figure, grid = plt.subplots(
        len(panels), 2, figsize=(9.6, 2.9 * len(panels) + 0.6), squeeze=False, layout="constrained"
    )

    def line(of: pd.Series) -> dict[str, Any]:
        broken = (0, (5, 2)) if of["adapting"] else "-"
        looks = {"color": colours[of["approach"]], "marker": markers[of["learner"], of["variant"]], "linestyle": broken}
        return {**looks, "markersize": 4, "linewidth": 1.2}

    for row, (_, shown) in zip(grid, panels, strict=True):
        change = Change.parse(shown["change"].iloc[0]).title
        arm, samples = shown[["arm", "train_samples"]].iloc[0]
        reach = ", within reach" if shown["wanted"].iloc[0] == "reachable" else ""
        for panel, x in zip(row, ("iteration", "forward_calls"), strict=True):
            for _, points in shown.groupby(TRIAL, sort=False):
                points = points[points[x] > 0] if x == "forward_calls" else points  # a logarithmic axis has no 0
                if not points.empty:
                    panel.plot(points[x], points["error_mean_cm"], **line(points.iloc[0]))
            for model, started in _self_supervised(shown).groupby(MODEL, sort=False):
                unchanged_cm = started.drop_duplicates("seed")["curve_unchanged_cm"].mean()
                panel.axhline(unchanged_cm, color="0.4", linestyle=dashes[model], linewidth=1)
            plain_log_scale(panel)
            panel.set_title(f"{change}: {arm}, {samples:,} positions{reach}", fontsize=9)
            validated = shown["validation_samples"].iloc[0]
            panel.set_ylabel(f"mean {'validation' if validated else 'test'} error (cm)")
        row[0].xaxis.set_major_locator(MaxNLocator(integer=True))
        row[0].set_xlabel("iteration of adaptation")
        plain_log_scale(row[1], "x")
        row[1].xaxis.set_major_formatter(EngFormatter(sep=""))
        row[1].set_xlabel("calls on the changed arm, once there are any")
    kinds = curves.assign(adapting="").drop_duplicates("name")
    handles = [Line2D([], [], label=kind["name"], **line(kind)) for _, kind in kinds.iterrows()]
    handles += [
        Line2D([], [], color="0.4", linestyle=dashes[model], label=f"unchanged arm{_whose(model, curves)}")
        for model in dashes
    ]
    if any(curves["adapting"]):
        handles.append(Line2D([], [], color="0.4", linestyle=(0, (5, 2)), label="other settings while adapting"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    return figure


def _self_supervised(curves: pd.DataFrame) -> pd.DataFrame:
    return curves[~curves["approach"].isin(FINE_TUNED)]


def _whose(model: tuple[str, str], curves: pd.DataFrame) -> str:
    """Which models they are, as far as a legend of `curves` must say it."""
    learner, variant = model
    several = len({base_method(*row) for row in curves[["approach", "learner"]].itertuples(index=False)}) > 1
    return (f", {title(learner or 'emssl')}" if several else "") + trained_with(variant)


def draw_identification(found: pd.DataFrame) -> Figure:
    """Position and parameter error of identified arms against the number of measurements, by noise.

    The line is the mean over seeds, its band reaches from the best to the worst.

    Args:
        found: the long form that `identification.table` makes.
    """
    setups = list(found.assign(arm=arms(found)).groupby([*ARM, "arm", "change"], sort=False))
    quantities = {"position_error_mm": "position error (mm)", "parameter_error_mm": "error of link offsets (mm)"}
    figure, grid = plt.subplots(
        len(setups), 2, figsize=(9.6, 2.9 * len(setups) + 0.4), squeeze=False, layout="constrained"
    )
    noises = sorted(found["noise_mm"].unique())
    colours = dict(zip(noises, sns.color_palette("viridis", len(noises)), strict=True))
    for row, ((*_, arm, change), shown) in zip(grid, setups, strict=True):
        for panel, (y, label) in zip(row, quantities.items(), strict=True):
            sns.lineplot(
                shown,
                x="measurements",
                y=y,
                hue="noise_mm",
                palette=colours,
                errorbar=("pi", 100),
                marker="o",
                markersize=4,
                legend=False,
                ax=panel,
            )
            panel.axhline(shown[f"nominal_{y}"].mean(), color="0.4", linestyle="--", linewidth=1)
            plain_log_scale(panel, "x")
            panel.set_yscale("log")
            panel.set_title(f"{Change.parse(str(change)).title}: {arm}")
            panel.set_xlabel("measurements on the changed arm")
            panel.set_ylabel(label)
    handles = [Line2D([], [], color=colours[n], marker="o", label=f"noise {n:g} mm") for n in noises]
    handles.append(Line2D([], [], color="0.4", linestyle="--", label="not identified"))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
    return figure
