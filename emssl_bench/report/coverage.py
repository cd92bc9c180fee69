"""Where models err, by what their answers do near there."""

import pandas as pd

from emssl_bench import joint_space
from emssl_bench.experiments.coverage import COLUMNS, PLACES
from emssl_bench.report.methods import title
from emssl_bench.report.table2 import KEY, setup_title


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per row of Table II: what `coverage` says, and the mean error [cm].

    Means over those `seeds` whose records have it; empty where none has.
    """
    parts = [
        pd.DataFrame(run["tables"]["coverage"]).assign(**{name: run[name] for name in [*KEY, "seed", "error_mean_cm"]})
        for _, run in runs.iterrows()
        if "coverage" in run["tables"]
    ]
    if not parts:
        return pd.DataFrame()
    means = {name: (name, "mean") for name in ["error_mean_cm", *COLUMNS]}
    return pd.concat(parts).groupby(KEY, sort=False).agg(seeds=("seed", "count"), **means).reset_index()


def headline(covered: pd.DataFrame) -> pd.DataFrame:
    """The table to print.

    Args:
        covered: the long form that `table` makes.
    """
    rows = covered.to_dict("records")
    shown = {
        "Arm and data": [setup_title(row) for row in rows],
        "Range": covered["joint_range_deg"].map(joint_space.shown),
        "Method": [title(row["method"], row["variant"]) for row in rows],
        "Seeds": covered["seeds"],
        "Near (cm)": covered["near_cm"].map("{:.1f}".format),
        "Mean (cm)": covered["error_mean_cm"].map("{:.2f}".format),
    }
    for place, words in zip(PLACES, ("No answer near", "Answers near disagree", "Neither"), strict=True):
        shown[words] = covered[f"{place}_share"].map("{:.1%}".format)
        shown[f"{words} (cm)"] = covered[f"{place}_error_cm"].map("{:.2f}".format)
    return pd.DataFrame(shown)
