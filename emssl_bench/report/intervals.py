"""Means over seeds with their intervals."""

from typing import Any

import numpy as np

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


def over_seeds(errors_cm: np.ndarray) -> dict[str, Any]:
    """The columns of a table that tell how seeds spread: the interval of the mean, and every seed's error.

    The ends of the interval are not numbers where there are fewer than `ENOUGH_SEEDS` seeds.
    """
    low, high = interval(errors_cm) if len(errors_cm) >= ENOUGH_SEEDS else (np.nan, np.nan)
    return {
        "error_mean_low_cm": low,
        "error_mean_high_cm": high,
        "error_mean_by_seed_cm": " ".join(f"{error:.6f}" for error in errors_cm),
    }


def centimetres(error: float) -> str:
    """With two decimals; an error below half of the last has one digit, so that it is not printed as nothing."""
    return f"{error:.2f}" if error >= 0.005 or not error else f"{error:.0e}"


def shown_error(row: dict[Any, Any]) -> str:
    """The mean error [cm] with its interval or, where seeds are few, with the error of every seed.

    Errors are never negative: the interval is printed from 0 on.
    """
    mean = centimetres(row["error_mean_cm"])
    if not np.isnan(row["error_mean_low_cm"]):
        return f"{mean} [{max(row['error_mean_low_cm'], 0):.2f}, {row['error_mean_high_cm']:.2f}]"
    seeds = row["error_mean_by_seed_cm"].split()
    return mean if len(seeds) == 1 else f"{mean} ({', '.join(f'{float(s):.2f}' for s in seeds)})"
