"""Which machine trained what: seconds of different machines are not to be compared.

A machine is called by its processor and four digits of a hash of its hardware and versions, so that no other machine's
records change its name.
"""

import hashlib
import json
import re

import numpy as np
import pandas as pd

from emssl_bench.records import Record

_EMPTY_WORDS = re.compile(r"\((R|TM|C)\)|\b(CPU|Processor)\b|@.*", re.IGNORECASE)
_LETTERS = 28


def facts(record: Record) -> dict[str, str]:
    """What tells machines apart: hardware and versions, not how busy they were."""
    return {name: value for name, value in record.machine.items() if name != "load before"}


def digest(record: Record) -> str:
    """The one that `machine.digest` gives on that machine."""
    return hashlib.sha256(json.dumps(facts(record), sort_keys=True).encode()).hexdigest()[:12]


def name(record: Record) -> str:
    """e.g. "AMD EPYC 7763 64-Core (a3f1)"; empty where a record does not know its machine."""
    if not record.machine:
        return ""
    cpu = " ".join(_EMPTY_WORDS.sub(" ", record.machine.get("cpu", "")).split())[:_LETTERS].strip()
    return f"{cpu or 'machine'} ({digest(record)[:4]})"


def of(group: pd.DataFrame) -> dict[str, str]:
    """The column that names the machines of a row of trials."""
    return {"machines": ", ".join(sorted(set(group["machine"]) - {""}))}


def mean_seconds(group: pd.DataFrame) -> float:
    """The mean training time of trials of one machine; of several there is none."""
    return float(group["fit_seconds"].mean()) if group["machine"].nunique() == 1 else np.nan


def shown_seconds(table: pd.DataFrame, form: str) -> list[str]:
    """Training seconds to print; a dash where a row has none."""
    return list(table["fit_seconds"].map(form.format).replace("nan", "–"))


def warning(table: pd.DataFrame) -> list[str]:
    """What a reader must know of a table whose trials ran on several machines."""
    if len({name for text in table["machines"] for name in text.split(", ")} - {""}) < 2:
        return []
    return [
        "**These trials ran on several machines, and training seconds of different machines are not to be compared.** "
        "*Trained on* has the machine's name, which *Measured on* explains. A row whose seeds were trained on several "
        "has no mean."
    ]
