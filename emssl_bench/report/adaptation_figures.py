"""The figures of adaptation, drawn from the records."""

import math
import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter, MaxNLocator

from emssl_bench import joint_space
from emssl_bench.experiments.adaptation import FINE_TUNED, base_method
from emssl_bench.report import style
from emssl_bench.report.approaches import arms, in_paper, names, trained_with
from emssl_bench.report.axes import plain_log_scale
from emssl_bench.report.escaping import in_figure
from emssl_bench.report.files import drawing, write_figure
from emssl_bench.report.methods import title
from emssl_bench.report.table4 import ARM, SETUP
from robots.changes import Change

TRIAL = ["approach", "learner", "variant", "seed", "samples", "measurements", "schedule", "adapting"]
"""What a line is of, in a panel."""
MOST_PANELS = 8
"""Of a figure that is still legible."""
_ACROSS = 4
_BROKEN = (0, (5, 2))
"""The dashes of what adapts with settings of its own, and those of the unchanged arm."""
_UNCHANGED = "0.4"
VIEWS = {"iteration": "iteration of adaptation", "forward_calls": "calls on the changed arm"}
"""What errors are drawn against."""


def write(curves: pd.DataFrame, folder: Path) -> list[Path]:
    """Writes the figures of Table IV: for every setup those of the paper's changes and of others, one a view."""
    written = []
    for x, view in (("iteration", "iterations"), ("forward_calls", "calls")):
        for stem, part in _parts(curves.assign(arm=arms(curves)), SETUP):
            written += write_figure(partial(draw, x=x), part, folder / f"adaptation_{view}-{stem}")
    return written


def write_identification(found: pd.DataFrame, folder: Path) -> list[Path]:
    """Writes the figures of identification: for every arm one of positions and one of link offsets."""
    written = []
    for quantity, name in (("position_error_mm", "positions"), ("parameter_error_mm", "offsets")):
        for stem, part in _parts(found.assign(arm=arms(found)), ARM, of_paper_apart=False):
            written += write_figure(
                partial(draw_identification, y=quantity), part, folder / f"identification_{name}-{stem}"
            )
    return written


def _parts(
    frame: pd.DataFrame, setup: Sequence[str], of_paper_apart: bool = True
) -> Iterator[tuple[str, pd.DataFrame]]:
    """The rows of each figure, with what its file is called: by what it shows, whatever else there is."""
    of_paper = frame["change"].map(lambda text: in_paper(Change.parse(str(text)))) & of_paper_apart
    for key, mine in frame.groupby([*setup, of_paper], sort=False):
        *named, paper = key
        changes = list(mine["change"].unique())
        for first in range(0, len(changes), MOST_PANELS):
            shown = mine[mine["change"].isin(changes[first : first + MOST_PANELS])]
            part = f"-{first // MOST_PANELS + 1}" if first else ""
            kind = ("-paper" if paper else "-beyond") if of_paper_apart else ""
            yield f"{_stem(dict(zip(setup, named, strict=True)))}{kind}{part}", shown


def _stem(setup: dict[str, Any]) -> str:
    """e.g. paper6-6351-90deg-14000-reachable."""
    parts = [setup["robot"], setup["robot_digest"][:4], _range(setup)]
    if "train_samples" in setup:
        parts += [str(setup["train_samples"]), setup["wanted"]]
        parts += [] if setup["validation_samples"] else ["stopped_by_test"]
        parts += [f"noise{setup['noise_mm']:g}mm"] if setup["noise_mm"] else []
    return re.sub(r"[^\w-]", "_", "-".join(parts))  # no dot, behind which the ending of a file would begin


def _range(setup: dict[str, Any]) -> str:
    asked = setup["joint_range_deg"]
    return "limits" if asked == joint_space.LIMITS else f"{asked:g}deg"


@drawing()
def draw(curves: pd.DataFrame, x: str) -> Figure:
    """Error against iterations or against calls on the changed arm, a panel per change.

    A line is a trial: its colour is the approach, its marker what learns, and it is broken where adapting has
    settings of its own. A grey line is the mean error of the models that trials of a self-supervised learner start
    from, on the unchanged arm.

    Args:
        curves: rows of one setup of the long form that `table4.curves` makes, with the arm's name as `arm`.
        x: its column along the horizontal axis, one of `VIEWS`.
    """
    curves = curves.assign(name=names(curves))
    panels = list(curves.groupby([*SETUP, "change"], sort=False))
    figure, grid = _grid(len(panels))
    for axes, (_, shown) in zip(grid, panels, strict=True):
        for _, points in shown.groupby(TRIAL, sort=False):
            points = points[points[x] > 0] if x == "forward_calls" else points  # a logarithmic axis has no 0
            if not points.empty:
                axes.plot(points[x], points["error_mean_cm"], **_line(points.iloc[0]))
        for (learner, variant), started in _self_supervised(shown).groupby(["learner", "variant"], sort=False):
            unchanged_cm = started.drop_duplicates("seed")["curve_unchanged_cm"].mean()
            dashes = _unchanged_dashes(str(learner), str(variant))
            axes.axhline(unchanged_cm, color=_UNCHANGED, linestyle=dashes, linewidth=1)
        plain_log_scale(axes)
        axes.set_title(Change.parse(shown["change"].iloc[0]).title)
        if x == "iteration":
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        else:
            plain_log_scale(axes, "x", decades=True)
            axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    figure.suptitle(_setup_title(curves))
    positions = "validation" if curves["validation_samples"].iloc[0] else "test"
    _label(grid, VIEWS[x], f"mean {positions} error (cm)")
    kinds = curves.assign(adapting="").drop_duplicates("name")
    handles = [Line2D([], [], label=in_figure(kind["name"]), **_line(kind)) for _, kind in kinds.iterrows()]
    for model in _self_supervised(curves)[["learner", "variant"]].drop_duplicates().itertuples(index=False, name=None):
        label = in_figure(f"unchanged arm{_whose(model, curves)}")
        handles.append(Line2D([], [], color=_UNCHANGED, linestyle=_unchanged_dashes(*model), label=label))
    if any(curves["adapting"]):
        handles.append(Line2D([], [], color="0.2", linestyle=_BROKEN, label="other settings while adapting"))
    _add_legend(figure, handles)
    return figure


