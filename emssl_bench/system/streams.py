"""Standard output and error that may be closed, full, or read by nobody: they end in no traceback."""

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO


class Guarded:
    """A text stream that goes on where it cannot be written: what there was to say is lost, the work is not.

    That nobody reads what it is piped into any more is said once, by an error, if `heard` matters.
    """

    def __init__(self, stream: TextIO, heard: bool):
        self._stream, self._heard = stream, heard
        self.error: Exception | None = None
        """What went wrong; from then on everything is dropped."""

    def write(self, text: str) -> int:
        self._tried(self._stream.write, text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        self._tried(self._stream.flush)

    def _tried(self, call: Callable[..., object], *arguments: object) -> None:
        if self.error is not None:
            return
        try:
            call(*arguments)
        except (OSError, ValueError) as error:  # a ValueError where it was closed meanwhile
            self.error = error
            if self._heard and isinstance(error, BrokenPipeError):
                raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def guarded() -> Iterator[Guarded]:
    """Standard output and error, guarded, while a command runs; gives the first."""
    _reopen_closed()
    before = sys.stdout, sys.stderr
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal that has no ±, or a path that is not UTF-8
        sys.stdout.reconfigure(errors="backslashreplace")
    out, err = Guarded(before[0] or _nowhere(), heard=True), Guarded(before[1] or _nowhere(), heard=False)
    sys.stdout, sys.stderr = out, err  # type: ignore[assignment]
    try:
        yield out
    finally:
        sys.stdout, sys.stderr = before
        for stream, each in zip(before, (out, err), strict=True):
            if each.error is not None and stream is not None:
                _drop_the_rest(stream)


def _nowhere() -> TextIO:
    return open(os.devnull, "w")


def _reopen_closed() -> None:
    """What the shell has closed (>&-) is nowhere now: else the next file that is opened would be what C code prints
    to."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest that is free


def _drop_the_rest(stream: TextIO) -> None:
    """Python writes out what is left in a stream when it ends, and would complain again."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
