"""Identification: the errors of a changed arm's parameters, estimated from measurements."""

from collections.abc import Iterator
from functools import partial

import pandas as pd
from matplotlib.figure import Figure as Drawn
from matplotlib.lines import Line2D

from emssl_bench.report.escaping import in_figure
from emssl_bench.report.figures import style
from emssl_bench.report.figures.changes import UNCHANGED, change_grid, figure_parts
from emssl_bench.report.figures.drawing import drawing, plain_log_scale
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.changes import ARM
from emssl_bench.report.naming import arm_and_range_labels
from emssl_bench.report.section import Definitions, Figure, Section, Table, Text
from robots.changes import Change

_WORDS = ("Arm", "Error of", "Change")
_QUANTITIES = {"position": "position_error_mm", "link offsets": "parameter_error_mm"}
_FIGURES = (
    ("position_error_mm", "identification_positions", "position error", "Position error after identification"),
    ("parameter_error_mm", "identification_offsets", "error of link offsets", "Link offset error after identification"),
)
"""Column, stem, label of the axis, caption."""
_TERMS = {
    "Position": "The mean error on configurations that were not measured.",
    "Link offsets": "The root mean square error of link parameters. Many sets of parameters reach the same positions "
    "as the identified one; the error is of the set nearest to the true one.",
    "n": "The number of measurements, at random configurations.",
    "Line, band": "In the figures: the mean over seeds, and the range from the best seed to the worst.",
}


def section(data: ReportData) -> Section | None:
    """Errors of identified arms against noise and the number of measurements."""
    errors = data.identification_errors
    if errors.empty:
        return None
    table = Table(printed_identification(errors), _WORDS, errors, "identification")
    body = [Text("In millimetres, means over seeds."), table, Definitions(_TERMS), *identification_figures(errors)]
    return Section("Identification of the changed arm", body)


def printed_identification(errors: pd.DataFrame) -> pd.DataFrame:
    """The table as printed: means over seeds of the errors of position and of link offsets [mm].

    Args:
        errors: the long form that `frames.identification.identification_errors` makes.
    """
    rows = []
    errors = errors.assign(arm=arm_and_range_labels(errors))
    many = len(errors[ARM].drop_duplicates()) > 1
    for quantity, column in _QUANTITIES.items():
        for (*_, arm, change, noise_mm), group in errors.groupby([*ARM, "arm", "change", "noise_mm"], sort=False):
            by_seed = group.groupby(["measurements", "seed"])[column].mean()
            means = by_seed.groupby("measurements").mean()
            rows.append(
                {
                    **({"Arm": arm} if many else {}),
                    "Error of": quantity,
                    "Change": Change.parse(str(change)).title,
                    "Noise (mm)": f"{noise_mm:g}",
                    "Seeds": group["seed"].nunique(),
                    "Not identified": _millimetres(group[f"nominal_{column}"].mean()),
                    **{f"n = {n}": _millimetres(mean) for n, mean in means.items()},
                }
            )
    return pd.DataFrame(rows)


def _millimetres(error: float) -> str:
    """An error to print; below a micrometre digits mean nothing."""
    return "< 0.001" if error < 0.001 else f"{error:.3f}" if error < 1 else f"{error:.1f}"


def identification_figures(errors: pd.DataFrame) -> Iterator[Figure]:
    """For every arm a figure of positions and one of link offsets."""
    named = errors.assign(arm=arm_and_range_labels(errors))
    for column, name, label, caption in _FIGURES:
        for stem, part in figure_parts(named, ARM, of_paper_apart=False):
            yield Figure(part, partial(draw_identification, y=column, label=label), f"{name}-{stem}", caption)


@drawing()
def draw_identification(errors: pd.DataFrame, y: str, label: str) -> Drawn:
    """An error of identified arms against the number of measurements, by noise; a panel per change.

    Args:
        errors: rows of one arm of the long form, with the arm's label as `arm`.
        y: its column along the vertical axis [mm].
        label: what that is.
    """
    changes = list(errors.groupby("change", sort=False))
    noises = sorted(errors["noise_mm"].unique())
    handles = [Line2D([], [], color=style.of_noise(n), marker="o", label=f"noise {n:g} mm") for n in noises]
    handles.append(Line2D([], [], color=UNCHANGED, linestyle="--", label="not identified"))
    title = f"{in_figure(errors['arm'].iloc[0])}: {label}"
    figure, grid = change_grid([str(change) for change, _ in changes], handles, title, "measurements", f"{label} (mm)")
    for axes, (_, shown) in zip(grid, changes, strict=True):
        for noise_mm in sorted(shown["noise_mm"].unique()):
            points, colour = shown[shown["noise_mm"] == noise_mm], style.of_noise(noise_mm)
            of_seeds = points.groupby("measurements")[y].agg(["mean", "min", "max"])
            axes.fill_between(of_seeds.index, of_seeds["min"], of_seeds["max"], color=colour, alpha=0.15, linewidth=0)
            axes.plot(of_seeds.index, of_seeds["mean"], color=colour, marker="o", markersize=4)
        axes.axhline(shown[f"nominal_{y}"].mean(), color=UNCHANGED, linestyle="--", linewidth=1)
        plain_log_scale(axes, "x")
        plain_log_scale(axes)
    return figure
