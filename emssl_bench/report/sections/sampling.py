"""Table III: sampling time by strategy."""

from collections.abc import Sequence

import pandas as pd

from emssl_bench import paper
from emssl_bench.records import Record
from emssl_bench.records.settings import SamplingSettings
from emssl_bench.report import machines
from emssl_bench.report.escaping import in_markdown
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.sampling import SETUP, STRATEGIES, seconds_beside
from emssl_bench.report.naming import arm_labels, without_usual_task
from emssl_bench.report.section import Bullets, Definitions, Section, Summary, Table
from emssl_bench.tasks import POSITION

_WORDS = ("Arm", "Task", "Machine", "Strategy", "Kernel")
_OF_SEVERAL = ("Setup", "Arm", "Task", "Machine", "Samples", "Device")
"""Columns that are there where several setups were measured."""
_IN_TERMINAL = (*_OF_SEVERAL, "Strategy", "Kernel", "Seconds", "Speed-up", "Paper's speed-up")
_KERNELS = {"usual": "one call per joint"}
"""Words for the kernels of records; others keep the names that they have there."""


def section(data: ReportData) -> Section | None:
    """The times of all strategies, and a reading of them in words."""
    table = data.table_3
    if table.empty:
        return None
    setups = [setup for _, setup in table.assign(arm=arm_labels(table)).groupby(SETUP, sort=False)]
    conditions, readings = [], []
    for number, setup in enumerate(setups, 1):
        name = f"**Setup {number}**: " if len(setups) > 1 else ""
        conditions.append(name + _conditions(data.records, setup))
        readings += [name + reading for reading in _reading(data.records, setup)]
    return Section(
        "Table III: time to sample",
        [
            _as_table(table),
            Bullets(conditions),
            Definitions(_terms("position" if set(table["task"]) == {POSITION.name} else "target")),
            *([Bullets(readings)] if readings else []),
        ],
    )


def _terms(target: str) -> dict[str, str]:
    return {
        "Seconds": "The median of rounds in which the cases took turns, in one process.",
        "No acceleration": f"One inference, then one arm query, for each {target}.",
        "Kernel": "How PyBullet is called: *one call per joint*, as in most code; or *block*, one call for all joints.",
        "Transport": "The time that calls of the processes take beyond computing.",
        "Overlapped": "Inference and forward model run at the same time, so that the parts exceed the total.",
        "Paper": f"Measured on a {paper.TABLE_III_MACHINE}; the paper does not say how many samples.",
    }


def _as_table(table: pd.DataFrame) -> Table:
    printed = printed_sampling(table)
    samples = "" if "Setup" in printed else f", {_targets(table.iloc[0])}"
    summary = Summary(f"Table III: time to sample{samples}", [name for name in _IN_TERMINAL if name in printed])
    return Table(printed, _WORDS, without_usual_task(table), "table3", summary=summary)


def printed_sampling(table: pd.DataFrame) -> pd.DataFrame:
    """Table III as printed: the four strategies of the paper, then ours.

    Args:
        table: the long form that `frames.sampling.table_3` makes.
    """
    setups = table.groupby(SETUP, sort=False).ngroup() + 1
    several = {
        "Setup": setups,
        "Arm": arm_labels(table),
        **({"Task": table["task"]} if table["task"].nunique() > 1 else {}),
        "Samples": table["samples"],
        "Device": table["device"],
        "Machine": table["machine"].str[:4],
    }
    printed = {
        **(several if setups.nunique() > 1 else {}),
        "Strategy": [STRATEGIES.get(name, name) for name in table["strategy"]],
        "Kernel": table["kernel"].replace(_KERNELS),
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


def _conditions(records: Sequence[Record], setup: pd.DataFrame) -> str:
    """The conditions that a setup's cases were measured under, in one sentence."""
    row = setup.iloc[0]
    of_it = (
        r
        for r in records
        if isinstance(r.trial.settings, SamplingSettings) and r.trial.settings.machine == row["machine"]
    )
    return (
        f"{_targets(row, 'target ')} on {in_markdown(row['arm'])}; "
        f"inference on {row['threads']} torch threads ({row['device']}), "
        f"{row['table_processes']} forward-model processes on {row['cores']} physical cores of "
        f"{in_markdown(machines.name(next(of_it)))}; {row['rounds']} rounds."
    )


def _targets(row: pd.Series, kind: str = "") -> str:
    """How many were sampled, and of which kind if they are positions; else of which task."""
    if row["task"] == POSITION.name:
        return f"{row['samples']:,} {kind}positions"
    return f"{row['samples']:,} targets of the task {in_markdown(row['task'])}"


def _reading(records: Sequence[Record], setup: pd.DataFrame) -> list[str]:
    """A comparison of a setup's rows in sentences; empty where one of the rows is missing."""
    seconds = dict(zip(setup["strategy"], setup["seconds"].astype(float), strict=True))
    if not {"none", "both", "both-block-kernel"} <= seconds.keys():
        return []
    none, both, block = seconds["none"], seconds["both"], seconds["both-block-kernel"]
    parts = setup[setup["strategy"] == "both-block-kernel"].iloc[0]
    inference, forward = float(parts["inference_seconds"]), float(parts["forward_seconds"])
    quickest = min(time for strategy, time in seconds.items() if strategy != "torch-chain")
    products, epoch = (seconds_beside(records, setup.iloc[0], part) for part in ("bounds", "training"))
    return [
        f"Of the {none / block:.1f} x, the two strategies together contribute {none / both:.1f} x, and the block "
        f"kernel another {both / block:.2f} x.",
        *_savings_of_inference(setup, seconds),
        f"The quickest strategy with a simulator takes {quickest / max(inference, forward):.2f} times the larger of "
        f"inference alone ({inference:.2f} s) and forward model alone ({forward:.2f} s) on these cores.",
        f"The matrix products of the inference alone take {products:.2f} s: inference runs at "
        f"{products / inference:.0%} of their rate.",
        f"An epoch of training on these samples took {epoch:.2f} s on the same threads. An EMSSL iteration is one "
        f"sampling and ten epochs. Sampling takes {none / (none + 10 * epoch):.0%} of it without acceleration, and "
        f"{block / (block + 10 * epoch):.1%} with both strategies and the block kernel.",
    ]


def _savings_of_inference(setup: pd.DataFrame, seconds: dict[str, float]) -> list[str]:
    """A sentence on what parallel computation alone saves on inference; empty where it saves nothing."""
    alone = "parallel-computation-only"
    inferring = dict(zip(setup["strategy"], setup["inference_seconds"].astype(float), strict=True))
    if alone not in seconds or inferring[alone] >= inferring["none"]:
        return []
    return [
        f"Of the {seconds['none'] - seconds[alone]:.2f} s that parallel computation alone saves, "
        f"{inferring['none'] - inferring[alone]:.2f} s are inference. Both rows infer one by one, but here no arm "
        "queries come between."
    ]
