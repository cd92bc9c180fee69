"""What can go wrong that a user can put right. Every message says what was wrong and what would be right."""

import difflib
from collections.abc import Iterable


class EmsslBenchError(Exception):
    """The root of the suite's errors: the command line prints one as a single line and exits with 2."""


class InvalidValue(EmsslBenchError):
    """A value is outside what is allowed."""


class UnknownName(EmsslBenchError):
    """A name is not one of those that exist; the message lists them and suggests the nearest."""

    def __init__(self, kind: str, name: str, valid: Iterable[str]):
        choices = sorted(valid)
        near = difflib.get_close_matches(name, choices, n=1)
        suggestion = f"did you mean {near[0]!r}? " if near else ""
        super().__init__(f"unknown {kind} {name!r}: {suggestion}Valid: {', '.join(choices)}.")


class RobotError(EmsslBenchError):
    """An arm description cannot be used."""


class ShapeError(EmsslBenchError):
    """An array has the wrong shape, or holds what is no number that can be computed with."""


class NotFinite(ShapeError):
    """An array holds infinities or what is not a number."""


class LabelsWithheld(EmsslBenchError):
    """A self-supervised method asked for the joint angles behind its training positions."""


class WorkerDied(EmsslBenchError):
    """A worker process ended, hung or raised, and so did its replacement."""


class Closed(EmsslBenchError):
    """Something is used that has been closed."""


class Forked(EmsslBenchError):
    """A forked process uses what belongs to its parent."""


class InUse(EmsslBenchError):
    """Something is called from within a call of its own, or cannot be copied while it works."""


class SystemLimit(EmsslBenchError):
    """The system refuses what is needed: memory, files or processes."""


class Diverged(EmsslBenchError):
    """Training produced numbers that are not finite."""


class ModelError(EmsslBenchError):
    """A saved model cannot be loaded."""


class RecordError(EmsslBenchError):
    """Results cannot be read or written."""


class BrokenPlugin(EmsslBenchError):
    """A method of another package cannot be used."""


class MethodError(EmsslBenchError):
    """A method does not keep to what `Method` asks of it."""


class FolderBusy(EmsslBenchError):
    """Another command is writing into the folder."""


class MissingDependency(EmsslBenchError):
    """A library or a device that an option needs is not there."""


def one_line(text: str) -> str:
    """The text as one line that a terminal can show: line ends and control characters escaped."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text.strip())
