"""Means over seeds, and how far they are to be trusted."""

from typing import Any

import numpy as np
from scipy import stats

ENOUGH_SEEDS = 5
"""Fewer are printed one by one: they say more than an interval over them."""


def interval(values: np.ndarray) -> tuple[float, float]:
    """95 % t interval of the mean; of a single value there is none, and its ends are not numbers.

    Of normal values it covers the mean as often as it says, however few they are. A bootstrap over five seeds
    resamples those five alone, and covers it in 83 of 100 cases.
    """
    count = len(values)
    if count < 2:
        return (np.nan, np.nan)
    mean, deviation = float(np.mean(values)), float(np.std(values, ddof=1))
    half = float(stats.t.ppf(0.975, count - 1)) * deviation / count**0.5
    return (mean - half, mean + half)


def over_seeds(errors_cm: np.ndarray) -> dict[str, Any]:
    """What a table keeps of the seeds' mean errors beside their mean: the interval, and the seeds themselves.

    The interval's ends are not numbers where there are fewer than `ENOUGH_SEEDS`.
    """
    low, high = interval(errors_cm) if len(errors_cm) >= ENOUGH_SEEDS else (np.nan, np.nan)
    return {
        "error_mean_low_cm": low,
        "error_mean_high_cm": high,
        "error_mean_by_seed_cm": " ".join(f"{error:.6f}" for error in errors_cm),
    }


def shown_error(row: dict[Any, Any]) -> str:
    """The mean error [cm] with its interval or, where seeds are few, with every seed's.

    An error is never negative, and what the interval has below 0 is not printed.
    """
    mean = f"{row['error_mean_cm']:.2f}"
    if not np.isnan(row["error_mean_low_cm"]):
        return f"{mean} [{max(row['error_mean_low_cm'], 0):.2f}, {row['error_mean_high_cm']:.2f}]"
    seeds = row["error_mean_by_seed_cm"].split()
    return mean if len(seeds) == 1 else f"{mean} ({', '.join(f'{float(s):.2f}' for s in seeds)})"
