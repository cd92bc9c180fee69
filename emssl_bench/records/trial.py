"""A trial, what it gave, and how that is written down.

Format 3, which is written, has all settings of a trial. Format 2 left out those that had their default value. Both
carry a SHA-256 over everything else, so that a record changed by hand is found out. Format 1 had none and is still
read; of it, only what decides the trial is known to be as it was written.
"""

import functools
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from emssl_bench.exceptions import RecordError, error_line, one_line
from emssl_bench.records.checks import complaint
from emssl_bench.records.settings import Settings, settings_of
from emssl_bench.system.files import read_regular

FORMAT = 3
READ = (1, 2, FORMAT)
LARGEST = 2**26
"""Bytes of a file that may be a record: hundreds of times what one has."""
_SUCCESS = re.compile(r"^success_(?=\d)")


@dataclass(frozen=True)
class Trial:
    """Everything that decides a trial's numbers, and nothing else."""

    robot: str
    seed: int
    settings: Settings
    """Of its experiment: joint range, sample counts, hyperparameters, device, threads, the arm's digest."""

    @property
    def experiment(self) -> str:
        return self.settings.experiment

    @property
    def name(self) -> str:
        """The method, the approach of adaptation or the strategy of sampling that it is about."""
        return self.settings.name

    @functools.cached_property
    def digest(self) -> str:
        """Names the trial: equal for equal trials, on any machine and in any version."""
        document = {
            **{"experiment": self.experiment, "method": self.name, "robot": self.robot, "seed": self.seed},
            "settings": self.settings.identity(),
        }
        return hashlib.sha256(json.dumps(document, sort_keys=True, allow_nan=False).encode()).hexdigest()[:12]

    @property
    def arm(self) -> str:
        """The arm that its model is for, in words."""
        return ", ".join([self.robot, *filter(None, [self.settings.shown_change])])

    @property
    def label(self) -> str:
        return f"{self.name}--{self.robot}--s{self.seed}--{self.digest}"

    def written(self) -> dict[str, Any]:
        """What `read_trial` makes the trial of again."""
        return {
            **{"experiment": self.experiment, "robot": self.robot, "seed": self.seed},
            "settings": asdict(self.settings),
        }


def read_trial(written: Mapping[str, Any], format: int = FORMAT) -> Trial:
    """The trial that a file of this or an older format holds.

    Raises:
        RecordError: of an experiment that is not known.
        TypeError, KeyError, ValueError, AttributeError: it is no trial.
    """
    of_experiment = settings_of(written["experiment"])
    if format == FORMAT:
        if written.keys() != {"experiment", "robot", "seed", "settings"}:
            raise TypeError("a trial has experiment, robot, seed and settings")
        return Trial(written["robot"], written["seed"], of_experiment.read(written["settings"]))
    if written.keys() != {"experiment", "method", "robot", "seed", "settings"}:
        raise TypeError("a trial has experiment, method, robot, seed and settings")
    settings = of_experiment.read_older(written["method"], written["settings"])
    return Trial(written["robot"], written["seed"], settings)


@dataclass(frozen=True)
class Record:
    """What a trial gave."""

    trial: Trial
    status: Literal["done", "failed"]
    metrics: Mapping[str, float] = field(default_factory=dict)
    """The unit is in every key: error_mean_cm, fit_seconds; a rate or a share is between 0 and 1.

    Of poses, error_..._cm are distances, angle_..._deg angles, and cost_..._cm the one number that stands for both. The
    same names are in the curve and in the tables.
    """
    curve: Mapping[str, list[float]] = field(default_factory=dict)
    """One value an iteration: iteration, error_mean_cm, fit_seconds, forward_calls, gradient_steps."""
    tables: Mapping[str, Mapping[str, list[float]]] = field(default_factory=dict)
    """How errors are spread, columns of equal length: error_quantiles, error_map, error_voxels, coverage; for
    targets with orientations error_by_orientation."""
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


def numbers(record: Record) -> dict[str, object]:
    """All that two runs of a trial must have in common: seconds only where they are what was measured."""
    timed = record.trial.settings.timed
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
    of_trial = {"format": FORMAT, "digest": record.trial.digest, "trial": record.trial.written()}
    document = {**{each.name: getattr(record, each.name) for each in fields(record)}, **of_trial}
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
            raise RecordError(f"{shown(path)} has format {found}, this version reads {READ[0]} to {FORMAT}.")
        if (sha256 is None) != (document["format"] == 1) or sha256 not in (None, _hash(document)):
            raise RecordError(f"{shown(path)} is not as it was written (the hash differs).")
        format, digest = document.pop("format"), document.pop("digest")
        trial = read_trial(document.pop("trial"), format)
        if format < FORMAT:
            document["metrics"] = _renamed(document["metrics"])
        record = Record(trial, **document)
        if wrong := complaint(record):
            raise RecordError(f"{shown(path)} is not a record ({shown(wrong)}).")
        if digest != trial.digest:
            raise RecordError(f"{shown(path)} is not as it was written (the digest is of another trial).")
    except RecordError as error:
        said = str(error)
        raise RecordError(said if said.startswith(shown(path)) else f"{shown(path)}: {said}.") from None
    except OSError as error:
        raise RecordError(f"{shown(path)} cannot be read ({error.strerror}).") from None
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise RecordError(f"{shown(path)} is not a record ({error_line(error)}).") from None
    return record


def _renamed(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Metrics of an older format under the names of this one."""
    return {_SUCCESS.sub(r"success_rate_", name): value for name, value in metrics.items()}


def shown(*parts: object) -> str:
    """On one line, and not a page long."""
    text = one_line(": ".join(" ".join(str(part).split()) for part in parts))
    return text if len(text) <= 300 else text[:297] + "..."
