"""The errors of models by what their predictions do nearby."""

import pandas as pd

from emssl_bench import joint_space
from emssl_bench.experiments.coverage import COLUMNS, NEIGHBOURS, PLACES
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.accuracy import KEY, table_of_runs
from emssl_bench.report.naming import method_title, positions_of, setup_title
from emssl_bench.report.section import Definitions, Section, Table, Text

_PLACES = ("No prediction near", "Predictions near disagree", "Neither")
"""The names of `PLACES` in the table."""


def section(data: ReportData) -> Section | None:
    """The share of the error where predictions are missing or ambiguous."""
    covered = coverage_by_place(data.accuracy_runs)
    if covered.empty:
        return None
    table = Table(printed_coverage(covered), ("Arm and data", "Method"), covered, "coverage")
    return Section(
        "Coverage of the workspace by predictions",
        [
            Text(
                f"The {positions_of(data.table_2)} of a model belong to one of three places each, by its predictions "
                "for the positions that it learned from."
            ),
            table,
            Definitions(_terms()),
            Text(
                "Places are no causes. Where predictions average joint angles of several solutions, they may also "
                "reach elsewhere, so that none is near. Generators are not in the table: their predictions for "
                f"neighbours differ by chance.{_share_of_trials(data.accuracy_runs, covered)}"
            ),
        ],
    )


def _terms() -> dict[str, str]:
    uncovered, branching, neither = _PLACES
    return {
        uncovered: "No prediction reaches the neighbourhood; a self-supervised method collects no samples there.",
        branching: "Several predictions reach it, but the mean of their joint angles reaches elsewhere.",
        neither: "The error left is how exactly the network has learned, and all else.",
        "(cm)": "What the positions of a place contribute to the mean error.",
        "Near": f"Within the distance that holds {NEIGHBOURS} of the positions learned from; *Near (cm)* is its "
        "median. It shrinks with more positions: only rows of the same arm, data and range compare.",
    }


def coverage_by_place(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per row of Table II: what `experiments.coverage` measured, and the mean error [cm].

    Means over those `seeds` whose records have it; empty where none has.
    """
    covered = table_of_runs(runs, "coverage", also=["error_mean_cm"])
    if covered.empty:
        return covered
    means = {name: (name, "mean") for name in ["error_mean_cm", *COLUMNS]}
    return covered.groupby(KEY, sort=False).agg(seeds=("seed", "count"), **means).reset_index()


def printed_coverage(covered: pd.DataFrame) -> pd.DataFrame:
    """The table as printed.

    Args:
        covered: the long form that `coverage_by_place` makes.
    """
    rows = covered.to_dict("records")
    shown = {
        "Arm and data": [setup_title(row) for row in rows],
        "Range": covered["joint_range_deg"].map(joint_space.shown),
        "Method": [method_title(row["method"], row["variant"]) for row in rows],
        "Seeds": covered["seeds"],
        "Near (cm)": covered["near_cm"].map("{:.1f}".format),
        "Mean (cm)": covered["error_mean_cm"].map("{:.2f}".format),
    }
    for place, words in zip(PLACES, _PLACES, strict=True):
        shown[words] = covered[f"{place}_share"].map("{:.1%}".format)
        shown[f"{words} (cm)"] = covered[f"{place}_error_cm"].map("{:.2f}".format)
    return pd.DataFrame(shown)


def _share_of_trials(runs: pd.DataFrame, covered: pd.DataFrame) -> str:
    """A sentence on how many trials the table is of, where the records of some lack it."""
    known, possible = covered["seeds"].sum(), runs["error_best_of_32_cm"].isna().sum()
    if known == possible:
        return ""
    return (
        f" The table is of {known} of {possible} trials: the records of the others are from before it was measured, or "
        "their models are not the suite's networks."
    )
