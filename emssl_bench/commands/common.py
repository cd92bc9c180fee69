"""What several commands do: where results are reported, on what device networks are trained."""

import sys
from collections.abc import Sequence
from typing import Any

from emssl_bench.errors import MissingDependency

SOME_FAILED = 1


def reported(store, records: Sequence[Any]) -> int:
    """Writes and prints the report after so many new records; the exit code."""
    from emssl_bench import display, report

    console = display.open_console()
    written = report.write(store)
    display.print_tables(store.records(), console)
    console.print("Written: " + ", ".join(str(path) for path in written), highlight=False, soft_wrap=True)
    for record in records:
        if record.model:
            named = f"Model of {display.describe(record.trial)}: {store.folder / record.model}"
            console.print(named, highlight=False, soft_wrap=True)
    failed = [record for record in records if record.status == "failed"]
    if failed:
        print(f"emssl-bench: {len(failed)} of {len(records)} trials failed; the report names them.", file=sys.stderr)
    return SOME_FAILED if failed else 0


def chosen_device(wanted: str) -> str:
    """Where networks are trained, "cpu" or "cuda", for what was asked: auto, cpu or cuda.

    Raises:
        MissingDependency: there is no CUDA device.
    """
    if wanted == "cpu":
        return wanted
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if wanted == "cuda":
        raise MissingDependency("--device cuda needs a CUDA device and a CUDA build of torch; use --device cpu.")
    return "cpu"


def once(values: Sequence[Any]) -> list[Any]:
    """The values, each once, in order."""
    return list(dict.fromkeys(values))
