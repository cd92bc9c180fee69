"""Identification: the errors of a changed arm's parameters, estimated from measurements."""

from collections.abc import Iterator
from functools import partial

import pandas as pd
from matplotlib.figure import Figure as Drawn
from matplotlib.lines import Line2D

from emssl_bench.report.by_task import by_task, own_columns, stem_of
from emssl_bench.report.escaping import in_figure
from emssl_bench.report.figures import style
from emssl_bench.report.figures.changes import UNCHANGED, change_grid, figure_parts
from emssl_bench.report.figures.drawing import drawing, plain_log_scale
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.changes import ARM
from emssl_bench.report.naming import arm_and_range_labels, other_task, without_usual_task
from emssl_bench.report.section import Definitions, Figure, Section, Table, Text
from robots.changes import Change

_WORDS = ("Arm", "Error of", "Change")
_QUANTITIES = {
    "position": "position_error_mm",
    "angle (°)": "angle_error_deg",
    "link offsets": "parameter_error_mm",
}
_FIGURES = (
    ("position_error_mm", "identification_positions", "position error", "Position error after identification"),
    ("angle_error_deg", "identification_angles", "angle error", "Angle error after identification"),
    ("parameter_error_mm", "identification_offsets", "error of link offsets", "Link offset error after identification"),
)
"""Column, stem, label of the axis, caption."""
_ROUNDING = 1e-9
"""Errors below this are none [mm] or [deg]."""
_TERMS = {
    "Position": "The mean error on configurations that were not measured.",
    "Link offsets": "The root mean square error of link parameters. Many sets of parameters reach the same positions "
    "as the identified one; the error is of the set nearest to the true one.",
    "n": "The number of measurements, at random configurations.",
    "Line, band": "In the figures: the mean over seeds, and the range from the best seed to the worst.",
}

_OF_POSES = {"Angle": "The mean angle between the orientations that both arms reach, where poses were measured."}


def section(data: ReportData) -> Section | None:
    """Errors of identified arms against noise and the number of measurements."""
    errors = data.identification_errors
    if errors.empty:
        return None
    tables = [
        Table(
            printed_identification(rows),
            _WORDS,
            without_usual_task(own_columns(rows, errors)),
            stem_of("identification", task),
        )
        for task, rows in by_task(errors)
    ]
    angles = "angle_error_deg" in errors
    units = (
        "In millimetres, and angles in degrees; means over seeds." if angles else "In millimetres, means over seeds."
    )
    terms = {**_TERMS, **(_OF_POSES if angles else {})}
    body = [Text(units), *tables, Definitions(terms), *identification_figures(errors)]
    return Section("Identification of the changed arm", body)


def printed_identification(errors: pd.DataFrame) -> pd.DataFrame:
    """The table as printed: means over seeds of the errors of position, angle and link offsets.

    Args:
        errors: the long form that `frames.identification.identification_errors` makes, of one task.
    """
    rows = []
    errors = errors.assign(arm=arm_and_range_labels(errors))
    many = len(errors[ARM].drop_duplicates()) > 1
    held = {
        quantity: column
        for quantity, column in _QUANTITIES.items()
        if column in errors and errors[column].notna().any()
    }
    for quantity, column in held.items():
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
                    "Not identified": _shown(group[f"nominal_{column}"].mean()),
                    **{f"n = {n}": _shown(mean) for n, mean in means.items()},
                }
            )
    return pd.DataFrame(rows)


def _shown(error: float) -> str:
    """An error to print; digits below a thousandth of a millimetre or a degree mean nothing."""
    return "< 0.001" if error < 0.001 else f"{error:.3f}" if error < 1 else f"{error:.1f}"


def identification_figures(errors: pd.DataFrame) -> Iterator[Figure]:
    """For every arm and task a figure of positions, one of angles where there are any, and one of link offsets."""
    named = errors.assign(arm=arm_and_range_labels(errors))
    for column, name, label, caption in _FIGURES:
        for _, rows in by_task(named):
            rows = own_columns(rows, named)
            if column not in rows:
                continue
            for stem, part in figure_parts(rows, [*ARM, "task"], of_paper_apart=False):
                draw = partial(draw_identification, y=column, label=label)
                yield Figure(without_usual_task(part), draw, f"{name}-{stem}", caption)


@drawing()
def draw_identification(errors: pd.DataFrame, y: str, label: str) -> Drawn:
    """An error of identified arms against the number of measurements, by noise; a panel per change.

    Args:
        errors: rows of one arm of the long form, with the arm's label as `arm`.
        y: its column along the vertical axis [mm], or [deg].
        label: what that is.
    """
    changes = list(errors.groupby("change", sort=False))
    noises = sorted(errors["noise_mm"].unique())
    handles = [Line2D([], [], color=style.of_noise(n), marker="o", label=f"noise {n:g} mm") for n in noises]
    handles.append(Line2D([], [], color=UNCHANGED, linestyle="--", label="not identified"))
    task = other_task(str(errors["task"].iloc[0])) if "task" in errors else ""
    title, unit = f"{in_figure(errors['arm'].iloc[0])}{task}: {label}", "°" if y.endswith("_deg") else "mm"
    panels = [str(change) for change, _ in changes]
    figure, grid = change_grid(panels, handles, title, "measurements", f"{label} ({unit})")
    for axes, (_, shown) in zip(grid, changes, strict=True):
        for noise_mm in sorted(shown["noise_mm"].unique()):
            points, colour = shown[shown["noise_mm"] == noise_mm], style.of_noise(noise_mm)
            of_seeds = points.groupby("measurements")[y].agg(["mean", "min", "max"])
            axes.fill_between(of_seeds.index, of_seeds["min"], of_seeds["max"], color=colour, alpha=0.15, linewidth=0)
            axes.plot(of_seeds.index, of_seeds["mean"], color=colour, marker="o", markersize=4)
        nominal = shown[f"nominal_{y}"].mean()
        if nominal > _ROUNDING:  # links that only grow turn nothing, and a logarithmic axis has no 0
            axes.axhline(nominal, color=UNCHANGED, linestyle="--", linewidth=1)
        plain_log_scale(axes, "x")
        plain_log_scale(axes)
    return figure
