"""What holds a simulator or processes, from its opening to its closing: who may use it, and when.

Nothing here imports NumPy or torch: worker processes import it.
"""

import os
import threading
import weakref
from types import TracebackType

from emssl_bench.exceptions import Closed, Forked, InUse

_all: "weakref.WeakSet[Opened]" = weakref.WeakSet()


class Opened:
    """Lets in one call at a time, until it is closed.

    >>> opened = Opened("the arm")
    >>> with opened:
    ...     pass  # a call
    >>> opened.end(), opened.end()
    (True, False)
    >>> with opened:
    ...     pass
    Traceback (most recent call last):
    emssl_bench.exceptions.Closed: the arm is closed: open a new one.

    Another thread waits for its turn. A call from within a call, by a signal handler for instance, is an error, since
    waiting for itself would never end; but it may close.

    A forked child has a copy of everything in memory. What has no other half in another process, such as a PyBullet
    client, works in the child by itself, unless the fork came within a call of another thread. A pipe does have one:
    parent and child would read each other's answers.
    """

    def __init__(self, what: str, shared_by_a_fork: bool = False, error: type[Closed] = Closed):
        """Args:
        what: how errors call it, e.g. "the environment".
        shared_by_a_fork: whether a forked child would share it with its parent, and must open another.
        error: what is raised where it is used after it was closed.
        """
        self.what = what
        self._shared = shared_by_a_fork
        self._error = error
        self._lock = threading.RLock()
        self._in_use = False
        self._ended = False
        self._inherited_from: int | None = None
        _all.add(self)

    @property
    def closed(self) -> bool:
        return self._ended

    @property
    def inherited(self) -> bool:
        """Whether this is a forked child's copy of what belongs to its parent."""
        return self._inherited_from is not None

    def require_usable(self) -> None:
        """Raises:
        Closed: it is closed.
        Forked: it belongs to the process that this one was forked from.
        """
        if self._inherited_from is not None:
            raise Forked(
                f"{self.what} belongs to process {self._inherited_from}, which this one was forked from: "
                "open another one here."
            )
        if self._ended:
            raise self._error(f"{self.what} is closed: open a new one.")

    def __enter__(self) -> None:
        self.require_usable()
        self._lock.acquire()
        try:
            self.require_usable()  # it may have been closed while we waited
            if self._in_use:
                raise InUse(f"{self.what} is called from within a call of its own: call it after that has returned.")
            self._in_use = True
        except BaseException:
            self._lock.release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._in_use = False
        self._lock.release()

    def end(self) -> bool:
        """Closes it, after the call of another thread has returned; whether there is anything to be ended."""
        if self._inherited_from is not None:
            return False
        with self._lock:
            before, self._ended = self._ended, True
            return not before

    def __reduce__(self) -> tuple[type["Opened"], tuple[str, bool, type[Closed]]]:
        """A copy of what it guards is open by itself, in whichever process it is made."""
        self.require_usable()
        return type(self), (self.what, self._shared, self._error)

    def _after_fork_in_child(self) -> None:
        # A thread that held the lock is not in the child, and would hold it for ever. Its call has stopped halfway,
        # with whatever locks the libraries in it hold: what it was calling is of no use here.
        halfway, self._lock, self._in_use = self._in_use, threading.RLock(), False
        if (self._shared or halfway) and not self._ended and self._inherited_from is None:
            self._inherited_from = os.getppid()


def _after_fork_in_child() -> None:
    for opened in list(_all):
        opened._after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
