"""The data of the page, as JSON: the frames of the tables, in the form that its scripts draw."""

import json
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
        "directions": maps.directions(data),
        "maps": maps.maps(data),
        "overArms": list(rows.over_arms(data)),
        "pool": trials.pool.values,
        "rows": [*of_methods, *rows.solver_rows(data)],
        "scale": [FINEST, DECADES, maps.SIDE, AZIMUTHS, ELEVATIONS],
        "tasks": tasks(data),
        "t": t_quantiles(max((row["count"] for row in of_methods), default=1)),
        "trials": trials.accuracy,
    }


def in_script(document: dict[str, Any]) -> str:
    """JSON that holds no end of a script element, nor the beginning of anything else."""
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False, allow_nan=False, sort_keys=True)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
