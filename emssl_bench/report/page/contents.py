"""The data of the page, as JSON: the frames of the tables, in the form that its scripts draw."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from emssl_bench.experiments.evaluation import AZIMUTHS, ELEVATIONS
from emssl_bench.report.frames import ReportData
from emssl_bench.report.page import maps, rows
from emssl_bench.report.page.live import Live
from emssl_bench.report.page.numbers import DECADES, FINEST, t_quantiles
from emssl_bench.report.page.tasks import tasks
from emssl_bench.report.page.trials import COLUMNS, Trials


def contents(data: ReportData, live: Live | None = None) -> dict[str, Any]:
    """Everything that the page's scripts show."""
    trials, of_methods = Trials(data), rows.method_rows(data)
    experiments: dict[str, int] = {}
    for record in data.records:
        experiments[record.trial.experiment] = experiments.get(record.trial.experiment, 0) + 1
    return {
        "experiments": dict(sorted(experiments.items())),
        "columns": COLUMNS,
        "failures": trials.failures,
        "live": live.contents() if live else None,
        "directions": maps.directions(data, trials.pool),
        "maps": maps.maps(data, trials.pool),
        "overArms": list(rows.over_arms(data)),
        "pool": trials.pool.values,
        "rows": [*of_methods, *rows.solver_rows(data)],
        "scale": [FINEST, DECADES, maps.SIDE, AZIMUTHS, ELEVATIONS],
        "tasks": tasks(data),
        "t": t_quantiles(max((row["count"] for row in of_methods), default=1)),
        "trials": trials.accuracy,
    }


def in_columns(rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """The names of all values of some rows, and then the values of each, None for what it does not have."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return [names, *([row.get(name) for name in names] for row in rows)]


def in_script(document: dict[str, Any]) -> str:
    """JSON that holds no end of a script element, nor the beginning of anything else.

    The many rows and trials are in columns, so that names stand once.
    """
    tables = {name: in_columns(document[name]) for name in ("rows", "trials")}
    shown = {**document, **tables}
    text = json.dumps(shown, separators=(",", ":"), ensure_ascii=False, allow_nan=False, sort_keys=True)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
