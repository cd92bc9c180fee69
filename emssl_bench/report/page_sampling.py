"""What report.md says of Table III and Figure 7."""

from collections.abc import Sequence

import pandas as pd

from emssl_bench import paper
from emssl_bench.records import Record
from emssl_bench.report import arm_names, machines, table3
from emssl_bench.report.escaping import in_markdown
from emssl_bench.report.files import markdown


def table(records: Sequence[Record], sampling: pd.DataFrame) -> list[str]:
    """The paragraphs on Table III, one table for each setup."""
    parts = [
        "## Table III: time to sample",
        "Medians of rounds in which the cases took turns, in one process. *No acceleration*: one inference, then one "
        "forward call, for each position. *Kernel* is how PyBullet is called: *usual*, a call a joint, as most code "
        "does; *block*, all joints in one call. *Transport* is what calls of the processes take beyond computing. In "
        "the overlapped row, inference and forward model run at the same time, so that its parts add up to more. "
        f"The paper's machine: {paper.TABLE_III_MACHINE}; it does not say how many samples.",
    ]
    named = sampling.assign(arm=arm_names.labels(sampling))
    for (arm, *_), setup in named.groupby(["arm", *table3.SETUP], sort=False):
        parts += [
            markdown(table3.headline(setup)),
            "{samples:,} wanted positions on {robot}; inference on {threads} torch threads ({device}), "
            "{table_processes} forward-model processes on {cores} physical cores of {machine}; {rounds} rounds.".format(
                **{**setup.iloc[0], "robot": in_markdown(str(arm)), "machine": _machine(records, setup)}
            ),
            *_reading(records, setup),
        ]
    return parts


FIGURE_7 = [
    "## Figure 7: sampling time against batch size and processes",
    "![Sampling time](figures/fig7.png)",
    "The line is the median of the rounds, its band reaches from the quickest to the slowest. The paper finds its "
    f"minimum at a batch of {paper.BEST_BATCH} and at as many threads as there are physical cores.",
]


def _machine(records: Sequence[Record], setup: pd.DataFrame) -> str:
    """The name of the one that a setup was measured on, as *Measured on* has it."""
    digest = setup["machine"].iloc[0]
    of_it = (r for r in records if r.trial.experiment == "sampling" and r.trial.settings["machine"] == digest)
    return in_markdown(machines.name(next(of_it)))


def _reading(records: Sequence[Record], setup: pd.DataFrame) -> list[str]:
    """What a setup's rows say when set against each other, and against what was measured beside them."""
    seconds = dict(zip(setup["method"], setup["seconds"].astype(float), strict=True))
    if not {"none", "both", "both-block-kernel"} <= seconds.keys():
        return []
    none, both, block = seconds["none"], seconds["both"], seconds["both-block-kernel"]
    inferring = dict(zip(setup["method"], setup["inference_seconds"].astype(float), strict=True))
    alone = "parallel-computation-only"
    of_alone = (
        f"- Of the {none - seconds[alone]:.2f} s that parallel computation alone saves, "
        f"{inferring['none'] - inferring[alone]:.2f} s are inference, which is one by one in both rows, but in one go "
        "where forward calls do not come between.\n"
        if alone in seconds and inferring[alone] < inferring["none"]
        else ""
    )
    parts = setup[setup["method"] == "both-block-kernel"].iloc[0]
    inference, forward = float(parts["inference_seconds"]), float(parts["forward_seconds"])
    quickest = min(time for method, time in seconds.items() if method != "torch-chain")
    products, epoch = (table3.beside(records, setup.iloc[0], part) for part in ("bounds", "training"))
    return [
        f"- Of the {none / block:.1f} x, the two strategies together bring {none / both:.1f} x, and the block kernel "
        f"another {both / block:.2f} x.\n{of_alone}"
        f"- The quickest strategy with a simulator takes {quickest / max(inference, forward):.2f} times the larger of "
        f"inference alone ({inference:.2f} s) and forward model alone ({forward:.2f} s) on these cores.\n"
        f"- The matrix products of the inference alone take {products:.2f} s: inference runs at "
        f"{products / inference:.0%} of their rate.\n"
        f"- An epoch of training on these samples took {epoch:.2f} s on the same threads. Of an EMSSL iteration, one "
        f"sampling and ten epochs, sampling is {none / (none + 10 * epoch):.0%} without acceleration and "
        f"{block / (block + 10 * epoch):.1%} with both strategies and the block kernel: the rest is training."
    ]
