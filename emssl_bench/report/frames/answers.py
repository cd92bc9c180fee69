"""Many answers as data frames."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from emssl_bench import joint_space
from emssl_bench.experiments.references import ReferenceSettings
from emssl_bench.methods.history import completed
from emssl_bench.records import Record
from emssl_bench.records.settings import AnswersSettings
from emssl_bench.report.frames.variants import with_variants
from emssl_bench.report.naming import method_ranks

SETUP = ["robot", "robot_digest", "task", "reference", "within", "train_samples"]
"""Columns that rows of one table have in common; `reference` is the digest of the reference set."""
KEY = [*SETUP, "joint_range_deg", "method", "variant"]
"""Columns that rows have in common that differ in the seed alone."""
_OF_REFERENCE = ("kind", "count", "configurations", "within_m")
SETS = ("solutions", "reference_solutions", "arms", "reference_arms")
"""Tables of records, of what is drawn."""


def answer_runs(records: Sequence[Record]) -> pd.DataFrame:
    """One row for every model that was measured, with its curve and its drawn sets."""
    rows = []
    for record in records:
        trial, settings = record.trial, record.trial.settings
        if not isinstance(settings, AnswersSettings) or record.status != "done":
            continue
        model, of = settings.model, ReferenceSettings(**settings.reference)
        learned_with = model["hyperparameters"]
        if plugin := model.get("plugin"):
            learned_with = {"plugin code": plugin["code"], **learned_with}
        else:
            learned_with = completed(learned_with, settings.method)
        row: dict[str, Any] = {
            "robot": trial.robot,
            "robot_digest": settings.robot_digest,
            "task": settings.task,
            "reference": of.digest,
            "within": settings.within_share if of.kind == "rejection" else settings.within_deg,
            "train_samples": model["train_samples"],
            "joint_range_deg": settings.joint_range_deg,
            "method": settings.method,
            "variant": "",
            "seed": trial.seed,
            "model_digest": model["digest"],
            **{name: getattr(of, name) for name in _OF_REFERENCE},
            "settings": learned_with,
            "curve": record.curve,
            "tables": record.tables,
        }
        rows.append(row | dict(record.metrics))
    if not rows:
        return pd.DataFrame()
    # Sets of different joint ranges are different sets, and stand in one table all the same.
    runs = with_variants(pd.DataFrame(rows), ["robot", "robot_digest", "task", "train_samples", "method"])
    places = {"method": method_ranks(runs["method"]), "joint_range_deg": joint_space.place}
    return runs.sort_values(
        ["task", "robot", "robot_digest", "train_samples", "joint_range_deg", "reference", "method", "variant", "seed"],
        key=lambda column: column.map(places.get(str(column.name), lambda value: value)),
        kind="stable",
        ignore_index=True,
    )


def answer_curves(runs: pd.DataFrame) -> pd.DataFrame:
    """One row for every model and number of samples.

    Args:
        runs: as `answer_runs` returns them.
    """
    parts = [
        pd.DataFrame(row["curve"]).assign(**{name: row[name] for name in [*KEY, "kind", "seed"]})
        for row in runs.to_dict("records")
    ]
    if not parts:
        return pd.DataFrame()
    curves = pd.concat(parts, ignore_index=True)
    return curves[[*KEY, "kind", "seed", *curves.columns.difference([*KEY, "kind", "seed"], sort=False)]]


def answer_sets(runs: pd.DataFrame, name: str) -> pd.DataFrame:
    """Of the first seed of every row a drawn set of `SETS`, one row a solution or a point.

    Args:
        runs: as `answer_runs` returns them.
        name: of the set.
    """
    first = runs.drop_duplicates(KEY) if len(runs) else runs
    parts = [
        pd.DataFrame(row["tables"][name]).assign(**{each: row[each] for each in [*KEY, "kind"]})
        for row in first.to_dict("records")
        if name in row["tables"]
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
