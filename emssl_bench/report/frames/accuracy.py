"""Table II and the learning curves of Fig. 6 as data frames."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, cast

import numpy as np
import pandas as pd

from emssl_bench import joint_space, paper
from emssl_bench.records import Record
from emssl_bench.records.settings import AccuracySettings
from emssl_bench.report import machines
from emssl_bench.report.frames.variants import own_settings, with_variants
from emssl_bench.report.intervals import over_seeds
from emssl_bench.report.naming import method_ranks
from emssl_bench.report.tasks import DISTANCE, STATISTICS, errors_of
from emssl_bench.tasks import POSITION

SETUP = ["robot", "robot_digest", "train_samples", "test_samples", "evaluated_on", "task"]
"""Columns that runs of one table have in common. `evaluated_on` is "test" or "validation"; the errors of validation are
of the last fifth of the training samples, for choosing settings without looking at the test set."""
KEY = [*SETUP, "joint_range_deg", "method", "variant"]
"""Columns that runs of one row have in common; they differ in the seed alone."""
_METRICS = [
    "error_mean_cm",
    "error_median_cm",
    "error_p95_cm",
    "error_max_cm",
    "error_best_of_32_cm",
    "success_rate_1mm",
    "success_rate_5mm",
    "success_rate_1cm",
    "success_rate_5cm",
    "labelled_samples",
    "forward_calls",
    "gradient_steps",
    "other_gradient_steps",
    "fit_seconds",
]
_MEANS = [*_METRICS, "iterations", "last_quarter_fall"]
"""Columns of a row that are means over its seeds."""
TABLE_2 = [
    *KEY,
    "seeds",
    *_MEANS,
    *("error_mean_low_cm", "error_mean_high_cm", "error_mean_by_seed_cm"),
    *("paper_cm", "paper_train_samples", "paper_iterations"),
    "machines",
]
"""Columns of the paper's table; rows of other tasks have more."""
_BEST = "best_of_32"
_OF_SOME = ("queries_per_solution",)
"""Of solvers that query the arm."""


def accuracy_runs(records: Sequence[Record]) -> pd.DataFrame:
    """One row for every finished accuracy trial: settings, metrics, curve and tables.

    What a task measures besides distances has columns named as in the records, angle_mean_deg for instance.
    """
    done = [each for each in records if isinstance(each.trial.settings, AccuracySettings) and each.status == "done"]
    more, rows = _more(name for record in done for name in record.metrics), []
    for record in done:
        trial, settings = record.trial, record.trial.settings
        assert isinstance(settings, AccuracySettings)
        row: dict[str, Any] = {
            "robot": trial.robot,
            "robot_digest": settings.robot_digest,
            "train_samples": settings.train_samples,
            "test_samples": settings.test_samples,
            "evaluated_on": settings.evaluated_on,
            "task": settings.task,
            "joint_range_deg": settings.joint_range_deg,
            "method": settings.method,
            "variant": "",
            "seed": trial.seed,
            "digest": trial.digest,
            "settings": own_settings(record),
            "curve": record.curve,
            "tables": record.tables,
            "machine": machines.trained_on(record),
        }
        row |= {name: record.metrics.get(name, np.nan) for name in [*_METRICS, *more]}
        row["iterations"] = record.curve["iteration"][-1]
        rows.append(row | {"last_quarter_fall": _last_quarter_fall(record.curve["error_mean_cm"])})
    columns = [*KEY, "seed", "digest", "settings", "curve", "tables", "machine", *_MEANS, *more]
    return _in_order(with_variants(pd.DataFrame(rows, columns=columns), [*SETUP, "method"]))


def _more(names: Iterable[object]) -> list[str]:
    """Names of metrics that `_METRICS` does not have: errors, success rates, and what only some solvers have."""
    held = dict.fromkeys(map(str, names))
    of_errors = [error.format(statistic) for error in errors_of(held) for statistic in (*STATISTICS, _BEST)]
    rates = sorted(name for name in held if name.startswith("success_rate_"))
    return [name for name in (*of_errors, *rates, *_OF_SOME) if name in held and name not in _METRICS]


