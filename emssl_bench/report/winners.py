"""Which errors of Table II stand in bold: those that are beyond doubt the smallest of their column."""

import pandas as pd

from emssl_bench.report.intervals import ENOUGH_SEEDS
from emssl_bench.report.methods import needs_gradient
from emssl_bench.report.table2 import SETUP

RULE = (
    f"In bold: a mean over at least {ENOUGH_SEEDS} seeds whose 95 % t interval lies below those of all other methods "
    "in its column and setup, those that are given the arm's gradient aside."
)


def labels(table: pd.DataFrame) -> list[int]:
    """The labels of the rows of `table` to be bold.

    Where a rival has too few seeds for an interval, or there is no rival, nobody wins.

    Args:
        table: the long form that `table2.table` makes.
    """
    found = []
    for _, group in table[~table["method"].map(needs_gradient)].groupby([*SETUP, "joint_range_deg"], sort=False):
        in_order = group.sort_values("error_mean_cm")
        rivals = in_order.iloc[1:]
        # No interval is not a number, which nothing is greater than.
        if len(rivals) and (rivals["error_mean_low_cm"] > in_order["error_mean_high_cm"].iloc[0]).all():
            found.append(in_order.index[0])
    return found
