"""The figures of adaptation, drawn from the records."""

import itertools
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from emssl_bench.experiments.adaptation import FINE_TUNED, base_method
from emssl_bench.report.approaches import arms, names, trained_with
from emssl_bench.report.axes import PLAIN_NUMBERS, plain_log_scale
from emssl_bench.report.methods import title
from emssl_bench.report.panels import palette
from emssl_bench.report.table4 import ARM, SETUP
from robots.changes import Change

MODEL = ["learner", "variant"]
"""What the models have in common that a dashed line is of."""
DASHES: tuple[Any, ...] = ("--", ":", "-.", (0, (8, 3)), (0, (3, 1, 1, 1, 1, 1)))
"""One for each of them; matplotlib's."""


def draw(curves: pd.DataFrame) -> Figure:
    """Error against iteration and against calls on the changed arm: a row of panels per setup and change.

    A line is a trial; a dashed line is the mean error of the models that trials of a self-supervised learner start
    from, on the unchanged arm.

    Args:
        curves: the long form that `table4.curves` makes.
    """
    own = ["seed", "samples", "measurements", "schedule", "adapting", "variant"]
    trial = [" ".join(map(str, row)) for row in curves[own].itertuples(index=False)]
    curves = curves.assign(name=names(curves), trial=trial, arm=arms(curves))
    panels = list(curves.groupby([*SETUP, "change"], sort=False))
    approaches = list(dict.fromkeys(curves["name"]))
    colours = dict(zip(approaches, palette(len(approaches)), strict=True))
    models = _self_supervised(curves)[MODEL].drop_duplicates().itertuples(index=False, name=None)
    dashes = dict(zip(models, itertools.cycle(DASHES)))
    figure, grid = plt.subplots(
        len(panels), 2, figsize=(9.6, 2.9 * len(panels) + 0.6), squeeze=False, layout="constrained"
    )
    for row, (_, shown) in zip(grid, panels, strict=True):
        change = Change.parse(shown["change"].iloc[0]).title
        arm, samples = shown[["arm", "train_samples"]].iloc[0]
        reach = ", within reach" if shown["wanted"].iloc[0] == "reachable" else ""
        # A logarithmic axis has no 0: no call yet is drawn at 1.
        points = shown.assign(forward_calls=shown["forward_calls"].clip(lower=1))
        for panel, x in zip(row, ("iteration", "forward_calls"), strict=True):
            sns.lineplot(
                points,
                x=x,
                y="error_mean_cm",
                hue="name",
                palette=colours,
                units="trial",
                estimator=None,
                marker="o",
                markersize=4,
                legend=False,
                ax=panel,
            )
            for model, started in _self_supervised(shown).groupby(MODEL, sort=False):
                unchanged_cm = started.drop_duplicates("seed")["error_unchanged_cm"].mean()
                panel.axhline(unchanged_cm, color="0.4", linestyle=dashes[model], linewidth=1)
            plain_log_scale(panel)
            panel.set_title(f"{change}: {arm}, {samples:,} positions{reach}", fontsize=9)
            panel.set_ylabel("mean error (cm)")
        row[0].xaxis.set_major_locator(MaxNLocator(integer=True))
        row[0].set_xlabel("iteration of adaptation")
        row[1].set_xscale("log")
        row[1].set_xlabel("calls on the changed arm (none: at 1)")
    handles = [Line2D([], [], color=colours[name], marker="o", label=name) for name in approaches]
    handles += [
        Line2D([], [], color="0.4", linestyle=dashes[model], label=f"unchanged arm{_whose(model, curves)}")
        for model in dashes
    ]
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
            panel.set_xscale("log")
            panel.set_yscale("log")
            panel.xaxis.set_major_formatter(PLAIN_NUMBERS)
            panel.set_title(f"{Change.parse(str(change)).title}: {arm}")
            panel.set_xlabel("measurements on the changed arm")
            panel.set_ylabel(label)
    handles = [Line2D([], [], color=colours[n], marker="o", label=f"noise {n:g} mm") for n in noises]
    handles.append(Line2D([], [], color="0.4", linestyle="--", label="not identified"))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
    return figure
