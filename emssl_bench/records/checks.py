"""What a record must hold, before anything is made of it.

A hash tells that a file is as it was written, not that what was written is a record: anybody can compute one.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from emssl_bench.records.settings.checks import named, number, text, whole

if TYPE_CHECKING:
    from emssl_bench.records.trial import Record

_TABLES: Mapping[str, Sequence[str]] = {
    "error_quantiles": ("share", "error_cm"),
    "error_map": ("radius_m", "height_m", "positions", "error_mean_cm"),
    "error_voxels": ("x_m", "y_m", "z_m", "targets", "error_mean_cm", "error_p95_cm"),
    "error_by_orientation": (
        *("azimuth_deg", "elevation_deg", "targets"),
        *("error_mean_cm", "angle_mean_deg", "cost_mean_cm"),
    ),
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
    for name, value in (("name", trial.name), ("robot", trial.robot)):
        if not text(value) or not value:
            yield f"its {name} is no line of text"
    if not whole(trial.seed):
        yield "its seed is no whole number"
    if record.status not in ("done", "failed"):
        yield "it has no status"
    if not text(record.commit) or not named(text)(record.machine):
        yield "its machine or commit is no line of text"
    if not isinstance(record.error, str | None):
        yield "its error is no text"
    yield from trial.settings.complaints()
    if record.model is not None and record.model != f"models/{trial.digest}.safetensors":
        yield "its model is not where models are"
    if not named(number)(record.metrics) or not all(map(math.isfinite, record.metrics.values())):
        yield "its metrics are no numbers"
    if not isinstance(record.tables, dict):
        yield "its tables are no dict"
        return
    for columns in (record.curve, *record.tables.values()):
        if not named(lambda column: isinstance(column, list) and all(map(number, column)))(columns):
            yield "a column of its curve or tables is no list of numbers"
            return
        if len({len(column) for column in columns.values()}) > 1:
            yield "its curve or a table has gaps"
    if done:
        lacking = [name for name in trial.settings.metrics if name not in record.metrics]
        lacking += [name for name in trial.settings.columns if not record.curve.get(name)]
        for table in [table for table in _TABLES if table in record.tables]:
            lacking += [f"{table}.{name}" for name in _TABLES[table] if not record.tables[table].get(name)]
        if lacking:
            yield f"it lacks {', '.join(lacking)}"
    if trial.settings.timed and not re.match(r"\d{1,4} ", record.machine.get("cores", "")):
        yield "it does not say how many cores its machine has"