def _line(of: pd.Series) -> dict[str, Any]:
    """How a trial's line looks; it follows from the trial alone."""
    learns = base_method(of["approach"], of["learner"] or "emssl")
    return {
        "color": style.of_approach(of["approach"]),
        "marker": style.of_model(learns, of["variant"]).marker,
        "linestyle": _BROKEN if of["adapting"] else "-",
        "markersize": 5,
        "linewidth": 1.3,
    }


def _unchanged_dashes(learner: str, variant: str) -> style.Dashes:
    """EMSSL's is a solid line elsewhere, which is no grey line's look here."""
    dashes = style.of_model(learner or "emssl", variant).dashes
    return ":" if dashes == "-" else dashes


def _setup_title(curves: pd.DataFrame) -> str:
    row = curves.iloc[0]
    reach = ", positions within reach" if row["wanted"] == "reachable" else ""
    noise = f", noise {row['noise_mm']:g} mm" if row["noise_mm"] else ""
    return f"{in_figure(row['arm'])}, {row['train_samples']:,} training positions{reach}{noise}"


def _grid(count: int) -> tuple[Figure, list[Any]]:
    """A figure of so many panels, and no more."""
    across = min(count, _ACROSS) if count != 5 else 3
    down = math.ceil(count / across)
    width_in = max(8.0, 2.7 * across + 0.6)
    figure, grid = plt.subplots(down, across, figsize=(width_in, 2.5 * down + 1.5), squeeze=False, layout="constrained")
    for axes in grid.flat[count:]:
        axes.set_axis_off()
    return figure, list(grid.flat[:count])


def _label(grid: list[Any], x: str, y: str) -> None:
    """The panels along the lower and the left edge."""
    for axes in grid:
        place = axes.get_subplotspec()
        if place.is_first_col():
            axes.set_ylabel(y)
        if place.rowspan.stop * place.get_gridspec().ncols + place.colspan.start >= len(grid):  # none is below it
            axes.set_xlabel(x)


def _add_legend(figure: Figure, handles: list[Line2D]) -> None:
    longest = max(len(str(handle.get_label())) for handle in handles)
    columns = max(1, min(len(handles), int(figure.get_figwidth() / (0.075 * longest + 0.7))))
    rows = math.ceil(len(handles) / columns)
    figure.set_figheight(figure.get_figheight() + 0.2 * max(0, rows - 2))  # or it takes the panels' room
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False)


def _self_supervised(curves: pd.DataFrame) -> pd.DataFrame:
    return curves[~curves["approach"].isin(FINE_TUNED)]


def _whose(model: tuple[str, str], curves: pd.DataFrame) -> str:
    """Which models they are, as far as a legend of `curves` must say it."""
    learner, variant = model
    several = len({base_method(*row) for row in curves[["approach", "learner"]].itertuples(index=False)}) > 1
    return (f", {title(learner or 'emssl')}" if several else "") + trained_with(variant)


@drawing()
def draw_identification(found: pd.DataFrame, y: str) -> Figure:
    """An error of identified arms against the number of measurements, by noise; a panel per change.

    The line is the mean over seeds, its band reaches from the best to the worst.

    Args:
        found: rows of one arm of the long form that `identification.table` makes, with the arm's name as `arm`.
        y: its column along the vertical axis, "position_error_mm" or "parameter_error_mm".
    """
    setups = list(found.groupby([*ARM, "change"], sort=False))
    figure, grid = _grid(len(setups))
    for axes, ((*_, change), shown) in zip(grid, setups, strict=True):
        for noise_mm in sorted(shown["noise_mm"].unique()):
            points, colour = shown[shown["noise_mm"] == noise_mm], style.of_noise(noise_mm)
            of_seeds = points.groupby("measurements")[y].agg(["mean", "min", "max"])
            band = {"color": colour, "alpha": 0.15, "linewidth": 0}
            axes.fill_between(of_seeds.index, of_seeds["min"], of_seeds["max"], **band)
            axes.plot(of_seeds.index, of_seeds["mean"], color=colour, marker="o", markersize=4)
        axes.axhline(shown[f"nominal_{y}"].mean(), color=_UNCHANGED, linestyle="--", linewidth=1)
        plain_log_scale(axes, "x")
        plain_log_scale(axes)
        axes.set_title(Change.parse(str(change)).title)
    quantity = "position error" if y == "position_error_mm" else "error of link offsets"
    figure.suptitle(f"{in_figure(found['arm'].iloc[0])}: {quantity}")
    _label(grid, "measurements", f"{quantity} (mm)")
    noises = sorted(found["noise_mm"].unique())
    handles = [Line2D([], [], color=style.of_noise(n), marker="o", label=f"noise {n:g} mm") for n in noises]
    handles.append(Line2D([], [], color=_UNCHANGED, linestyle="--", label="not identified"))
    _add_legend(figure, handles)
    return figure
