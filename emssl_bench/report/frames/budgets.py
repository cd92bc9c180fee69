"""Runs of one method that differ in their budget alone, in gradient steps or in training samples, as a data frame."""

import pandas as pd

from emssl_bench.report.frames.accuracy import KEY, SETUP
from emssl_bench.report.frames.variants import DECIDED_BY_BUDGETS, besides_budget
from emssl_bench.report.tasks import errors_of

GROUP = [*(name for name in SETUP if name not in ("train_samples", "test_samples")), "joint_range_deg"]
"""Columns that rows of one panel have in common: all of a setup but its size."""
FEWEST_POINTS = 3
"""Two rows are no curve."""
OF_STEPS = [*GROUP, "method", "settings", "train_samples"]
"""Columns that the points of a line against gradient steps have in common."""
OF_SAMPLES = [*GROUP, "method", "settings", "length"]
"""And of a line against training samples."""


def budget_rows(runs: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """The rows of Table II of every arm, joint range and task in which some method has a curve over budgets.

    They are those with default settings, and those of other settings that have a curve themselves.

    - `settings`: of the method, where they are not its default ones; without those that budgets decide.
    - `length`: those that budgets decide, e.g. "iterations=15, epochs=5".

    Args:
        runs: as `frames.accuracy.accuracy_runs` returns them.
        table: the long form that `frames.accuracy.table_2` makes of them.
    """
    lengths = {
        key: ", ".join(f"{name}={own[name]}" for name in DECIDED_BY_BUDGETS if name in own)
        for key, own in runs.drop_duplicates(KEY).set_index(KEY)["settings"].items()
    }
    ends = [error.format(what) for error in errors_of(table.columns) for what in ("mean", "mean_low", "mean_high")]
    rows = table[[*KEY, "seeds", "gradient_steps", *ends]].assign(
        settings=table["variant"].map(besides_budget),
        length=[lengths[key] for key in table[KEY].itertuples(index=False, name=None)],
    )
    points = pd.concat(
        [
            rows.groupby(OF_STEPS)["gradient_steps"].transform("nunique"),
            rows.groupby(OF_SAMPLES)["train_samples"].transform("nunique"),
        ],
        axis=1,
    )
    points = points.max(axis=1)
    in_panel, of_settings = (
        points.groupby([rows[name] for name in alike]).transform("max") >= FEWEST_POINTS
        for alike in (GROUP, [*GROUP, "method", "settings"])
    )
    return rows[in_panel & ((rows["settings"] == "") | of_settings)].reset_index(drop=True)
