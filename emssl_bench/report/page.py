"""report.md: the tables and figures of a run on one page, with what a reader must know to believe them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from emssl_bench import paper
from emssl_bench.experiments.adaptation import FINE_TUNED, learned_with
from emssl_bench.experiments.adaptation import NAME as ADAPTATION
from emssl_bench.records import Record, Trial
from emssl_bench.report import arm_names, benchmarks, intervals, machines, page_accuracy, page_adaptation, page_sampling
from emssl_bench.report.accuracy import Accuracy
from emssl_bench.report.escaping import in_code, in_markdown
from emssl_bench.report.files import markdown
from emssl_bench.system.files import write_atomically

TITLE = "# Learned inverse kinematics: report\n"
FILES = "\n## Files\n"
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


def write(records: Sequence[Record], found: Found, files: Sequence[str], path: Path, filtered: str = "") -> Path:
    """Writes the page at `path`; `files` are the tables and figures beside it, made of the same records, and `filtered`
    says of which."""
    parts = [
        TITLE.strip(),
        f"Reproduces the experiments of *{paper.TITLE}* (arXiv {paper.ARXIV}).",
        *filter(None, [filtered]),
    ]
    if not found.accuracy.table.empty:
        parts += page_accuracy.sections(found.accuracy)
    if not found.sampling.empty:
        parts += page_sampling.table(records, found.sampling)
    if not found.sweeps.empty:
        parts += page_sampling.FIGURE_7
    if not found.adaptation.empty:
        parts += page_adaptation.adapted(found.adaptation, files)
    if not found.identified.empty:
        parts += page_adaptation.identifying(found.identified, files)
    if not found.timings.empty:
        measured_on = found.timings["measured_on"].iloc[0]
        parts += ["## Benchmarks", f"Medians, by `tox -e bench`, on {in_markdown(measured_on)}."]
        parts.append(markdown(benchmarks.headline(found.timings)))
    parts += _failures(records)
    parts += ["## Known limitations", LIMITATIONS.rstrip(), *_settings(records), *_machines(records)]
    parts += [FILES.strip(), *_made(records, files)]
    write_atomically(path, ("\n\n".join(parts) + "\n").encode())
    return path


def _made(records: Sequence[Record], files: Sequence[str]) -> list[str]:
    """What the page is made of, and what was made with it: the next report removes what it no longer makes."""
    made = f"This page was made from {len(records)} records"
    return [f"{made}, and with it {', '.join(f'`{file}`' for file in files)}." if files else f"{made}."]


def _failures(records: Sequence[Record]) -> list[str]:
    failed = [record for record in records if record.status == "failed"]
    if not failed:
        return []
    lines = [f"- {in_code(r.trial.label)}: {in_markdown(r.reason)}" for r in failed]
    return ["## Failed trials", "They are not in the tables, and running again tries them again.", "\n".join(lines)]


def _settings(records: Sequence[Record]) -> list[str]:
    rows, arms = {}, _arms([record.trial for record in records])
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
        arm = arms[record.trial.digest]
        key = (arm, _what_learns(record.trial), str(shared), str(method))
        own = ", ".join(f"{k} {_shown(v)}" for k, v in method.items())
        line = ", ".join(f"{v} {k}" if "positions" in k else f"{k} {v}" for k, v in shared.items())
        name = in_markdown(f"{arm}, {_what_learns(record.trial)}")
        rows[key] = f"- **{name}**: {in_markdown(f'{line}; {own}')}"
    return ["## Settings", "\n".join(rows[key] for key in sorted(rows))] if rows else []


def _arms(trials: Sequence[Trial]) -> dict[str, str]:
    """The names of the arms of trials, by the trial's digest."""
    frame = pd.DataFrame(
        [(trial.digest, trial.robot, trial.settings.get("robot_digest", "")) for trial in trials],
        columns=["trial", "robot", "robot_digest"],
    )
    return dict(zip(frame["trial"], arm_names.labels(frame), strict=True))


def _what_learns(trial: Trial) -> str:
    """The method or, of adaptation, the approach and what learns in it."""
    if trial.experiment != ADAPTATION or trial.method in FINE_TUNED:
        return trial.method
    return f"{trial.method} by {trial.settings.get('learner', 'emssl')}"


def _shown(value: object) -> str:
    return "-".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _machines(records: Sequence[Record]) -> list[str]:
    by_machine: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        if record.machine:
            by_machine[machines.name(record), machines.digest(record)].append(record)
    lines = []
    for (name, _), ran in sorted(by_machine.items()):
        facts = machines.facts(ran[0])
        hardware = ", ".join(facts.pop(part) for part in ("cpu", "gpu", "cores", "memory", "system") if part in facts)
        versions = ", ".join(f"{name} {version}" for name, version in facts.items())
        what = ", ".join(sorted({record.trial.experiment for record in ran}))
        commits = sorted({record.commit for record in ran} - {""})
        made = f"commit{'s' if len(commits) > 1 else ''} {', '.join(commits)}"
        busy = sorted({record.machine["load before"] for record in ran if "load before" in record.machine})
        load = f"; load before sampling: {', '.join(busy)}" if busy else ""
        lines.append(f"- **{in_markdown(name)}**: {in_markdown(f'{hardware}; {versions}; {what}; {made}{load}')}")
    return ["## Measured on", "\n".join(lines)] if lines else []
