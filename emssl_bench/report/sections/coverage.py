"""The errors of models by what their predictions do nearby."""

import pandas as pd

from emssl_bench import joint_space
from emssl_bench.experiments.coverage import COLUMNS, NEIGHBOURS, PLACES
from emssl_bench.report.by_task import by_task, own_columns, stem_of
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.accuracy import KEY, table_of_runs
from emssl_bench.report.naming import method_title, setup_title, targets_of
from emssl_bench.report.section import Definitions, Section, Table, Text
from emssl_bench.report.tasks import by_cost, cost_terms, errors_of, noun_of

_PLACES = ("No prediction near", "Predictions near disagree", "Neither")
"""The names of `PLACES` in the table."""


def section(data: ReportData) -> Section | None:
    """The share of the error where predictions are missing or ambiguous."""
    covered = coverage_by_place(data.accuracy_runs)
    if covered.empty:
        return None
    noun = noun_of(covered)
    return Section(
        "Coverage of the workspace by predictions",
        [
            Text(
                f"The {targets_of(data.table_2)} of a model belong to one of three places each, by its predictions "
                f"for the {noun} that it learned from."
            ),
            *(
                Table(
                    printed_coverage(rows),
                    ("Arm and data", "Method"),
                    own_columns(rows, covered),
                    stem_of("coverage", task),
                )
                for task, rows in by_task(covered)
            ),
            Definitions({**_terms(noun), **_terms_of_cost(covered)}),
            Text(
                "Places are no causes. Where predictions average joint angles of several solutions, they may also "
                "reach elsewhere, so that none is near. Generators are not in the table: their predictions for "
                f"neighbours differ by chance.{_share_of_trials(data.accuracy_runs, covered)}"
            ),
        ],
    )


def _terms(noun: str) -> dict[str, str]:
    uncovered, branching, neither = _PLACES
    return {
        uncovered: "No prediction reaches the neighbourhood; a self-supervised method collects no samples there.",
        branching: "Several predictions reach it, but the mean of their joint angles reaches elsewhere.",
        neither: "The error left is how exactly the network has learned, and all else.",
        "(cm)": f"What the {noun} of a place contribute to the mean error.",
        "Near": f"Within the distance that holds {NEIGHBOURS} of the {noun} learned from; *Near (cm)* is its "
        f"median. It shrinks with more {noun}: only rows of the same arm, data and range compare.",
    }


def _terms_of_cost(covered: pd.DataFrame) -> dict[str, str]:
    """What errors and distances are where targets are more than positions."""
    return {
        name: f"{meaning} Errors in this table are costs there, and what is near is so by orientation, too."
        for name, meaning in cost_terms(covered).items()
    }


def coverage_by_place(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per row of Table II: what `experiments.coverage` measured, and the mean errors.

    Means over those `seeds` whose records have it; empty where none has.
    """
    errors = [error.format("mean") for error in errors_of(runs.columns)]
    covered = table_of_runs(runs, "coverage", also=errors)
    if covered.empty:
        return covered
    more = [name for name in map(str, covered.columns) if name not in (*KEY, "seed", *errors, *COLUMNS)]
    means = {name: (name, "mean") for name in [*errors, *COLUMNS, *more]}
    return covered.groupby(KEY, sort=False).agg(seeds=("seed", "count"), **means).reset_index()


def printed_coverage(covered: pd.DataFrame) -> pd.DataFrame:
    """The table as printed.

    Args:
        covered: the long form that `coverage_by_place` makes.
    """
    covered = by_cost(covered)
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
