"""Numbers written as text: plain decimal ones, and nothing else that Python would take for one.

Python's `float` also reads "1_0" (as 10), digits of other alphabets and "infinity". No other reader of a URDF file
does, and in a command line they are slips.
"""

import math
import re

_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[+-]?(?:inf|nan)")
_MOST_DIGITS = 400
"""More than any number needs that a double holds; Python takes time over very many."""


def number(text: str) -> float:
    """The number that a text is; "inf" and "nan" are for the caller's bounds to refuse.

    Raises:
        ValueError: it is none.
    """
    if len(text) > _MOST_DIGITS or not (_NUMBER.fullmatch(text) or _NOT_FINITE.fullmatch(text)):
        raise ValueError(f"no number: {text[:40]!r}")
    return float(text)


def finite_number(text: str) -> float:
    """The finite number that a text is.

    Raises:
        ValueError: it is none.
    """
    value = number(text)
    if not math.isfinite(value):
        raise ValueError(f"not finite: {text[:40]!r}")
    return value


def whole_number(text: str) -> int:
    """The whole number that a text is.

    Raises:
        ValueError: it is none.
    """
    if len(text) > _MOST_DIGITS or not _WHOLE.fullmatch(text):
        raise ValueError(f"no whole number: {text[:40]!r}")
    return int(text)
