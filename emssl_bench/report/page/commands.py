"""The commands that train again what a row of the leaderboard shows."""

import shlex
from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from emssl_bench.exceptions import EmsslBenchError, one_line
from emssl_bench.experiments import accuracy
from emssl_bench.methods import registry
from emssl_bench.report.naming import method_class
from emssl_bench.report.tasks import known, noun_of


def command_of(runs: pd.DataFrame) -> str:
    """The command of the trials of one row, seeds included.

    Data of a size that no budget has are named by a comment: no option asks for them.

    Args:
        runs: the row's, as `frames.accuracy.accuracy_runs` returns them.
    """
    row = runs.iloc[0]
    size = int(row["train_samples"]), int(row["test_samples"])
    budgets = accuracy.budgets(str(row["task"])) if known(str(row["task"])) else {}
    name = next((n for n, each in budgets.items() if (each.train_samples, each.test_samples) == size), "")
    given = {key: value for key, value in row["settings"].items() if key in _names(str(row["method"]), row["settings"])}
    default = _default(str(row["method"]), budgets.get(name), str(row["task"]))
    own = [f"{row['method']}.{key}={_plain(value)}" for key, value in given.items() if default.get(key) != value]
    parts = [
        *("emssl-bench", "run", "--method", row["method"], "--robot", row["robot"]),
        *("--joint-range", str(row["joint_range_deg"]), "--seeds", *_seeds(sorted(runs["seed"]))),
        *(["--budget", name] if name else []),
        *(["--evaluate-on", "validation"] if row["evaluated_on"] == "validation" else []),
        *(["--forward", row["settings"]["forward"]] if row["settings"].get("forward", "bullet") != "bullet" else []),
        *(["--task", row["task"]] if row["task"] != "position" else []),
        *(["--set", *own] if own else []),
    ]
    targets = noun_of(runs)
    comment = "" if name else f"  # with {size[0]:,} training and {size[1]:,} test {targets}, which no budget has"
    return one_line(shlex.join(str(part) for part in parts)) + comment


def _names(method: str, settings: dict) -> set[str]:
    """Which settings are hyperparameters; of a plug-in that is not installed, all that ours do not have."""
    if method_class(method) is None:
        return set(settings) - {"forward", "device", "threads", "matmul", "plugin code"}
    return set(registry.settings_of(method)) & set(settings)


def _default(method: str, budget: accuracy.Budget | None, task: str) -> dict:
    """The settings that a method has with a budget, a task and no option."""
    if method_class(method) is None:
        return {}
    try:
        found = asdict(accuracy.configured(method, budget, task, {}))
    except EmsslBenchError:  # a plug-in that refuses what it is given
        return {}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in found.items()}


def _plain(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _seeds(seeds: Sequence[int]) -> list[str]:
    """Seeds as the option takes them, e.g. 0-4."""
    parts: list[list[int]] = []
    for seed in seeds:
        if parts and seed == parts[-1][-1] + 1:
            parts[-1].append(seed)
        else:
            parts.append([seed])
    return [f"{part[0]}-{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts]
