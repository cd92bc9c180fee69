"""The machines that trained: seconds of different ones do not compare.

The name of a machine is its processor and four digits of a hash of its hardware and versions; so records of other
machines never change it.
"""

import hashlib
import json
import re

import numpy as np
import pandas as pd

from emssl_bench.records import Record
from emssl_bench.report.section import Text

_EMPTY_WORDS = re.compile(r"\((R|TM|C)\)|\b(CPU|Processor)\b|@.*", re.IGNORECASE)
_LETTERS = 28


def facts(record: Record) -> dict[str, str]:
    """Hardware and versions, which tell machines apart; not the load."""
    return {name: value for name, value in record.machine.items() if name != "load before"}


def digest(record: Record) -> str:
    """The hash of a machine, equal to `machine.digest` on that machine."""
    return hashlib.sha256(json.dumps(facts(record), sort_keys=True).encode()).hexdigest()[:12]


def name(record: Record) -> str:
    """e.g. "AMD EPYC 7763 64-Core (a3f1)"; empty where a record does not know its machine."""
    if not record.machine:
        return ""
    cpu = " ".join(_EMPTY_WORDS.sub(" ", record.machine.get("cpu", "")).split())[:_LETTERS].strip()
    return f"{cpu or 'machine'} ({digest(record)[:4]})"


def trained_on(record: Record) -> str:
    """The name of the machine of a training, and what computed its matrix products: it may halve the time."""
    by = " by oneDNN" if getattr(record.trial.settings, "matmul", "default") == "onednn" else ""
    return f"{name(record)}{by}" if record.machine else ""


def of(group: pd.DataFrame) -> dict[str, str]:
    """The column that names the machines of a row of trials."""
    return {"machines": ", ".join(sorted(set(group["machine"]) - {""}))}


def mean_seconds(group: pd.DataFrame) -> float:
    """The mean training time of trials of one machine; of several there is none."""
    return float(group["fit_seconds"].mean()) if group["machine"].nunique() == 1 else np.nan


def shown_seconds(table: pd.DataFrame, form: str) -> list[str]:
    """Training seconds to print; a dash where a row has none."""
    return list(table["fit_seconds"].map(form.format).replace("nan", "–"))


def warning(table: pd.DataFrame) -> list[Text]:
    """A warning for a table whose trials ran on several machines; empty where they did not."""
    if len({name for text in table["machines"] for name in text.split(", ")} - {""}) < 2:
        return []
    return [
        Text(
            "**These trials ran on several machines; training seconds of different machines do not compare.** "
            "*Trained on* names the machine, and *Measured on* describes it. Rows whose seeds were trained on several "
            "machines, or with matrix products by oneDNN and without, have no mean."
        )
    ]
