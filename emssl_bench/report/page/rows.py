"""The rows of the leaderboard: those of Table II, and the numerical solvers."""

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from emssl_bench import joint_space
from emssl_bench.report.figures import style
from emssl_bench.report.figures.style import Style
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.accuracy import KEY, table_of_runs
from emssl_bench.report.naming import arm_labels, method_ranks, method_title, needs_gradient
from emssl_bench.report.page.commands import command_of
from emssl_bench.report.page.numbers import number, numbers, text
from emssl_bench.report.page.tasks import beside, beside_of_solver, errors_apart
from emssl_bench.report.tasks import by_cost
from emssl_bench.solvers.contenders import CONTENDERS, contender

FLOORS = ("lookup", "babbling", "constrained-dof", "inverted-forward")
"""Methods that learn nothing: what others must do better than."""
NUMBERS = {
    "error": "error_mean_cm",
    "low": "error_mean_low_cm",
    "high": "error_mean_high_cm",
    "best32": "error_best_of_32_cm",
    "median": "error_median_cm",
    "p95": "error_p95_cm",
    "max": "error_max_cm",
    "mm1": "success_rate_1mm",
    "mm5": "success_rate_5mm",
    "cm1": "success_rate_1cm",
    "cm5": "success_rate_5cm",
    "queries": "forward_calls",
    "labels": "labelled_samples",
    "steps": "gradient_steps",
    "othersteps": "other_gradient_steps",
    "seconds": "fit_seconds",
    "iterations": "iterations",
    "paper": "paper_cm",
}
"""Numbers of a row, by their columns in table2.csv."""


def method_rows(data: ReportData) -> list[dict[str, Any]]:
    """One row for every row of `ReportData.table_2`, in its order; `error` is the one number of its task."""
    table = data.table_2
    if table.empty:
        return []
    ranks, answers, shares = method_ranks(table["method"]), _answer_seconds(data), _shares(data)
    runs = dict(iter(by_cost(data.accuracy_runs).groupby(KEY, sort=False)))
    rows, whole = [], table.to_dict("records")
    for label, row, errors in zip(arm_labels(table), by_cost(table).to_dict("records"), whole, strict=True):
        key, method = tuple(row[name] for name in KEY), str(row["method"])
        rows.append(
            {
                **_place(label, row, _data(row)),
                "kind": "floor" if method in FLOORS else "gradient" if needs_gradient(method) else "method",
                "method": text(method),
                "name": text(method_title(method)),
                "variant": text(row["variant"]),
                "rank": ranks[method],
                "look": look(style.of_model(method, row["variant"])),
                "count": row["seeds"],
                **{name: number(row[column]) for name, column in NUMBERS.items()},
                **beside(errors),
                "seeds": [int(seed) for seed in runs[key]["seed"]],
                "errors": numbers(runs[key]["error_mean_cm"]),
                "machines": text(row["machines"]),
                "answer": number(runs[key]["digest"].map(answers).median()),
                "shares": shares.get(key),
                "command": command_of(runs[key]),
            }
        )
    return rows


def solver_rows(data: ReportData) -> list[dict[str, Any]]:
    """One row for every numerical solver and set of targets that it has answered."""
    runs = data.solver_runs
    if runs.empty:
        return []
    runs = runs[(runs["answered_targets"] > 0) & (runs["solver"] != "learned")]
    rows = []
    for label, row in zip(arm_labels(runs), runs.to_dict("records"), strict=True):
        name = str(row["solver"])
        title = contender(name).title if name in CONTENDERS else name
        rows.append(
            {
                **_place(label, row, f"{row['targets']} targets"),
                "kind": "solver",
                "method": text(name),
                "name": text(title),
                "variant": text(method_title(row["model"])) if row["model"] else "",
                "rank": 1000 + list(CONTENDERS).index(name) if name in CONTENDERS else 2000,
                "look": look(style.of_method(f"solver {name}")),
                "count": 1,
                **{ours: _of(row, theirs, 0.1) for ours, theirs in _CENTIMETRES.items()},
                **{ours: _of(row, f"success_rate_{ours[2:]}{ours[:2]}") for ours in ("mm1", "mm5")},
                **{"cm1": _of(row, "success_rate_10mm"), "queries": _of(row, "training_queries")},
                **{"answer": _of(row, "one_seconds_median"), "machines": text(row["machine"])},
                **beside_of_solver(row),
                **{"seeds": [int(row["seed"])], "errors": []},
            }
        )
    return rows


_CENTIMETRES = {"median": "error_median_mm", "p95": "error_p95_mm", "max": "error_max_mm"}


def _of(row: dict[Any, Any], column: str, factor: float = 1.0) -> int | float | None:
    return number(row.get(column, math.nan) * factor)


def _place(label: str, row: dict[Any, Any], of_data: str) -> dict[str, Any]:
    return {
        "arm": text(label),
        "task": text(row["task"]),
        "data": text(of_data),
        "range": joint_space.shown(row["joint_range_deg"]),
    }


def _data(row: dict[Any, Any]) -> str:
    validation = ", validation" if row["evaluated_on"] == "validation" else ""
    return f"{row['train_samples']:,} + {row['test_samples']:,}{validation}"


def _answer_seconds(data: ReportData) -> dict[Any, float]:
    """The CPU seconds of a trained model's answer, by its digest, where solvers were measured."""
    runs = data.solver_runs
    if runs.empty:
        return {}
    alone = runs[(runs["solver"] == "learned") & (runs["answered_targets"] > 0)]
    return alone.groupby("model_digest")["one_seconds_median"].median().to_dict()


def _shares(data: ReportData) -> dict[tuple, list[list[int | float | None]]]:
    """Shares of the targets, the one number that they stay within, and each error apart that they stay within: means
    over seeds, by the row's key."""
    quantiles = table_of_runs(data.accuracy_runs, "error_quantiles")
    if quantiles.empty:
        return {}
    names = [name for name in map(str, quantiles.columns) if name not in (*KEY, "seed", "share")]
    means = quantiles.groupby([*KEY, "share"], sort=False)[names].mean().reset_index()
    found = {}
    for key, group in means.groupby(KEY, sort=False):
        apart = [error.replace("_{}", "") for error in errors_apart(str(group["task"].iloc[0]))]
        found[key] = [numbers(column, 4) for column in (group["share"], by_cost(group)["error_cm"])]
        found[key] += [numbers(group[name], 4) for name in apart if name in group]
    return found


def look(of: Style) -> list[Any]:
    """Colour, marker and dashes."""
    colour = of.colour
    if not colour.startswith("#"):  # a grey of matplotlib's
        colour = "#" + 3 * f"{round(float(colour) * 255):02x}"
    return [colour, of.marker, list(of.dashes[1]) if isinstance(of.dashes, tuple) else []]


def over_arms(data: ReportData) -> Iterator[dict[str, Any]]:
    """The rows of the summary over arms."""
    table: pd.DataFrame = data.over_arms
    for row in table.to_dict("records"):
        yield {
            **{"data": text(_data(row)), "range": joint_space.shown(row["joint_range_deg"]), "task": text(row["task"])},
            **{"method": text(row["method"]), "name": text(method_title(row["method"]))},
            **{"look": look(style.of_method(row["method"])), "floor": row["method"] in FLOORS},
            **{"gradient": needs_gradient(row["method"]), "arms": [text(arm) for arm in row["arms"]]},
            **{"shares": numbers(row["error_share_by_arm"], 4), "seeds": row["seeds"], "rank": number(row["rank"], 4)},
            **{name: number(row[f"{name}_share"], 4) for name in ("iqm", "iqm_low", "iqm_high")},
        }
