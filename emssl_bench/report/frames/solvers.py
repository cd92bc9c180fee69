"""The table of solvers as a data frame."""

from collections.abc import Sequence

import pandas as pd

from emssl_bench.experiments.target_sets import TARGET_SETS
from emssl_bench.records import Record
from emssl_bench.records.settings import SolversSettings
from emssl_bench.report import machines
from emssl_bench.solvers.contenders import CONTENDERS

ARM = ["robot", "robot_digest", "joint_range_deg"]
SETUP = [*ARM, "task", "targets"]
_OF_SETTINGS = ("robot_digest", "joint_range_deg", "task", "targets", "solver")


def solver_runs(records: Sequence[Record]) -> pd.DataFrame:
    """One row for every measured solver and set of targets, in the order of the tables.

    `reason` says why a solver cannot solve an arm; its numbers are missing then.
    """
    rows = []
    for record in records:
        trial, settings = record.trial, record.trial.settings
        if not isinstance(settings, SolversSettings) or record.status != "done":
            continue
        rows.append(
            {
                "robot": trial.robot,
                **{name: getattr(settings, name) for name in _OF_SETTINGS},
                "model": settings.model["method"] if settings.model else "",
                "model_digest": settings.model["digest"] if settings.model else "",
                "seed": trial.seed,
                "machine": machines.name(record),
                "reason": record.error or "",
                "answered_targets": record.metrics["targets"],
                **{name: value for name, value in record.metrics.items() if name != "targets"},
            }
        )
    if not rows:
        return pd.DataFrame()
    places = {name: place for place, name in enumerate([*TARGET_SETS, *CONTENDERS])}
    keys = [*SETUP, "solver", "model", "seed", "machine"]
    return pd.DataFrame(rows).sort_values(
        keys, ignore_index=True, key=lambda column: _ordered(column, places), kind="stable"
    )


def _ordered(column: pd.Series, places: dict[str, int]) -> pd.Series:
    if column.name in ("targets", "solver"):
        return column.map(lambda name: places.get(str(name), len(places)))
    return column.map(lambda task: task != "position") if column.name == "task" else column.astype(str)


def solved_curves(records: Sequence[Record]) -> pd.DataFrame:
    """The share of targets solved to 0.1 mm within so many CPU seconds each, a row a point."""
    parts = []
    for record in records:
        settings = record.trial.settings
        if isinstance(settings, SolversSettings) and "solved" in record.tables:
            named = {name: getattr(settings, name) for name in _OF_SETTINGS}
            run = {"model_digest": settings.model["digest"] if settings.model else "", "seed": record.trial.seed}
            own = {"robot": record.trial.robot, **named, **run, "machine": settings.machine}
            parts.append(pd.DataFrame(record.tables["solved"]).assign(**own))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
