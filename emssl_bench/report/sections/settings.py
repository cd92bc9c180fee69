"""The settings that every method ran with."""

from collections.abc import Sequence

import pandas as pd

from emssl_bench.experiments.adaptation import learned_with
from emssl_bench.records import Record
from emssl_bench.records.settings import AdaptationSettings, TrainingSettings
from emssl_bench.report.escaping import in_markdown
from emssl_bench.report.frames import ReportData
from emssl_bench.report.naming import arm_labels
from emssl_bench.report.section import Bullets, Section
from emssl_bench.tasks import POSITION


def section(data: ReportData) -> Section | None:
    """One line for every arm, learner and set of settings."""
    records = [record for record in data.records if isinstance(record.trial.settings, TrainingSettings)]
    lines = {}
    for record, arm in zip(records, _arms(data.records, records), strict=True):
        settings = record.trial.settings
        assert isinstance(settings, TrainingSettings)
        shared, own = _shared(settings), learned_with(settings)
        name = in_markdown(f"{arm}, {_what_learns(settings)}")
        text = "; ".join([", ".join(shared), ", ".join(f"{key} {_shown(value)}" for key, value in own.items())])
        lines[arm, _what_learns(settings), str(shared), str(own)] = f"**{name}**: {in_markdown(text)}"
    return Section("Settings", [Bullets([lines[key] for key in sorted(lines)])]) if lines else None


def _arms(all_records: Sequence[Record], records: Sequence[Record]) -> list[str]:
    """The arm of each of the records, with its digest where several arms of all records share its name."""
    trials = [record.trial for record in all_records]
    frame = pd.DataFrame(
        [(trial.robot, trial.settings.robot_digest) for trial in trials], columns=["robot", "robot_digest"]
    )
    labels = dict(zip((id(record) for record in all_records), arm_labels(frame), strict=True))
    return [labels[id(record)] for record in records]


def _shared(settings: TrainingSettings) -> list[str]:
    """Data and hardware: everything that is no setting of the method."""
    noun = "positions" if settings.task == POSITION.name else "targets"
    return [
        f"{settings.train_samples:,} training {noun}",
        f"{settings.test_samples:,} test {noun}",
        f"forward model {settings.forward}",
        f"device {settings.device}",
        f"torch threads {settings.threads}",
        *([f"task {settings.task}"] if settings.task != POSITION.name else []),
        *(["evaluated on validation"] if getattr(settings, "evaluated_on", "test") == "validation" else []),
    ]


def _what_learns(settings: TrainingSettings) -> str:
    """The method or, for adaptation, the approach and what learns in it."""
    if not isinstance(settings, AdaptationSettings) or settings.approach == settings.learner:
        return settings.name
    return f"{settings.approach} by {settings.learner}"


def _shown(value: object) -> str:
    return "-".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