def _last_quarter_fall(errors: Sequence[float]) -> float:
    """The share of its error that a method lost in the last quarter of its iterations: how far from its end it was."""
    before = -(-3 * len(errors) // 4)  # of 20 iterations the 15th
    return 1 - errors[-1] / errors[before - 1] if len(errors) >= 4 and errors[before - 1] else np.nan


def _in_order(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs sorted: the arm of the paper's numbers first, methods by their ranks."""
    arms = sorted(set(runs["robot"]), key=lambda arm: (arm != paper.OUR_ARM, arm))
    places = {
        "method": method_ranks(runs["method"]),
        "robot": {arm: place for place, arm in enumerate(arms)},
        "joint_range_deg": joint_space.place,
        "task": lambda task: f"{task != POSITION.name:d} {task}",
    }
    return runs.sort_values(
        [*SETUP, "joint_range_deg", "method", "variant", "seed"],
        key=lambda column: column.map(places.get(str(column.name), lambda value: value)),
        kind="stable",
        ignore_index=True,
    )


def table_2(runs: pd.DataFrame) -> pd.DataFrame:
    """Table II in long form, and with it the rows of other tasks: one row per task, arm, budget, joint range, method
    and variant, over its seeds.

    - `error_mean_low_cm`, `error_mean_high_cm`: the 95 % t interval of the mean over at least `ENOUGH_SEEDS` seeds.
    - `error_mean_by_seed_cm`: the error of every seed.
    - `angle_mean_low_deg`, `cost_mean_low_cm` and so on: the same of what else the tasks tell apart.
    - `machines`: those that the row's trials ran on. `fit_seconds` of several machines have no mean.
    - `paper_train_samples`, `paper_iterations`: how `paper_cm` was trained.
    """
    rows, errors, more = [], errors_of(runs.columns), _more(runs.columns)
    for key, group in runs.groupby(KEY, sort=False):
        group = group.sort_values("seed")
        row: dict[str, Any] = dict(zip(KEY, cast(tuple, key), strict=True))
        row["seeds"] = len(group)
        row |= {name: group[name].mean() for name in [*_MEANS, *more]}
        row |= {"fit_seconds": machines.mean_seconds(group), **machines.of(group)}
        for error in errors:
            if group[error.format("mean")].notna().any():
                row |= over_seeds(group[error.format("mean")].to_numpy(), error)
        row["paper_cm"] = paper_cm(row)
        of_paper = not np.isnan(row["paper_cm"])
        row["paper_train_samples"] = paper.TRAINING_POSITIONS if of_paper else np.nan
        row["paper_iterations"] = paper.ITERATIONS if of_paper else np.nan
        rows.append(row)
    spread = [
        error.format(f"mean_{end}") for error in errors if error != DISTANCE for end in ("low", "high", "by_seed")
    ]
    return pd.DataFrame(rows, columns=[*TABLE_2, *more, *spread])


def paper_cm(row: Mapping[Any, Any]) -> float:
    """The paper's error [cm] for a row's method and joint range; not a number where it has none, or no test error.

    The paper's task is the position.
    """
    if row["evaluated_on"] != "test" or row["robot"] != paper.OUR_ARM or row["task"] != POSITION.name:
        return np.nan
    return paper.TABLE_II_CM.get((row["method"], row["joint_range_deg"]), np.nan)


def learning_curves(runs: pd.DataFrame) -> pd.DataFrame:
    """Fig. 6 in long form: one row per trial and iteration."""
    columns = [*KEY, "seed", "iteration", "error_mean_cm", "fit_seconds", "forward_calls", "gradient_steps", "machine"]
    curves = in_long_form(runs, list(runs["curve"]), [*KEY, "seed", "machine"])
    return curves[[*columns, *_more(curves.columns)]] if len(curves) else pd.DataFrame(columns=columns)


def table_of_runs(runs: pd.DataFrame, name: str, also: Sequence[str] = ()) -> pd.DataFrame:
    """A table that accuracy trials carry, such as "error_map", of all runs that have it.

    Args:
        runs: as `accuracy_runs` returns them.
        name: of the table in `Record.tables`; older records lack some.
        also: columns of `runs` that are repeated on every row, besides `KEY` and the seed.

    Returns:
        The rows of all tables in long form; empty where no run has the table.
    """
    having = runs[pd.Series([name in tables for tables in runs["tables"]], runs.index, dtype=bool)]
    return in_long_form(having, [tables[name] for tables in having["tables"]], [*KEY, "seed", *also])


def in_long_form(
    runs: pd.DataFrame, tables: Sequence[Mapping[str, Sequence[float]]], names: Sequence[str]
) -> pd.DataFrame:
    """The rows of all tables below each other, each with its run's values in the columns `names`.

    Args:
        runs: one row a run.
        tables: one a run, columns of equal length by name.
        names: columns of `runs`, which are repeated on every row of a run's table.
    """
    if not len(tables):
        return pd.DataFrame()
    lengths = [len(next(iter(table.values()))) for table in tables]
    columns = dict.fromkeys(column for table in tables for column in table)
    values = {
        column: [*chain.from_iterable(t.get(column, [np.nan] * n) for t, n in zip(tables, lengths, strict=True))]
        for column in columns
    }
    repeated = runs[list(names)].iloc[np.repeat(np.arange(len(runs)), lengths)].reset_index(drop=True)
    return pd.DataFrame(values).assign(**{name: repeated[name] for name in names})
