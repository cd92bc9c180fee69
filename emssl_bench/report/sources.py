"""Where errors come from: what answers do not cover, where branches meet, and the rest."""

import pandas as pd

from emssl_bench.error_sources import SOURCES
from emssl_bench.report.methods import title
from emssl_bench.report.table2 import KEY, SOURCE_METRICS, setup_title


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per row of Table II: of each source its share of the positions and of the mean error [cm].

    Means over those `seeds` whose records have them; empty where none has.
    """
    known = runs.dropna(subset=SOURCE_METRICS)
    means = {name: (name, "mean") for name in ["error_mean_cm", *SOURCE_METRICS]}
    return known.groupby(KEY, sort=False).agg(seeds=("seed", "count"), **means).reset_index()


def headline(sources: pd.DataFrame) -> pd.DataFrame:
    """The table to print.

    Args:
        sources: the long form that `table` makes.
    """
    rows = sources.to_dict("records")
    shown = {
        "Arm and data": [setup_title(row) for row in rows],
        "Range": sources["joint_range_deg"].map("±{:g}°".format),
        "Method": [title(row["method"], row["variant"]) for row in rows],
        "Seeds": sources["seeds"],
        "Mean (cm)": sources["error_mean_cm"].map("{:.2f}".format),
    }
    for source, words in zip(SOURCES, ("Not covered", "Branches meet", "Rest"), strict=True):
        shown[words] = sources[f"{source}_share"].map("{:.1%}".format)
        shown[f"{words} (cm)"] = sources[f"{source}_error_cm"].map("{:.2f}".format)
    return pd.DataFrame(shown)
