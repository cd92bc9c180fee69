"""What can go wrong that a user can put right. Every message says what was wrong and what would be right."""

import difflib
from collections.abc import Iterable, Sequence

MOST_LISTED = 20
MOST_CHARACTERS = 80
"""Of a name or text that a message repeats. A file can hold 100,000 names, and names of a megabyte."""
MOST_OF_A_PATH = 1_000
MOST_OF_AN_ERROR = 300
"""Characters of an error that a message repeats. It may be that of a plug-in, and hold a whole array."""
MOST_IN_A_LINE = 4_000
"""Of a whole message on the command line, whatever it is made of."""


class EmsslBenchError(Exception):
    """The root of the suite's errors: the command line prints one as a single line and exits with 2."""


class InvalidValue(EmsslBenchError):
    """A value is outside what is allowed."""


class UnknownName(EmsslBenchError):
    """A name is not one of those that exist; the message lists them and suggests the nearest."""

    def __init__(self, kind: str, name: str, valid: Iterable[str], or_else: str = ""):
        """
        Args:
            kind: what the name is of.
            name: the unknown one.
            valid: those that exist.
            or_else: what may be given instead of a name.
        """
        choices = sorted(valid)
        near = nearest(name, choices)
        suggestion = f"did you mean {near!r}? " if near else ""
        instead = f", or {or_else}" if or_else else ""
        exist = f"Valid: {', '.join(choices)}{instead}" if choices or instead else "There are none"
        super().__init__(f"unknown {kind} {quoted(name)}: {suggestion}{exist}.")


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


class PoolClosed(Closed, WorkerDied):
    """A pool is used that has been closed: its workers have ended."""


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


class CheckpointError(EmsslBenchError):
    """A checkpoint does not fit what is to go on from it."""


class RecordError(EmsslBenchError):
    """Results cannot be read or written."""


class BrokenPlugin(EmsslBenchError):
    """A method of another package cannot be used."""


class MethodError(EmsslBenchError):
    """A method does not keep to what `Method` asks of it."""


class FolderBusy(EmsslBenchError):
    """Another command is writing into the folder."""


class ClusterError(EmsslBenchError):
    """A cluster does not answer, or has no node that can run a trial."""


class MissingDependency(EmsslBenchError):
    """A library or a device that an option needs is not there."""


class CannotSolve(EmsslBenchError):
    """A solver has no way to solve this arm or task."""


class Interrupted(KeyboardInterrupt):
    """A signal asks the command to end: Ctrl-C, or what is handled as Ctrl-C is."""

    def __init__(self, signal_number: int):
        super().__init__(signal_number)
        self.signal_number = signal_number


def one_line(text: str) -> str:
    """The text as one line that a terminal can show: line ends and control characters escaped."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text.strip())


def shortened(text: str, most: int = MOST_CHARACTERS) -> str:
    """The text for a message; of a long one, its beginning."""
    return text if len(text) <= most else f"{text[:most]}..."


def error_line(error: BaseException, most: int = MOST_OF_AN_ERROR) -> str:
    """An error for a message, on one line: its type and what it says; of a long one, its beginning."""
    return shortened(one_line(f"{type(error).__name__}: {error}"), most)


def quoted(text: str) -> str:
    """The text in quotes for a message; of a long one, its beginning."""
    return repr(shortened(text))


def listed(names: Sequence[str]) -> str:
    """Names for a message, joined by commas; of many, the first few and how many more there are."""
    more = len(names) - MOST_LISTED
    return ", ".join(map(shortened, names[:MOST_LISTED])) + (f" and {more:,} more" if more > 0 else "")


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name most like the one given, where one is like it at all; very long ones are not compared."""
    if len(name) > MOST_CHARACTERS:
        return None
    near = difflib.get_close_matches(name, [each for each in names if len(each) <= MOST_CHARACTERS], n=1)
    return near[0] if near else None
