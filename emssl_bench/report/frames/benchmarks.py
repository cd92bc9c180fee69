"""The benchmarks that `tox -e bench` measures, as a data frame."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from emssl_bench.exceptions import RecordError, error_line
from emssl_bench.records.timings import BENCHMARKS
from emssl_bench.system.files import read_regular

LARGEST = 2**26
"""Bytes of a file that may be one: hundreds of times what ours has."""


def benchmark_timings(folder: Path) -> pd.DataFrame:
    """Every benchmark with its median [s], as a multiple of the quickest of its group, and its machine.

    Empty where the folder holds no file of benchmarks.

    Raises:
        RecordError: the file is not pytest-benchmark's.
    """
    path = folder / BENCHMARKS
    if not path.exists():
        return pd.DataFrame()
    try:
        content = json.loads(read_regular(path, LARGEST))
        rows = [
            (b["group"], b["name"].removeprefix("test_"), float(b["stats"]["median"]), int(b["stats"]["rounds"]))
            for b in content["benchmarks"]
        ]
        measured_on = _measured_on(**content)
    except OSError as error:
        raise RecordError(f"{path} cannot be read ({error.strerror}).") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RecordError(f"{path} is not pytest-benchmark's JSON ({error_line(error)}).") from None
    frame = pd.DataFrame(rows, columns=["group", "name", "median_seconds", "rounds"])
    frame["times_quickest"] = frame["median_seconds"] / frame.groupby("group")["median_seconds"].transform("min")
    frame["measured_on"] = measured_on
    return frame.sort_values(["group", "median_seconds"], ignore_index=True)


def _measured_on(machine_info: dict[str, Any], commit_info: dict[str, Any], **_: Any) -> str:
    """The machine and the commit, in words."""
    cpu, commit = machine_info["cpu"], commit_info.get("id")
    named = f"{cpu.get('brand_raw', machine_info['machine'])}, {cpu['count']} logical cores"
    return f"{named}; commit {commit[:12]}" if commit else named
