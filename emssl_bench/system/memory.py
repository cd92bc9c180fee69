"""Memory that processes share, without a name that could be left behind."""

import mmap
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from emssl_bench.system.limits import above_standard_streams, refused_by_the_system

try:
    import fcntl
except ImportError:  # not a POSIX system, as is said when a process is wanted
    fcntl = None


def shared_memory(size: int) -> tuple[mmap.mmap, int]:
    """Memory that a process can share by its descriptor, which the caller closes once it is started.

    It has no name that could be left behind, whoever is killed, and needs no room in any folder.

    Raises:
        SystemLimit: there is none.
    """
    with refused_by_the_system("no memory can be shared with a worker process"):
        try:
            descriptor = above_standard_streams(os.memfd_create("emssl-bench"))
        except (AttributeError, OSError):  # an old kernel, or none that has it: a file without a name will do
            with tempfile.TemporaryFile() as file:
                descriptor = above_standard_streams(os.dup(file.fileno()))
        try:
            os.truncate(descriptor, size)
            if hasattr(os, "posix_fallocate"):  # or a full disk would be a crash at the first write
                os.posix_fallocate(descriptor, 0, size)
            with _standard_streams_taken():  # the memory keeps a descriptor of its own
                return mmap.mmap(descriptor, size), descriptor
        except BaseException:
            os.close(descriptor)
            raise


@contextmanager
def _standard_streams_taken() -> Iterator[None]:
    """Leaves no number up to 2 to what is opened meanwhile."""
    taken = [os.open(os.devnull, os.O_RDWR)]
    try:
        while taken[-1] < 3:
            taken.append(os.dup(taken[-1]))
        yield
    finally:
        for descriptor in taken:
            os.close(descriptor)
