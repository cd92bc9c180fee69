"""The errors of Table II in bold: those that are beyond doubt the smallest of their column."""

import pandas as pd

from emssl_bench.report.frames.accuracy import SETUP
from emssl_bench.report.intervals import ENOUGH_SEEDS
from emssl_bench.report.naming import needs_gradient

RULE = (
    f"A mean over at least {ENOUGH_SEEDS} seeds whose 95 % t interval lies below the intervals of all other methods of "
    "its setup and column. Methods that are given the arm's gradient do not compete."
)


def clear_winners(table: pd.DataFrame) -> list[int]:
    """The labels of the rows of `table` that stand in bold.

    No row does where there is no other method, or where another has too few seeds for an interval.

    Args:
        table: the long form that `frames.accuracy.table_2` makes, by cost where tasks have several errors.
    """
    found = []
    for _, group in table[~table["method"].map(needs_gradient)].groupby([*SETUP, "joint_range_deg"], sort=False):
        in_order = group.sort_values("error_mean_cm")
        others = in_order.iloc[1:]
        # The bounds of a missing interval are not numbers, which nothing is greater than.
        if len(others) and (others["error_mean_low_cm"] > in_order["error_mean_high_cm"].iloc[0]).all():
            found.append(in_order.index[0])
    return found
