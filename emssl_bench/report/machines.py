"""Which machine trained what: seconds of different machines are not to be compared."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from emssl_bench.records import Record

TRAINED = ("accuracy", "adaptation")
"""Experiments whose records tell of training seconds; sampling is kept apart by machine in its trials."""


def key(record: Record) -> tuple[tuple[str, str], ...]:
    """What tells machines apart: hardware and versions, not how busy they were."""
    return tuple(sorted((name, value) for name, value in record.machine.items() if name != "load before"))


def numbered(records: Sequence[Record]) -> dict[tuple[tuple[str, str], ...], str]:
    """A number for each machine that finished trials of training; empty where that is one machine."""
    keys = sorted({key(r) for r in records if r.trial.experiment in TRAINED and r.status == "done"})
    return {each: str(number) for number, each in enumerate(keys, 1)} if len(keys) > 1 else {}


def of(group: pd.DataFrame) -> dict[str, str]:
    """The column that names the machines of a row of trials; none where all are of one."""
    names = sorted(set(group["machine"]) - {""}, key=int)
    return {"machines": ", ".join(names)} if names else {}


def mean_seconds(group: pd.DataFrame) -> float:
    """The mean training time of trials of one machine; of several there is none."""
    return float(group["fit_seconds"].mean()) if group["machine"].nunique() == 1 else np.nan


def shown_seconds(table: pd.DataFrame, form: str) -> list[str]:
    """Training seconds to print, with their machine's number where there are several."""
    seconds = table["fit_seconds"].map(form.format).replace("nan", "–")
    if "machines" not in table:
        return list(seconds)
    return [f"{each} ({number})" for each, number in zip(seconds, table["machines"], strict=True)]


def warning(table: pd.DataFrame) -> list[str]:
    """What a reader must know of a table whose trials ran on several machines."""
    if "machines" not in table:
        return []
    return [
        "**These trials ran on several machines, and training seconds of different machines are not to be compared.** "
        "In parentheses behind the seconds: the machine's number under *Measured on*. A row whose seeds were trained "
        "on several has no mean."
    ]
