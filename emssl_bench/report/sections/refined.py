"""Solutions of trained models, raw and refined: each error apart, for tasks that have several."""

from collections.abc import Mapping

import pandas as pd

from emssl_bench import joint_space
from emssl_bench.experiments.solvers import SUCCESS
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.solvers import SETUP
from emssl_bench.report.naming import arm_labels
from emssl_bench.report.section import Definitions, Section, Table, Text
from emssl_bench.report.sections.solvers import microseconds, shares, titles
from emssl_bench.report.tasks import STATISTICS, has_cost

_WORDS = ("Arm", "Range", "Task", "Targets", "Solver")
_ERRORS: Mapping[str, tuple[str, str, float]] = {
    "error_{}_mm": ("Distance", "cm", 0.1),
    "angle_{}_deg": ("Angle", "°", 1.0),
}
"""By their names in records of solvers: title, unit of the table, factor to it."""
_TERMS = {
    "Distance, angle": "Of all answers, also of those outside the joints' limits.",
    "≤": "The share of targets with an answer inside the joints' limits and within both bounds.",
    "One (µs)": "CPU time for one target at a time, from Python: the median.",
}


def section(data: ReportData) -> Section | None:
    """A row for every solver that starts from a trained model."""
    runs = data.solver_runs
    if runs.empty:
        return None
    rows = runs[(runs["model"] != "") & (runs["answered_targets"] > 0) & runs["task"].map(has_cost)]
    if rows.empty:
        return None
    held = [name for name in map(str, rows) if name.startswith(("error_", "angle_", "success_rate_"))]
    frame = rows[[*SETUP, "solver", "model", "model_digest", "seed", *held, "one_seconds_median"]]
    return Section(
        "Trained models, raw and refined",
        [
            Text("The solutions of trained models, and what solvers make of them that go on from there."),
            Table(printed_refined(rows), _WORDS, frame.reset_index(drop=True), "refined"),
            Definitions(_TERMS),
        ],
    )


def printed_refined(rows: pd.DataFrame) -> pd.DataFrame:
    """The table as printed.

    Args:
        rows: of `frames.solvers.solver_runs`.
    """
    return pd.DataFrame(
        {
            "Arm": arm_labels(rows),
            "Range": rows["joint_range_deg"].map(joint_space.shown),
            "Task": rows["task"],
            "Targets": rows["targets"],
            "Solver": titles(rows),
            **{
                f"{title}, {word} ({unit})": (rows[column] * factor).map(_shown)
                for error, (title, unit, factor) in _ERRORS.items()
                for statistic, word in STATISTICS.items()
                if (column := error.format(statistic)) in rows
            },
            **{f"≤ {mm:g} mm, {deg:g}°": shares(rows, f"success_rate_{key}") for key, (mm, deg) in SUCCESS.items()},
            "One (µs)": microseconds(rows, "one_seconds_median"),
        }
    ).reset_index(drop=True)


def _shown(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.2g}" if value < 100 else f"{value:.0f}"
