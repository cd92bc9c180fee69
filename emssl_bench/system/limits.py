"""What the system refuses, said in one line with what would help; and numbers of files that are safe."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from emssl_bench.exceptions import SystemLimit

try:
    import fcntl
except ImportError:  # not a POSIX system, as is said when a process is wanted
    fcntl = None


@contextmanager
def refused_by_the_system(what: str) -> Iterator[None]:
    """Says what is refused, and what would help.

    Raises:
        SystemLimit: instead of an OSError.
    """
    helps = {
        errno.EMFILE: "close what is no longer used, ask for fewer workers or raise the limit of files (ulimit -n)",
        errno.ENFILE: "close what is no longer used, or ask for fewer workers",
        errno.EAGAIN: "ask for fewer workers or raise the limit of processes (ulimit -u)",
        errno.ENOMEM: "ask for fewer workers or free some memory",
        errno.ENOSPC: "ask for fewer workers, or let TMPDIR name a folder with room",
        errno.EFBIG: "raise the limit of file sizes (ulimit -f)",
    }
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        help_ = helps.get(error.errno or 0, "look at its limits of processes, files and memory")
        raise SystemLimit(f"{what} ({reason}): {help_}; forward='chain' needs no worker.") from None


def above_standard_streams(descriptor: int) -> int:
    """The same file under a number above 2: where standard output is closed, C code would print into it."""
    if descriptor > 2 or fcntl is None:
        return descriptor
    try:
        return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 3)
    finally:
        os.close(descriptor)


def is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
