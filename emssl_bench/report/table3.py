"""Table III and the sweeps of Fig. 7 as data frames."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from emssl_bench import paper
from emssl_bench.records import Record
from emssl_bench.report import arm_names

SETUP = [
    *("robot", "robot_digest", "machine", "samples", "threads"),
    *("rounds", "device", "table_batch", "table_processes"),
]
"""What was measured side by side has these in common."""
_POINT = [*SETUP, "cores", "batch", "processes"]
_SECONDS = ["seconds", "inference_seconds", "forward_seconds", "transport_seconds"]
TITLES = {
    "none": "No acceleration",
    "batch-inference-only": "Batch inference only",
    "parallel-computation-only": "Parallel computation only",
    "both": "Both",
    "both-block-kernel": "Both, block kernel",
    "overlapped-block-kernel": "Both, overlapped, block kernel",
    "torch-chain": "Torch chain, no simulator",
}
"""Of the rows, in the order of the paper's table and then ours."""


def table(records: Sequence[Record]) -> pd.DataFrame:
    """Table III in long form: one row per setup and strategy, with its split and its speed-up.

    A setup is what was measured side by side: arm, machine, samples, batch, processes, threads, rounds, device.
    """
    rows = _rows(records, "table3")
    if rows.empty:
        return rows
    places = {name: place for place, name in enumerate(TITLES)}
    rows = rows.sort_values(
        [*SETUP, "method"],
        key=lambda column: column.map(places).fillna(len(places)) if column.name == "method" else column,
        ignore_index=True,
    )
    slowest = rows["seconds"].where(rows["method"] == "none").groupby([rows[name] for name in SETUP]).transform("max")
    rows["speed_up"] = slowest / rows["seconds"]
    rows["samples_per_second"] = rows["samples"] / rows["seconds"]
    rows["paper_seconds"] = [paper.TABLE_III_S.get(method, np.nan) for method in rows["method"]]
    rows["paper_speed_up"] = paper.TABLE_III_S["none"] / rows["paper_seconds"]
    return rows


def sweeps(records: Sequence[Record]) -> pd.DataFrame:
    """Fig. 7 in long form: one row per point and round."""
    parts = []
    for part in ("batches", "workers"):
        points = _rows(records, part)
        for _, point in points.iterrows():
            shared = {name: point[name] for name in _POINT}
            parts.append(pd.DataFrame({"part": part, **shared, "seconds": point["seconds_by_round"]}))
    columns = ["part", *_POINT, "seconds"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def beside(records: Sequence[Record], setup: pd.Series, part: str) -> float:
    """Seconds of what was measured beside a setup's strategies, "training" or "bounds"; not a number if nothing."""
    rows = _rows(records, part)
    if rows.empty:
        return np.nan
    same = (rows[SETUP] == setup[SETUP]).all(axis=1)
    return float(rows["seconds"][same].iloc[0]) if same.any() else np.nan


def _rows(records: Sequence[Record], part: str) -> pd.DataFrame:
    rows = []
    for record in records:
        trial = record.trial
        if trial.experiment != "sampling" or record.status != "done" or trial.settings["part"] != part:
            continue
        rows.append(
            {
                "robot": trial.robot,
                "method": trial.method,
                "cores": int(record.machine["cores"].split()[0]),
                **{name: trial.settings[name] for name in (*SETUP[1:], "kernel", "batch", "processes")},
                **{name: record.metrics.get(name, np.nan) for name in _SECONDS},
                "seconds_by_round": record.curve["seconds"],
            }
        )
    return pd.DataFrame(rows)


def headline(table: pd.DataFrame) -> pd.DataFrame:
    """The table to print: the four strategies of the paper, then ours."""
    many = len(table[SETUP].drop_duplicates()) > 1
    printed = {
        **({"Arm": arm_names.labels(table), "Samples": table["samples"], "Device": table["device"]} if many else {}),
        **({"Machine": table["machine"].str[:4]} if table["machine"].nunique() > 1 else {}),
        "Strategy": [TITLES.get(method, method) for method in table["method"]],
        "Kernel": table["kernel"],
        "Batch": table["batch"],
        "Processes": table["processes"].replace(0, 1),
        "Seconds": table["seconds"].map("{:.2f}".format),
        "Speed-up": table["speed_up"].map("{:.1f} x".format),
        "Samples/s": table["samples_per_second"].map("{:,.0f}".format),
        "Inference (s)": table["inference_seconds"].map("{:.2f}".format),
        "Forward (s)": table["forward_seconds"].map("{:.2f}".format),
        "Transport (s)": table["transport_seconds"].map("{:.2f}".format),
        "Paper (s)": table["paper_seconds"].map("{:.2f}".format).replace("nan", ""),
        "Paper's speed-up": table["paper_speed_up"].map("{:.1f} x".format).replace("nan x", ""),
    }
    return pd.DataFrame(printed).astype(str)
