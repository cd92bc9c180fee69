"""What a record must hold, before anything is made of it.

A hash tells that a file is as it was written, not that what was written is a record: anybody can compute one.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from robots.changes import Change

if TYPE_CHECKING:
    from emssl_bench.records.trial import Record

LARGEST = 1e15
"""Of any number; beyond it whole numbers are no longer exact as floats."""
LONGEST = 1_000
"""Of any text but the reason of a failure."""
DEEPEST = 3
"""Dicts and lists within settings: a change of an adapting method's widths, say."""


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST


def _text(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable() and len(value) <= LONGEST


def _range(value: Any) -> bool:
    return value == "limits" or (_number(value) and 0 < value <= 360)


def _change(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(Change.parse(value))
    except Exception:
        return False


def _one_of(*values: str) -> Callable[[Any], bool]:
    return lambda value: value in values


def _named(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """A dict from texts to what passes the check."""
    return lambda value: isinstance(value, dict) and all(_text(k) and check(v) for k, v in value.items())


def _plain(value: Any, depth: int = 0) -> bool:
    """Something that can be printed in a table: no text of several lines, nothing infinite, not nested without end."""
    if isinstance(value, dict | list):
        inside = [*value, *value.values()] if isinstance(value, dict) else value
        return depth < DEEPEST and all(_plain(each, depth + 1) for each in inside)
    return value is None or isinstance(value, bool) or _text(value) or _number(value)


Checks = Mapping[str, Callable[[Any], bool]]

_RAN_ON: Checks = {"forward": _text, "device": _text, "threads": _whole}
_ARM: Checks = {"robot_digest": _text, "joint_range_deg": _range}
_TRAINED: Checks = {**_ARM, **_RAN_ON, "train_samples": _whole, "test_samples": _whole, "method": _named(_plain)}
_NEEDED: Mapping[str, Checks] = {
    "accuracy": _TRAINED,
    "adaptation": {**_TRAINED, "change": _change, "samples": _whole, "noise_mm": _number},
    "identification": {**_ARM, **_RAN_ON, "change": _change},
    "sampling": {
        **dict.fromkeys(("samples", "threads", "rounds", "table_batch", "table_processes", "batch"), _whole),
        **dict.fromkeys(("robot_digest", "machine", "device", "kernel", "part"), _text),
        "processes": _whole,
    },
}
"""Settings that a trial of an experiment has."""
_OPTIONAL: Checks = {
    "judged_on": _one_of("test", "validation"),
    "wanted": _one_of("reachable", "all"),
    "learner": _text,
    "schedule": _text,
    "base": _text,
    "changed_digest": _text,
    "validation_samples": _whole,
    "adapting": _named(_plain),
    "trained_on": _named(_plain),
    "plugin": lambda value: _named(_text)(value) and "code" in value,
}
_METRICS: Mapping[str, Sequence[str]] = {
    "accuracy": ("error_mean_cm",),
    "adaptation": (
        *("error_mean_cm", "error_unchanged_cm", "error_before_cm", "reached", "iterations"),
        *("forward_calls", "fit_seconds", "gradient_steps"),
    ),
    "identification": ("nominal_position_error_mm", "nominal_parameter_error_mm"),
    "sampling": ("seconds",),
}
_COLUMNS: Mapping[str, Sequence[str]] = {
    "accuracy": ("iteration", "error_mean_cm", "fit_seconds", "forward_calls", "gradient_steps"),
    "adaptation": ("iteration", "error_mean_cm", "forward_calls", "fit_seconds"),
    "identification": ("measurements", "noise_mm", "position_error_mm", "parameter_error_mm"),
    "sampling": ("seconds",),
}
_TABLES: Mapping[str, Sequence[str]] = {
    "error_quantiles": ("share", "error_cm"),
    "error_map": ("radius_m", "height_m", "positions", "error_mean_cm"),
    "coverage": (
        *("near_cm", "uncovered_share", "uncovered_error_cm", "branching_share", "branching_error_cm"),
        *("covered_share", "covered_error_cm"),
    ),
}


def complaint(record: "Record") -> str | None:
    """What is wrong with a record, in words; None where nothing is."""
    return next(_complaints(record), None)


def _complaints(record: "Record") -> Iterator[str]:
    trial, done = record.trial, record.status == "done"
    for name, text in (("experiment", trial.experiment), ("method", trial.method), ("robot", trial.robot)):
        if not _text(text) or not text:
            yield f"its {name} is no line of text"
    if not _whole(trial.seed):
        yield "its seed is no whole number"
    if record.status not in ("done", "failed"):
        yield "it has no status"
    if not _text(record.commit) or not _named(_text)(record.machine):
        yield "its machine or commit is no line of text"
    if not isinstance(record.error, str | None):
        yield "its error is no text"
    if not isinstance(trial.settings, dict):
        yield "its settings are no dict"
        return
    needed = _NEEDED.get(trial.experiment, {})
    for name in [name for name in needed if name not in trial.settings]:
        yield f"its settings lack {name}"
    known = {**_OPTIONAL, **needed}
    for name, value in trial.settings.items():
        if not _text(name) or not known.get(name, _plain)(value):
            yield f"its setting {name[:40]!r} cannot be {str(value)[:40]!r}"
    if record.model is not None and record.model != f"models/{trial.digest}.safetensors":
        yield "its model is not where models are"
    if not _named(_number)(record.metrics) or not all(map(math.isfinite, record.metrics.values())):
        yield "its metrics are no numbers"
    if not isinstance(record.tables, dict):
        yield "its tables are no dict"
        return
    for columns in (record.curve, *record.tables.values()):
        if not _named(lambda column: isinstance(column, list) and all(map(_number, column)))(columns):
            yield "a column of its curve or tables is no list of numbers"
            return
        if len({len(column) for column in columns.values()}) > 1:
            yield "its curve or a table has gaps"
    if done and trial.experiment in _NEEDED:
        lacking = [name for name in _METRICS[trial.experiment] if name not in record.metrics]
        lacking += [name for name in _COLUMNS[trial.experiment] if not record.curve.get(name)]
        for table in [table for table in _TABLES if table in record.tables]:
            lacking += [f"{table}.{name}" for name in _TABLES[table] if not record.tables[table].get(name)]
        if lacking:
            yield f"it lacks {', '.join(lacking)}"
    if trial.experiment == "sampling" and not re.match(r"\d{1,4} ", record.machine.get("cores", "")):
        yield "it does not say how many cores its machine has"
