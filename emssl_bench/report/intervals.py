"""Means over seeds with their intervals."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from emssl_bench.report.tasks import DISTANCE

ENOUGH_SEEDS = 5
"""Fewer seeds are printed one by one, which says more than an interval."""


def interval(values: np.ndarray) -> tuple[float, float]:
    """The 95 % t interval of the mean; its ends are not numbers for a single value.

    For normal values its coverage is exact, however few they are. A bootstrap over five seeds covers the mean in only
    83 of 100 cases.
    """
    from scipy.special import stdtrit  # of scipy.stats, whose import takes half a second, it is all that is needed

    count = len(values)
    if count < 2:
        return (np.nan, np.nan)
    mean, deviation = float(np.mean(values)), float(np.std(values, ddof=1))
    half = float(stdtrit(count - 1, 0.975)) * deviation / count**0.5
    return (mean - half, mean + half)


def over_seeds(errors: np.ndarray, name: str = DISTANCE) -> dict[str, Any]:
    """The columns of a table that tell how seeds spread: the interval of the mean, and every seed's error.

    The ends of the interval are not numbers where there are fewer than `ENOUGH_SEEDS` seeds.

    Args:
        errors: (seeds,), the mean of each.
        name: of the error, with a place for a statistic.
    """
    low, high = interval(errors) if len(errors) >= ENOUGH_SEEDS else (np.nan, np.nan)
    return {
        name.format("mean_low"): low,
        name.format("mean_high"): high,
        name.format("mean_by_seed"): " ".join(f"{error:.6f}" for error in errors),
    }


def shown(error: float) -> str:
    """With two decimals; an error below half of the last has one digit, so that it is not printed as nothing."""
    return f"{error:.2f}" if error >= 0.005 or not error else f"{error:.0e}"


def shown_error(row: Mapping[Any, Any], name: str = DISTANCE) -> str:
    """The mean of an error with its interval or, where seeds are few, with the error of every seed.

    Errors are never negative: the interval is printed from 0 on.
    """
    mean, low = shown(row[name.format("mean")]), row[name.format("mean_low")]
    if not np.isnan(low):
        return f"{mean} [{max(low, 0):.2f}, {row[name.format('mean_high')]:.2f}]"
    seeds = row[name.format("mean_by_seed")].split()
    return mean if len(seeds) == 1 else f"{mean} ({', '.join(f'{float(s):.2f}' for s in seeds)})"
