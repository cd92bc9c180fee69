"""What is kept of every trial: one JSON file each, written as soon as the trial ends."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from emssl_bench.exceptions import FolderBusy, RecordError
from emssl_bench.records.settings import known_experiments
from emssl_bench.records.trial import Record, Trial, example_of_difference, numbers, read, shown, written
from emssl_bench.system import file_sets
from emssl_bench.system.files import LEFTOVERS, check_writable, locked, move_aside, remove_leftovers, write_atomically

__all__ = ["Record", "Store", "Trial", "to_stderr"]

WRITTEN = ("", "records/", "records/*/", "models/", "checkpoints/", "references/", "tables/", "figures/")
"""Where a killed command may have left half a file."""


class WrongPlace(RecordError):
    """A record lies where that of another trial belongs, or none."""


def to_stderr(text: str) -> None:
    """How a store says what a user should know, unless it is told otherwise."""
    print(f"emssl-bench: {text}", file=sys.stderr)


class Store:
    """The records and models of one run, in a folder.

    What lies among the records and is none, or is not as it was written, is named in one line and never used. Who
    holds the folder (`claimed`) also sets it aside, so that its trial runs again.
    """

    def __init__(self, folder: Path, tell: Callable[[str], None] = to_stderr):
        self.folder = folder
        self._tell_user = tell
        self._told: set[str] = set()

    def path(self, trial: Trial) -> Path:
        return self.folder / "records" / trial.experiment / f"{trial.label}.json"

    def model_path(self, trial: Trial) -> Path:
        return self.model_of(trial.digest)

    def model_of(self, digest: str) -> Path:
        """The model of the trial with this digest."""
        return self.folder / "models" / f"{digest}.safetensors"

    def checkpoint_path(self, trial: Trial) -> Path:
        """Where a trial that runs leaves its state; there only until it ends."""
        return self.folder / "checkpoints" / f"{trial.digest}.pt"

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Holds the folder for this process alone, with nothing damaged in it.

        Finds out, too, that the folder can be written, before hours are spent on what goes there.

        Raises:
            FolderBusy: another command has it.
            RecordError: it cannot be written, or something in it cannot be set aside.
        """
        with locked(self.folder, self.tell):
            check_writable(self.folder / "records")
            remove_leftovers(path for part in WRITTEN for path in self.folder.glob(part + LEFTOVERS))
            file_sets.finish(self.folder)
            self.set_aside()
            yield

    def set_aside(self) -> None:
        """Moves what is damaged from records/ to set-aside/, where nothing is overwritten.

        What lies elsewhere under records/ than our records do, and is none, is somebody else's and stays.

        Raises:
            RecordError: something cannot be moved.
        """
        for path, damage in self._damaged():
            target = self.folder / "set-aside" / path.relative_to(self.folder / "records")
            try:
                moved = move_aside(path, target)
            except OSError as error:
                raise RecordError(f"{damage} It cannot be set aside ({error.strerror}): move it away.") from None
            self.tell(f"{damage} It is set aside as {moved.relative_to(self.folder)}.")

    def try_to_set_aside(self) -> None:
        """As `set_aside`, where there is something to move and nobody else has the folder, nor forbids it.

        What stays is named by `records` and not used.
        """
        if not list(self._damaged()):
            return
        try:
            with locked(self.folder, self.tell):
                self.set_aside()
        except (FolderBusy, RecordError):
            pass

    def find(self, trial: Trial) -> Record | None:
        """The trial's record, if there is one."""
        try:
            return self._read(self.path(trial))
        except RecordError:
            return None

    def done(self, trial: Trial) -> bool:
        """Whether the trial has a result; one that failed has none and is run again."""
        record = self.find(trial)
        return record is not None and record.status == "done"

    def save(self, record: Record) -> None:
        """Writes the record, whole or not at all; never in place of a result.

        A result that is there already stays as it is, also where it has the same numbers. Other numbers are named.

        Raises:
            RecordError: the folder cannot be written.
        """
        there = self.find(record.trial)
        if there is None or there.status == "failed":
            write_atomically(self.path(record.trial), written(record))
        elif record.status == "done" and numbers(there) != numbers(record):
            self.tell(
                f"{record.trial.label} has other numbers now ({example_of_difference(there, record)}): "
                f"the record that {self.folder} had is kept."
            )
        if record.status == "done":
            self.remove_checkpoint(record.trial)

    def remove_checkpoint(self, trial: Trial) -> None:
        """Removes what a trial that has ended left behind."""
        try:
            self.checkpoint_path(trial).unlink(missing_ok=True)
        except OSError as error:  # it does no harm
            self.tell(f"{self.checkpoint_path(trial)} cannot be removed ({error.strerror}).")

    def make_way(self, path: Path, because: str) -> None:
        """Sets a file aside, with the description beside it if it is a model's, that another is to be written for.

        Raises:
            RecordError: it cannot be moved.
        """
        for part in (path, path.with_suffix(".json")):
            if not os.path.lexists(part):
                continue
            try:
                moved = move_aside(part, self.folder / "set-aside" / part.relative_to(self.folder))
            except OSError as error:
                raise RecordError(f"{part} cannot be set aside ({error.strerror}): move it away.") from None
            if part == path:
                self.tell(f"{path} {because}: it is set aside as {moved.relative_to(self.folder)}.")

    def records(self) -> list[Record]:
        """Every record of the run, in an order that does not depend on when they were written."""
        found = []
        for path in self._paths():
            try:
                found.append(self._read(path))
            except RecordError as damage:
                self.tell(f"{damage} It is not used.")
        return found

    def _damaged(self) -> Iterator[tuple[Path, RecordError]]:
        """What is to be set aside."""
        for path in self._paths():
            try:
                self._read(path)
            except WrongPlace as damage:
                yield path, damage
            except RecordError as damage:
                if path.parent in [self.folder / "records" / name for name in known_experiments()]:
                    yield path, damage

    def _paths(self) -> list[Path]:
        """Everything that ends as a record does, wherever among the records it lies; the rest is not ours."""
        top = self.folder / "records"
        found = {*top.glob("*/*.json"), *top.rglob("*.json")}  # the first follows links to folders
        return sorted(path for path in found if not path.name.startswith("."))

    def _read(self, path: Path) -> Record:
        """Raises:
        RecordError: the file is no record, not as it was written, or of another trial than its name says.
        """
        record = read(path)
        if path != self.path(record.trial):
            raise WrongPlace(f"{shown(path)} is the record {shown(record.trial.label)} in the wrong place.")
        return record

    def tell(self, text: str) -> None:
        """Says what a user should know, once."""
        if text not in self._told:
            self._told.add(text)
            self._tell_user(text)
