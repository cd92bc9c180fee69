"""Table III and the sweeps of Fig. 7 as data frames."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from emssl_bench import paper
from emssl_bench.records import Record
from emssl_bench.records.settings import SamplingSettings
from emssl_bench.records.timings import MEASURED_TOGETHER
from emssl_bench.tasks import POSITION

SETUP = list(MEASURED_TOGETHER)
_POINT = [*SETUP, "cores", "batch", "processes"]
_SECONDS = ["seconds", "inference_seconds", "forward_seconds", "transport_seconds"]
STRATEGIES = {
    "none": "No acceleration",
    "batch-inference-only": "Batch inference only",
    "parallel-computation-only": "Parallel computation only",
    "both": "Both",
    "both-block-kernel": "Both, block kernel",
    "overlapped-block-kernel": "Both, overlapped, block kernel",
    "torch-chain": "Torch chain, no simulator",
}
"""Titles of the rows, in the order of the paper's table and then ours."""


def table_3(records: Sequence[Record]) -> pd.DataFrame:
    """Table III in long form: one row per setup and strategy, with its parts [s] and its speed-up.

    A setup is what was measured together: arm, machine, task, samples, batch, processes, threads, rounds, device.
    """
    rows = _timings(records, "table3")
    if rows.empty:
        return rows
    places = {name: place for place, name in enumerate(STRATEGIES)}
    rows = rows.sort_values(
        [*SETUP, "strategy"],
        key=lambda column: column.map(places).fillna(len(places)) if column.name == "strategy" else column,
        ignore_index=True,
    )
    slowest = rows["seconds"].where(rows["strategy"] == "none").groupby([rows[name] for name in SETUP]).transform("max")
    rows["speed_up"] = slowest / rows["seconds"]
    rows["samples_per_second"] = rows["samples"] / rows["seconds"]
    papers = rows["strategy"].map(paper.TABLE_III_S).astype(float)
    rows["paper_seconds"] = papers.where(rows["task"] == POSITION.name)
    rows["paper_speed_up"] = paper.TABLE_III_S["none"] / rows["paper_seconds"]
    return rows


def sampling_sweeps(records: Sequence[Record]) -> pd.DataFrame:
    """Fig. 7 in long form: one row per point and round."""
    parts = []
    for part in ("batches", "workers"):
        for point in _timings(records, part).to_dict("records"):
            shared = {name: point[name] for name in _POINT}
            parts.append(pd.DataFrame({"part": part, **shared, "seconds": point["seconds_by_round"]}))
    columns = ["part", *_POINT, "seconds"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def seconds_beside(records: Sequence[Record], setup: pd.Series, part: str) -> float:
    """Seconds of what was measured with a setup's strategies, "training" or "bounds"; not a number if nothing was."""
    rows = _timings(records, part)
    if rows.empty:
        return np.nan
    same = (rows[SETUP] == setup[SETUP]).all(axis=1)
    return float(rows["seconds"][same].iloc[0]) if same.any() else np.nan


def _timings(records: Sequence[Record], part: str) -> pd.DataFrame:
    """One row for every finished case of a part of the measurement."""
    rows = []
    for record in records:
        trial, settings = record.trial, record.trial.settings
        if not isinstance(settings, SamplingSettings) or record.status != "done" or settings.part != part:
            continue
        rows.append(
            {
                "robot": trial.robot,
                "strategy": settings.strategy,
                "cores": int(record.machine["cores"].split()[0]),
                **{name: getattr(settings, name) for name in (*SETUP[1:], "kernel", "batch", "processes")},
                **{name: record.metrics.get(name, np.nan) for name in _SECONDS},
                "seconds_by_round": record.curve["seconds"],
            }
        )
    return pd.DataFrame(rows)
