"""What a value in a record may be, by kind."""

from collections.abc import Callable
from typing import Any

from robots.changes import Change

LARGEST = 1e15
"""Of any number; beyond it whole numbers are no longer exact as floats."""
LONGEST = 1_000
"""Of any text but the reason of a failure."""
DEEPEST = 3
"""Dicts and lists within settings: a change of an adapting method's widths, say."""

Check = Callable[[Any], bool]


def number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST


def text(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable() and len(value) <= LONGEST


def joint_range(value: Any) -> bool:
    return value == "limits" or (number(value) and 0 < value <= 360)


def change(value: Any) -> bool:
    """Whether it is a change that `Change.parse` knows."""
    try:
        return isinstance(value, str) and bool(Change.parse(value))
    except Exception:
        return False


def one_of(*values: str) -> Check:
    return lambda value: value in values


def several(check: Check) -> Check:
    """A list or tuple of what passes the check."""
    return lambda value: isinstance(value, list | tuple) and all(map(check, value))


def named(check: Check) -> Check:
    """A dict from texts to what passes the check."""
    return lambda value: isinstance(value, dict) and all(text(k) and check(v) for k, v in value.items())


def optional(check: Check) -> Check:
    return lambda value: value is None or check(value)


def plain(value: Any, depth: int = 0) -> bool:
    """Something that can be printed in a table: no text of several lines, nothing infinite, not nested without end."""
    if isinstance(value, dict | list | tuple):
        inside = [*value, *value.values()] if isinstance(value, dict) else value
        return depth < DEEPEST and all(plain(each, depth + 1) for each in inside)
    return value is None or isinstance(value, bool) or text(value) or number(value)
