"""A trial, what it gave, and how that is written down.

Format 2, which is written, carries a SHA-256 over everything else, so that a record changed by hand is found out.
Format 1 had none and is still read; of it, only what decides the trial is known to be as it was written.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from emssl_bench.exceptions import RecordError, error_line, one_line
from emssl_bench.records.checks import complaint
from emssl_bench.system.files import read_regular

FORMAT = 2
READ = (1, FORMAT)
LARGEST = 2**26
"""Bytes of a file that may be a record: hundreds of times what one has."""
EXPERIMENTS = ("accuracy", "adaptation", "identification", "sampling")
"""What a record can be of; each has a folder of its name."""


@dataclass(frozen=True)
class Trial:
    """Everything that decides a trial's numbers, and nothing else."""

    experiment: str
    method: str
    robot: str
    seed: int
    settings: Mapping[str, Any]
    """JSON values: joint range, sample counts, device, threads, the arm's digest, and under "method" the
    method's own settings."""

    @property
    def digest(self) -> str:
        """Names the trial: equal for equal trials, on any machine."""
        text = json.dumps(asdict(self), sort_keys=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def arm(self) -> str:
        """The arm that its model is for, in words."""
        return ", ".join([self.robot, *filter(None, [self.settings.get("change")])])

    @property
    def arm_digest(self) -> str:
        """The kinematics of that arm: `RobotSpec.digest`."""
        return self.settings.get("changed_digest", self.settings["robot_digest"])

    @property
    def label(self) -> str:
        return f"{self.method}--{self.robot}--s{self.seed}--{self.digest}"


@dataclass(frozen=True)
class Record:
    """What a trial gave."""

    trial: Trial
    status: Literal["done", "failed"]
    metrics: Mapping[str, float] = field(default_factory=dict)
    """The unit is in every key: error_mean_cm, fit_seconds; success_1mm is a share."""
    curve: Mapping[str, list[float]] = field(default_factory=dict)
    """One value an iteration: iteration, error_mean_cm, fit_seconds, forward_calls, gradient_steps."""
    tables: Mapping[str, Mapping[str, list[float]]] = field(default_factory=dict)
    """How errors are spread, columns of equal length: error_quantiles, error_map, coverage."""
    error: str | None = None
    """Why it failed."""
    model: str | None = None
    """The file of the trained model, relative to the run's folder."""
    machine: Mapping[str, str] = field(default_factory=dict)
    commit: str = ""

    @property
    def reason(self) -> str:
        """Why it failed, in one line: the last of a traceback."""
        return one_line(((self.error or "").strip().splitlines() or [""])[-1])


TIMED = "sampling"
"""The experiment whose numbers are timings, taken in turns: its records stay together or apart, never mixed."""


def numbers(record: Record) -> dict[str, object]:
    """All that two runs of a trial must have in common: seconds only where they are what was measured."""
    timed = record.trial.experiment == TIMED
    both = {**record.metrics, **{f"{name} by iteration": list(column) for name, column in record.curve.items()}}
    return {name: value for name, value in both.items() if timed or "seconds" not in name}


def example_of_difference(ours: Record, theirs: Record) -> str:
    """A number in which two records differ, in words."""
    first, second = numbers(ours), numbers(theirs)
    names = [name for name in {**first, **second} if first.get(name) != second.get(name)]
    name = min(names, key=lambda name: (name != "error_mean_cm", "by iteration" in name))
    values = (first.get(name), second.get(name))
    return f"{name} {values[0]} and {values[1]}" if all(isinstance(v, int | float) for v in values) else name


def written(record: Record) -> bytes:
    """The record as its file holds it."""
    document = {"format": FORMAT, "digest": record.trial.digest, **asdict(record)}
    text = json.dumps({**document, "sha256": _hash(document)}, indent=1, sort_keys=True, allow_nan=False)
    return (text + "\n").encode()


def _hash(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True, allow_nan=False).encode()).hexdigest()


def read(path: Path) -> Record:
    """The record that a file holds.

    Raises:
        RecordError: the file is no record of a format that is read, or was changed by hand; says which in one line.
    """
    try:
        document = json.loads(read_regular(path, LARGEST))
        sha256 = document.pop("sha256", None)
        if document["format"] not in READ:
            found = shown(document["format"])
            raise RecordError(f"{shown(path)} has format {found}, this version reads 1 and {FORMAT}.")
        if (sha256 is None) != (document["format"] == 1) or sha256 not in (None, _hash(document)):
            raise RecordError(f"{shown(path)} is not as it was written (the hash differs).")
        del document["format"]
        digest, trial = document.pop("digest"), Trial(**document.pop("trial"))
        record = Record(trial, **document)
        if wrong := complaint(record):
            raise RecordError(f"{shown(path)} is not a record ({shown(wrong)}).")
        if digest != trial.digest:
            raise RecordError(f"{shown(path)} is not as it was written (the digest is of another trial).")
    except OSError as error:
        raise RecordError(f"{shown(path)} cannot be read ({error.strerror}).") from None
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise RecordError(f"{shown(path)} is not a record ({error_line(error)}).") from None
    return record


def shown(*parts: object) -> str:
    """On one line, and not a page long."""
    text = one_line(": ".join(" ".join(str(part).split()) for part in parts))
    return text if len(text) <= 300 else text[:297] + "..."
