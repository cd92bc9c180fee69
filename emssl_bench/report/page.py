"""report.md: the tables and figures of a run on one page, with what a reader must know to believe them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from emssl_bench import paper
from emssl_bench.adaptation import StopRule
from emssl_bench.experiments.adaptation import FINE_TUNED, learned_with
from emssl_bench.experiments.adaptation import NAME as ADAPTATION
from emssl_bench.files import write_atomically
from emssl_bench.records import Record, Trial
from emssl_bench.report import benchmarks, identification, intervals, machines, page_accuracy, table3, table4
from emssl_bench.report.accuracy import Accuracy
from emssl_bench.report.approaches import arms
from emssl_bench.report.files import markdown
from robots.changes import Change

LIMITATIONS = f"""\
- **The paper does not name its arm.** Errors in centimetres depend on an arm's size and shape. `paper6` is an
  arm whose shape and scale were chosen so that *direct regression alone* gives the paper's two values for it.
  That is a calibration on one method, not an identification; the other methods were not calibrated, and what
  they give is the result. Beside other arms the paper's centimetres do not stand.
- The paper does not say how much data and training its baselines had, how the forward model of distal
  supervised learning was learned, or what the losses of its CGAN were. Here every method gets the same inverse
  network, the same positions and, unless its settings say otherwise, the same number of gradient steps on that
  network; what each used besides
  (labels, forward calls, steps on other networks) is in the table of details.
- EMSSL and EMSSL plus get no labels; direct regression, distal supervised learning and the CGAN get the joint
  angles of every training position. Distal learning through the exact arm gets no labels either, but the arm's
  exact gradient, which the others do without: it is no rival. It is no bound either, since the squared
  error that it is trained for is not the mean distance that it is judged by.
- The paper gives one number a cell and no spread. Ours are means over the seeds named; with fewer than
  {intervals.ENOUGH_SEEDS} seeds each seed's value is printed, with more the 95 % t interval of the mean over
  seeds, which takes their errors for normal.
- Defaults were chosen on `paper6` at the budget `quick`, on validation data, with one to six seeds and not with the
  same effort for every method (docs/tuning.md has it all). Nothing was tuned for other arms nor,
  two settings of adaptation aside, for more data.
