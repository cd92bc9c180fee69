"""Tasks in the words of tables and figures: the errors that they tell apart, and the number that stands for them."""

import re
from collections.abc import Iterable, Mapping

import pandas as pd

from emssl_bench import tasks
from emssl_bench.exceptions import InvalidValue, UnknownName
from emssl_bench.tasks import POSITION, Task

DISTANCE, COST = "error_{}_cm", "cost_{}_cm"
"""Errors by their names in records, with a place for a statistic. A task with several errors also has a cost, the one
number that stands for them."""
STATISTICS = {"mean": "mean", "median": "median", "p95": "95 %", "max": "max"}
"""What records have of every error, and its name in tables."""
_MEAN = re.compile(r"([a-z]+)_mean_([a-z]+)")
_COST = re.compile(r"(^|_)cost_")
_TITLES = {"error": "Distance"}
_UNITS = {"deg": "°"}


def known(text: str) -> Task | None:
    """The task that a record names; None for one that this version does not know, whose records can still be shown."""
    try:
        return tasks.task(text)
    except (UnknownName, InvalidValue):
        return None


def name_of(text: str) -> str:
    """The name of a task without its settings."""
    return text.partition(":")[0]


def errors_of(names: Iterable[object]) -> list[str]:
    """The errors, such as "angle_{}_deg", whose means are among names of metrics or columns: distances first, costs
    last."""
    found = dict.fromkeys(f"{mean[1]}_{{}}_{mean[2]}" for name in names if (mean := _MEAN.fullmatch(str(name))))
    return sorted(found, key=lambda error: (error == COST, error != DISTANCE, error))


def by_cost(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with the cost in the columns of distances, where there is one: for what compares rows or draws them."""
    costs = {_COST.sub(r"\1error_", name): name for name in map(str, frame.columns) if _COST.search(name)}
    return frame.assign(
        **{error: frame[cost].where(frame[cost].notna(), frame[error]) for error, cost in costs.items()}
    )


def title_of(error: str) -> str:
    """e.g. "Angle" of "angle_{}_deg"."""
    kind = error.partition("_{}_")[0]
    return _TITLES.get(kind, kind.capitalize())


def unit_of(error: str) -> str:
    """e.g. "°" of "angle_{}_deg"."""
    unit = error.rpartition("_")[2]
    return _UNITS.get(unit, unit)


def bounds_of(task: str, rate: str) -> str:
    """The bounds of a success rate in words, e.g. "1 mm, 0.57°"; its name, where the task is not known."""
    found = known(task)
    bounds = found.success.get(rate, {}) if found else {}
    return ", ".join(_amount(bound, unit_of(error)) for error, bound in bounds.items()) or rate


def _amount(bound: float, unit: str) -> str:
    if unit == "cm":
        return f"{bound:g} cm" if bound >= 1 else f"{10 * bound:g} mm"
    return f"{bound:g}{unit}" if unit == "°" else f"{bound:g} {unit}"


def has_cost(task: str) -> bool:
    """Whether a task tells several errors apart, so that the number that stands for them has a name of its own."""
    found = known(task)
    return found is not None and found.cost == COST


def measure_of(rows: pd.DataFrame) -> str:
    """What the one number of a target is called: "error", or "cost" where it stands for several errors."""
    return "cost" if any(map(has_cost, rows["task"].unique())) else "error"


def cost_terms(rows: pd.DataFrame) -> Mapping[str, str]:
    """The definition of the cost of the tasks that have one; empty where no row's task has."""
    texts = rows["task"].unique() if len(rows) else []
    words = {text: found.cost_in_words for text in texts if (found := known(text)) and has_cost(text)}
    if not words:
        return {}
    several = len(set(words.values())) > 1
    said = [f"{text}, {meaning}" if several else meaning for text, meaning in words.items()]
    return {
        "Cost": f"What stands for the errors of a target where one number is needed: {'; '.join(dict.fromkeys(said))}."
    }


def noun_of(rows: pd.DataFrame) -> str:
    """What targets are called: positions, where all of them are."""
    return "positions" if set(rows["task"]) <= {POSITION.name} else "targets"
