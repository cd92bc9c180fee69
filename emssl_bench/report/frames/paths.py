"""The table of paths as a data frame, and joint angles along the first path of each row."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from emssl_bench.experiments.path_sets import SHAPES
from emssl_bench.records import Record
from emssl_bench.records.settings import PathsSettings
from emssl_bench.records.settings.paths import ALONE, LAST, NEAREST
from emssl_bench.solvers.contenders import CONTENDERS

SETUP = ["robot", "robot_digest", "joint_range_deg", "task", "shape", "count", "step_m", "flip_deg", "seed"]
_ORDERS = {"shape": list(SHAPES), "solver": list(CONTENDERS), "way": [ALONE, LAST, NEAREST]}


def path_runs(records: Sequence[Record]) -> pd.DataFrame:
    """One row for every solver and way of following the paths of a shape, in the order of the tables.

    `reason` says why a solver cannot follow them; its numbers are missing then.
    """
    rows = [{**own, "reason": record.error or "", **record.metrics} for record, own in _done(records)]
    if not rows:
        return pd.DataFrame()
    keys = [*SETUP, "solver", "model", "model_digest", "way", "samples"]
    return pd.DataFrame(rows).sort_values(keys, ignore_index=True, key=_ordered, kind="stable")


def first_paths(records: Sequence[Record]) -> pd.DataFrame:
    """Joint angles along the first path of every row: a row a joint and target."""
    parts = []
    for record, own in _done(records):
        if "first_path" not in record.tables:
            continue
        joints = pd.DataFrame(record.tables["first_path"]).melt("along_cm", var_name="joint", value_name="angle_deg")
        joints["joint"] = joints["joint"].str.extract(r"(\d+)", expand=False).astype(int)
        parts.append(joints.assign(**own, flips_mean=record.metrics["flips_mean"]))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _done(records: Sequence[Record]) -> Iterator[tuple[Record, dict[str, Any]]]:
    """The records of paths, each with what tells its row from others."""
    for record in records:
        settings = record.trial.settings
        if not isinstance(settings, PathsSettings) or record.status != "done":
            continue
        named = {name: getattr(settings, name) for name in (*SETUP[1:-1], "solver", "way", "samples")}
        model = settings.model or {"method": "", "digest": ""}
        own = {"model": model["method"], "model_digest": model["digest"]}
        yield record, {"robot": record.trial.robot, "seed": record.trial.seed, **named, **own}


def _ordered(column: pd.Series) -> pd.Series:
    if column.name in _ORDERS:
        places = {name: place for place, name in enumerate(_ORDERS[str(column.name)])}
        return column.map(lambda name: places.get(str(name), len(places)))
    if column.name == "task":
        return column.map(lambda task: task != "position")
    return column if column.name in ("samples", "count", "seed") else column.astype(str)
