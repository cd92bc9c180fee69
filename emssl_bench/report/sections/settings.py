"""The settings that every method ran with."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from emssl_bench.experiments.adaptation import FINE_TUNED, learned_with
from emssl_bench.experiments.adaptation import NAME as ADAPTATION
from emssl_bench.records import Record, Trial
from emssl_bench.report.escaping import in_markdown
from emssl_bench.report.frames import ReportData
from emssl_bench.report.naming import arm_labels
from emssl_bench.report.section import Bullets, Section


def section(data: ReportData) -> Section | None:
    """One line for every arm, learner and set of settings."""
    records = [record for record in data.records if "method" in record.trial.settings]
    lines = {}
    for record, arm in zip(records, _arms(data.records, records), strict=True):
        trial = record.trial
        shared, own = _shared(trial.settings), learned_with(trial.settings)
        name = in_markdown(f"{arm}, {_what_learns(trial)}")
        text = "; ".join([", ".join(shared), ", ".join(f"{key} {_shown(value)}" for key, value in own.items())])
        lines[arm, _what_learns(trial), str(shared), str(own)] = f"**{name}**: {in_markdown(text)}"
    return Section("Settings", [Bullets([lines[key] for key in sorted(lines)])]) if lines else None


def _arms(all_records: Sequence[Record], records: Sequence[Record]) -> list[str]:
    """The arm of each of the records, with its digest where several arms of all records share its name."""
    trials = [record.trial for record in all_records]
    frame = pd.DataFrame(
        [(trial.robot, trial.settings.get("robot_digest", "")) for trial in trials], columns=["robot", "robot_digest"]
    )
    labels = dict(zip((id(record) for record in all_records), arm_labels(frame), strict=True))
    return [labels[id(record)] for record in records]


def _shared(settings: Mapping[str, Any]) -> list[str]:
    """Data and hardware: everything that is no setting of the method."""
    return [
        f"{settings['train_samples']:,} training positions",
        f"{settings['test_samples']:,} test positions",
        f"forward model {settings['forward']}",
        f"device {settings['device']}",
        f"torch threads {settings['threads']}",
        *([f"evaluated on {settings['judged_on']}"] if "judged_on" in settings else []),
    ]


def _what_learns(trial: Trial) -> str:
    """The method or, for adaptation, the approach and what learns in it."""
    if trial.experiment != ADAPTATION or trial.method in FINE_TUNED:
        return trial.method
    return f"{trial.method} by {trial.settings.get('learner', 'emssl')}"


def _shown(value: object) -> str:
    return "-".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
