"""Numbers and texts as the page's data hold them."""

import base64
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from emssl_bench.exceptions import one_line

MOST_POINTS = 60
"""Of a curve; of a longer one, points at equal ratios are kept."""
FINEST, DECADES = 1e-4, 9
"""Errors [cm] in maps are 16 bits on a logarithmic scale that begins here."""


def number(value: Any, digits: int = 6) -> int | float | None:
    """As the CSV files have it, to six digits; None for what is not a number."""
    value = float(value)
    if not math.isfinite(value):
        return None
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def numbers(values: Iterable[Any], digits: int = 6) -> list[int | float | None]:
    return [number(value, digits) for value in values]


def text(value: object) -> str:
    """On one line, with nothing in it that cannot be seen."""
    return one_line(str(value))


def thinned(length: int) -> list[int]:
    """The places of a curve's points that the page has, the first and the last among them."""
    if length <= MOST_POINTS:
        return list(range(length))
    return sorted({round(length ** (step / (MOST_POINTS - 1))) - 1 for step in range(MOST_POINTS)})


def packed(*columns: np.ndarray) -> str:
    """Columns of whole numbers below 2^16, one after the other: little-endian, in base 64."""
    together = np.stack(columns).astype("<u2")
    return base64.b64encode(together.tobytes()).decode()


def on_scale(errors_cm: np.ndarray) -> np.ndarray:
    """Errors [cm] as 16 bits, to 0.02 %."""
    share = (np.log10(np.maximum(errors_cm, FINEST)) - math.log10(FINEST)) / DECADES
    return np.rint(np.clip(share, 0, 1) * 65535)


class Pool:
    """Values that many trials share, each held once."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._places: dict[str, int] = {}

    def place(self, value: Any) -> int:
        """Where the value stands among `values`."""
        key = repr(value)
        if key not in self._places:
            self._places[key] = len(self.values)
            self.values.append(value)
        return self._places[key]


def t_quantiles(most: int) -> Sequence[float | None]:
    """The 97.5 % quantiles of Student's t by degrees of freedom, from 1 on: half widths of intervals over seeds."""
    from scipy.special import stdtrit

    return numbers(stdtrit(np.arange(1, max(2, most)), 0.975))
