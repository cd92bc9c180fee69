"""The phase that a method is in: shown beside its trial, so that a long one does not look like a standstill."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Phase:
    """What a method is busy with while it has no new model to show."""

    what: str
    share: float | None = None
    """How much of it is done, from 0 to 1, where that is known."""


_SECONDS_BETWEEN_PHASES = 1.0
_told_to: Callable[[Phase], None] | None = None
_last: tuple[str, float] = ("", 0.0)


def phases_told_to(tell: Callable[[Phase], None] | None) -> None:
    """Sets who is told of phases in this process; None, as at the start, for nobody."""
    global _told_to, _last
    _told_to, _last = tell, ("", 0.0)


def busy_with(what: str, share: float | None = None) -> None:
    """Says what a method is doing; it is shown beside the trial, and changes nothing.

    Args:
        what: in a few words, e.g. "learning the forward model".
        share: how much of it is done, from 0 to 1, where that is known. It may be called as often as one likes.
    """
    global _last
    if _told_to is None:
        return
    now = time.monotonic()
    if what != _last[0] or now - _last[1] >= _SECONDS_BETWEEN_PHASES:
        _last = (what, now)
        _told_to(Phase(what, share))
