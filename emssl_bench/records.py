"""What is kept of every trial: one JSON file each, written as soon as the trial ends."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from emssl_bench.errors import RecordError

FORMAT = 1


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
    error: str | None = None
    """Why it failed."""
    model: str | None = None
    """The file of the trained model, relative to the run's folder."""
    machine: Mapping[str, str] = field(default_factory=dict)
    commit: str = ""

    @property
    def reason(self) -> str:
        """Why it failed, in one line: the last of a traceback."""
        return ((self.error or "").strip().splitlines() or [""])[-1]


class Store:
    """The records and models of one run, in a folder."""

    def __init__(self, folder: Path):
        self.folder = folder

    def path(self, trial: Trial) -> Path:
        return self.folder / "records" / trial.experiment / f"{trial.label}.json"

    def model_path(self, trial: Trial) -> Path:
        return self.folder / "models" / f"{trial.digest}.safetensors"

    def checkpoint_path(self, trial: Trial) -> Path:
        """Where a trial that runs leaves its state; there only until it ends."""
        return self.folder / "checkpoints" / f"{trial.digest}.pt"

    def prepare(self) -> None:
        """Finds out that the folder can be written, before hours are spent on what goes there.

        Raises:
            RecordError: it cannot.
        """
        probe = self.folder / ".writable"
        write_atomically(probe, b"")
        probe.unlink()

    def done(self, trial: Trial) -> bool:
        """Whether the trial has a result; one that failed has none and is run again."""
        path = self.path(trial)
        return path.is_file() and _read(path).status == "done"

    def save(self, record: Record) -> None:
        """Writes the record, whole or not at all.

        Raises:
            RecordError: the folder cannot be written.
        """
        document = {"format": FORMAT, "digest": record.trial.digest, **asdict(record)}
        text = json.dumps(document, indent=1, sort_keys=True, allow_nan=False)
        write_atomically(self.path(record.trial), (text + "\n").encode())
        if record.status == "done":
            self.checkpoint_path(record.trial).unlink(missing_ok=True)

    def records(self) -> list[Record]:
        """Every record of the run, in an order that does not depend on when they were written."""
        return [_read(path) for path in self._paths()]

    def _paths(self) -> Iterator[Path]:
        yield from sorted((self.folder / "records").glob("*/*.json"))


def _read(path: Path) -> Record:
    """Raises:
    RecordError: the file is no record of this format, or was changed by hand.
    """
    try:
        document = json.loads(path.read_text())
        written, digest = document.pop("format"), document.pop("digest")
        record = Record(**{**document, "trial": Trial(**document["trial"])})
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise RecordError(f"{path} is not a record ({type(error).__name__}: {error}): move it away.") from None
    if written != FORMAT or digest != record.trial.digest:
        raise RecordError(f"{path} is not what was written (format {written}, digest {digest}): move it away.")
    return record


def write_atomically(path: Path, content: bytes) -> None:
    """Writes a file so that at any moment it is there whole or not at all.

    Raises:
        RecordError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with open(aside, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise RecordError(f"{path} cannot be written ({error.strerror}).") from None
