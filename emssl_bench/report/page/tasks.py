"""What the page says of each task: what its one number is, and which errors and success rates stand beside that."""

from collections.abc import Sequence
from math import nan
from typing import Any

from emssl_bench.experiments.solvers import SUCCESS
from emssl_bench.report.frames import ReportData
from emssl_bench.report.page.numbers import number, text
from emssl_bench.report.tasks import DISTANCE, STATISTICS, bounds_of, has_cost, known, title_of, unit_of
from emssl_bench.tasks import POSITION

_IN_MILLIMETRES = {DISTANCE: "error_{}_mm"}
"""Errors that records of solvers have in another unit."""


def tasks(data: ReportData) -> dict[str, dict[str, Any]]:
    """Every task by its name and settings; `apart` and `rates` are empty where its one number is its only error."""
    found = [*data.table_2["task"], *(data.solver_runs["task"] if len(data.solver_runs) else [])]
    return {text(task): _task(task) for task in sorted(set(map(str, found)))}


def _task(task: str) -> dict[str, Any]:
    errors, of_task = errors_apart(task), known(task)
    return {
        "word": "cost" if errors else "error",
        "targets": "positions" if task == POSITION.name else "targets",
        "meaning": of_task.cost_in_words if of_task and errors else "",
        "apart": [[title_of(error), unit_of(error)] for error in errors],
        "rates": [[rate, bounds_of(task, rate)] for rate in _rates(task)],
    }


def errors_apart(task: str) -> Sequence[str]:
    """The errors that stand beside a task's one number."""
    of_task = known(task)
    if of_task is None or not has_cost(task):
        return []
    return list(dict.fromkeys(error for bounds in of_task.success.values() for error in bounds))


def _rates(task: str) -> Sequence[str]:
    of_task = known(task)
    return list(of_task.success) if of_task and has_cost(task) else []


def beside(row: dict[Any, Any]) -> dict[str, Any]:
    """What a row of Table II has beside its one number; nothing where that is its only error."""
    task = str(row["task"])
    if not has_cost(task):
        return {}
    return {
        "apart": [[number(row.get(error.format(name), nan)) for name in STATISTICS] for error in errors_apart(task)],
        "rates": [number(row.get(f"success_rate_{rate}", nan)) for rate in _rates(task)],
    }


def beside_of_solver(row: dict[Any, Any]) -> dict[str, Any]:
    """The same of a numerical solver; of its success rates, those whose bounds are the task's, too."""
    task, apart = str(row["task"]), []
    if not has_cost(task):
        return {}
    for error in errors_apart(task):
        named, factor = _IN_MILLIMETRES.get(error, error), 0.1 if error in _IN_MILLIMETRES else 1.0
        apart.append([number(row.get(named.format(name), nan) * factor) for name in STATISTICS])
    return {
        "apart": apart,
        "rates": [number(row.get(f"success_rate_{_same(task, rate)}", nan)) for rate in _rates(task)],
    }


def _same(task: str, rate: str) -> str:
    """The success rate of solvers that has the bounds of one of a task's; empty where none has."""
    of_task = known(task)
    centimetres, *others = of_task.success[rate].values() if of_task else [nan]
    return next((name for name, bounds in SUCCESS.items() if bounds == (10 * centimetres, *others)), "")
