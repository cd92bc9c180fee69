"""Signals that end a command: what has begun is ended too, at whatever moment they come."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from emssl_bench.exceptions import Interrupted

ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""Ctrl-C; what `kill`, a batch system or a shutdown sends; what a terminal sends that is closed."""


@contextmanager
def interrupting() -> Iterator[None]:
    """Raises `Interrupted` where the system's default would end the process and leave its children alone.

    A signal that is ignored, by nohup for instance, stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Interrupted(number)

    before = {}
    try:
        for number in ENDING:
            if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                before[number] = signal.signal(number, interrupt)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Deferred:
    """Lets signals wait while something must not be left half done; the first is let through once, then no more."""

    def __init__(self) -> None:
        self._handlers: dict[int, Callable[[int, FrameType | None], Any]] = {}
        self._held = 0
        self._spent = False
        self._waiting: int | None = None

    def __enter__(self) -> "Deferred":
        if threading.current_thread() is threading.main_thread():
            self._held += 1
            for number in ENDING:
                handler = signal.getsignal(number)
                if callable(handler):
                    self._handlers[number] = handler
                    signal.signal(number, self._come)
            self._held -= 1
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Within it nothing comes; what came meanwhile comes at its end."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
        if self._waiting is not None and not self._held:
            self._come(self._waiting, None)

    def _come(self, number: int, frame: FrameType | None) -> None:
        if self._spent:  # what it has begun goes on
            return
        if self._held:
            self._waiting = number
            return
        self._spent = True
        self._handlers[number](number, frame)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Within it no signal comes that ends a command; the last one that came meanwhile comes at its end."""
    with Deferred() as signals, signals.held():
        yield