- Training times are those of the machine below with whatever ran beside; they rank nothing.
"""


@dataclass(frozen=True)
class Found:
    """What the records hold, in long form; what they hold nothing of is empty."""

    accuracy: Accuracy
    sampling: pd.DataFrame
    sweeps: pd.DataFrame
    adaptation: pd.DataFrame
    identified: pd.DataFrame
    timings: pd.DataFrame


def write(records: Sequence[Record], found: Found, path: Path) -> Path:
    """Writes the page at `path`; the figures lie in figures/ beside it."""
    parts = [
        "# Learned inverse kinematics: report",
        f"Reproduces the experiments of *{paper.TITLE}* (arXiv {paper.ARXIV}).",
    ]
    if not found.accuracy.table.empty:
        parts += page_accuracy.sections(found.accuracy)
    if not found.sampling.empty:
        parts += _sampling(records, found.sampling)
    if not found.sweeps.empty:
        parts += _FIGURE_7
    if not found.adaptation.empty:
        parts += _adaptation(found.adaptation)
    if not found.identified.empty:
        parts += _identification(found.identified)
    if not found.timings.empty:
        parts += ["## Benchmarks", "Medians, by `tox -e bench`.", markdown(benchmarks.headline(found.timings))]
    parts += _failures(records)
    parts += ["## Known limitations", LIMITATIONS.rstrip(), *_settings(records), *_machines(records)]
    write_atomically(path, ("\n\n".join(parts) + "\n").encode())
    return path


def _failures(records: Sequence[Record]) -> list[str]:
    failed = [record for record in records if record.status == "failed"]
    if not failed:
        return []
    lines = [f"- `{r.trial.label}`: {r.reason}" for r in failed]
    return ["## Failed trials", "They are not in the tables, and running again tries them again.", "\n".join(lines)]


def _sampling(records: Sequence[Record], sampling: pd.DataFrame) -> list[str]:
    parts = [
        "## Table III: time to sample",
        "Medians of rounds in which the cases took turns, in one process. *No acceleration*: one inference, then one "
        "forward call, for each position. *Kernel* is how PyBullet is called: *usual*, a call a joint, as most code "
        "does; *block*, all joints in one call. *Transport* is what calls of the processes take beyond computing. In "
        "the overlapped row, inference and forward model run at the same time, so that its parts add up to more. "
        f"The paper's machine: {paper.TABLE_III_MACHINE}; it does not say how many samples.",
    ]
    for _, setup in sampling.groupby(table3.SETUP, sort=False):
        parts += [
            markdown(table3.headline(setup)),
            "{samples:,} wanted positions on {robot}; inference on {threads} torch threads ({device}), "
            "{table_processes} forward-model processes on {cores} physical cores; {rounds} rounds.".format(
                **setup.iloc[0]
            ),
            *_reading(records, setup),
        ]
    return parts


_FIGURE_7 = [
    "## Figure 7: sampling time against batch size and processes",
    "![Sampling time](figures/fig7.png)",
    "The line is the median of the rounds, its band reaches from the quickest to the slowest. The paper finds its "
    f"minimum at a batch of {paper.BEST_BATCH} and at as many threads as there are physical cores.",
]


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


def _adaptation(adaptation: pd.DataFrame) -> list[str]:
    rule = StopRule(0.0)
    return [
        "## Table IV: fast adaptation",
        markdown(table4.headline(adaptation)),
        *machines.warning(adaptation),
        "The arm changes; the wanted positions stay those of the unchanged arm. *Within reach*: only those test "
        "positions are judged, on both arms, that the changed one can reach within its joint space "
        f"({_reachable_shares(adaptation)}); a search by damped least squares decides. *Unchanged*: the error of the "
        "learned model on the unchanged arm. *Before* and *after*: on the changed one, over the test positions and "
        "seeds; after is the best iteration. *Aligned*: after the affine map that the measurements determine, before "
        "the first iteration. *Iterations*, one value a seed: how many until the error is within "
        f"{rule.within - 1:.0%} of the unchanged arm's; *>n*: ended after n, because {rule.patience} in a row brought "
        "no improvement or it had as many as training had, without getting there. *Calls*: configurations measured on "
        "the changed arm, which are what its owner pays; the harness judges every iteration on the test positions "
        "besides, and they are not counted. *Seconds*: without those in which distal learning learns anew, before the "
        "first iteration, the forward network that is fine-tuned. *Fewer calls*, *fewer steps*: how many times the "
        "calls, and the gradient steps on the inverse network, of training from scratch on the changed arm, with the "
        "settings that the model was trained with and the same rule of ending; *>* where that did not get there; blank "
        "where the approach did not. From scratch the schedule is that of a training, "
        "over all of its iterations, so that it gets there near the last of them or not at all: of settings with fewer "
        "iterations these would be smaller numbers. *Trained with*: what is not the "
        "learner's default, and what differs where trials ran on several things. *EMSSL "
        "in the paper*: on an arm that it does not name, by one of its two approaches, it does not say which. An "
        "adapted model may do better than the unchanged one, where its learning rate ends at 0 and that of the "
        "training did not. Nothing checks that aligning helps: of a poor model, or where arms differ by more than an "
        "affine map can undo, it may do harm, which *Aligned* then shows.",
        "### Error (cm) at the start and after each iteration",
        markdown(table4.by_iteration(adaptation)),
        "Means over seeds; a seed that has ended keeps its last value. The start is before adaptation or, of an "
        "aligned network, once it is aligned.",
        "![Adaptation](figures/adaptation.png)",
        "A line is a trial.",
    ]


def _reachable_shares(adaptation: pd.DataFrame) -> str:
    if "reachable_share" not in adaptation:
        return "not asked for here"
    judged = adaptation.dropna(subset="reachable_share")
    judged = judged.assign(arm=arms(judged)).groupby(["arm", *table4.SETUP, "change"], sort=False)["reachable_share"]
    lists: dict[str, list[str]] = defaultdict(list)
    for row in judged.mean().reset_index().to_dict("records"):
        text = f"{Change.parse(row['change']).title}: {row['reachable_share']:.1%}"
        if text not in lists[row["arm"]]:
            lists[row["arm"]].append(text)
    several = len(lists) > 1
    return "; ".join((f"{arm}, " if several else "") + ", ".join(texts) for arm, texts in lists.items())


def _identification(identified: pd.DataFrame) -> list[str]:
    return [
        "## Identifying the changed arm",
        markdown(identification.headline(identified)),
        "Millimetres, means over seeds, after n measurements at random configurations. *Position*: mean error on "
        "configurations that were not measured. *Link offsets*: root mean square error. Many link parameters make one "
        "arm: the error is of those, among all that lead to the same positions as the identified ones, that were found "
        "nearest to the true.",
        "![Identification](figures/identification.png)",
    ]


def _settings(records: Sequence[Record]) -> list[str]:
    rows = {}
    for record in records:
        settings = record.trial.settings
        if "method" not in settings:
            continue
        shared = {
            "training positions": f"{settings['train_samples']:,}",
            "test positions": f"{settings['test_samples']:,}",
            "forward model": settings["forward"],
            "device": settings["device"],
            "torch threads": settings["threads"],
            **({"judged on": settings["judged_on"]} if "judged_on" in settings else {}),
        }
        method = learned_with(settings)
        key = (record.trial.robot, _what_learns(record.trial), str(shared), str(method))
        own = ", ".join(f"{k} {_shown(v)}" for k, v in method.items())
        line = ", ".join(f"{v} {k}" if "positions" in k else f"{k} {v}" for k, v in shared.items())
        rows[key] = f"- **{record.trial.robot}, {_what_learns(record.trial)}**: {line}; {own}"
    return ["## Settings", "\n".join(rows[key] for key in sorted(rows))] if rows else []


def _what_learns(trial: Trial) -> str:
    """The method or, of adaptation, the approach and what learns in it."""
    if trial.experiment != ADAPTATION or trial.method in FINE_TUNED:
        return trial.method
    return f"{trial.method} by {trial.settings.get('learner', 'emssl')}"


def _shown(value: object) -> str:
    return "-".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _machines(records: Sequence[Record]) -> list[str]:
    numbers = machines.numbered(records)
    by_machine: dict[tuple, list[Record]] = defaultdict(list)
    for record in records:
        if record.machine:
            by_machine[machines.key(record)].append(record)
    lines = []
    for key in sorted(by_machine, key=lambda key: (numbers.get(key, ""), key)):
        facts, ran = dict(key), by_machine[key]
        hardware = ", ".join(facts.pop(part) for part in ("cpu", "gpu", "cores", "memory", "system") if part in facts)
        versions = ", ".join(f"{name} {version}" for name, version in facts.items())
        what = ", ".join(sorted({record.trial.experiment for record in ran}))
        commits = sorted({record.commit for record in ran} - {""})
        made = f"commit{'s' if len(commits) > 1 else ''} {', '.join(commits)}"
        busy = sorted({record.machine["load before"] for record in ran if "load before" in record.machine})
        load = f"; load before sampling: {', '.join(busy)}" if busy else ""
        lines.append(f"- {f'({numbers[key]}) ' if key in numbers else ''}{hardware}; {versions}; {what}; {made}{load}")
    return ["## Measured on", "\n".join(lines)] if lines else []
