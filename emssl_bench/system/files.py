"""Files that a crash cannot spoil: written whole or not at all, locked by one run at a time, moved and never lost.

What is half written has a name that is ours alone and is locked by who writes it, so that what a killed process left
can be told from what another is writing, and both from what is somebody else's.
"""

import errno
import json
import os
import re
import secrets
import socket
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from emssl_bench.exceptions import FolderBusy, RecordError, one_line

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

LOCK = ".lock"
LEFTOVERS = ".emssl-bench-*.tmp"
"""A pattern that fits all that a killed process may have left half written, and little else."""
_LEFTOVER = re.compile(r"\.emssl-bench-[0-9a-f]{16}-\d+\.tmp")
_LONGEST_SIGNATURE = 4096


def write_atomically(path: Path, content: bytes) -> None:
    """Writes a file so that at any moment it is there whole or not at all.

    Raises:
        RecordError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside, descriptor = _begun(path.parent)
        try:
            with open(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                if fcntl is not None:  # what is open cannot be renamed on Windows
                    os.replace(aside, path)
            if fcntl is None:
                os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise RecordError(f"{path} cannot be written ({error.strerror}).") from None


def new_name(ending: str) -> str:
    """A name for what is not finished, which nothing else has."""
    return f".emssl-bench-{secrets.token_hex(8)}-{os.getpid()}.{ending}"


def _begun(folder: Path) -> tuple[Path, int]:
    """A new file in the folder, locked, and its descriptor."""
    while True:
        aside = folder / new_name("tmp")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        try:
            try_lock(descriptor)
            if aside.exists():  # or it was taken for a leftover before it was locked
                return aside, descriptor
        except BaseException:
            os.close(descriptor)
            aside.unlink(missing_ok=True)
            raise
        os.close(descriptor)


def try_lock(descriptor: int) -> bool:
    """Locks an open file or folder for this process; False where another has it, or there are no locks."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def check_writable(folder: Path) -> None:
    """Makes the folder where it is not there.

    Raises:
        RecordError: nothing can be written in it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        aside, descriptor = _begun(folder)
        aside.unlink()
        os.close(descriptor)
    except OSError as error:
        raise RecordError(f"{folder} cannot be written ({error.strerror}).") from None


def remove_leftovers(paths: Iterable[Path]) -> None:
    """Removes, of the files given, what `write_atomically` left half written when its process was killed."""
    for path in paths:
        if not _LEFTOVER.fullmatch(path.name):
            continue
        try:
            descriptor = open_regular(path)
        except OSError:
            continue
        try:
            # A report may be writing beside us: what a living process has begun is its own, and locked, on whatever
            # machine it is. Windows does not remove what is open.
            if fcntl is None or try_lock(descriptor):
                path.unlink(missing_ok=True)
        except OSError:
            pass
        finally:
            os.close(descriptor)


def open_regular(path: Path) -> int:
    """A descriptor for reading; never waits.

    Raises:
        OSError: it cannot be opened, or is no regular file: a pipe, a device, a folder.
    """
    # Who opens a pipe waits for somebody to write into it.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return descriptor


def read_regular(path: Path, most_bytes: int) -> bytes:
    """The whole content of a file; never waits, and never reads without end.

    Args:
        path: the file, or a link to one.
        most_bytes: more than any file of its kind has.

    Raises:
        OSError: it cannot be read, is no regular file, or is larger.
    """
    descriptor = open_regular(path)
    with open(descriptor, "rb") as file:
        if os.fstat(descriptor).st_size <= most_bytes:
            content = file.read(most_bytes + 1)
            if len(content) <= most_bytes:
                return content
    raise OSError(errno.EFBIG, f"it is larger than {most_bytes:,} bytes", str(path))


def move_aside(path: Path, target: Path) -> Path:
    """Moves a file or folder to `target`, or to the next free name after it; returns where it is now.

    Raises:
        OSError: it cannot be moved.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    free, number = target, 1
    while os.path.lexists(free):
        number += 1
        free = target.with_name(f"{target.stem}--{number}{target.suffix}")
    path.rename(free)
    return free


@contextmanager
def locked(folder: Path, tell: Callable[[str], None]) -> Iterator[None]:
    """Holds the folder for this process alone.

    The system gives the lock back when the process ends, however it ends: a killed one leaves nothing behind but
    the file, which says who had it last.

    Args:
        folder: made where it is not there.
        tell: told in one line where the system or the file system has no such locks; then nothing is held.

    Raises:
        FolderBusy: another process has it; says which, and since when.
        RecordError: the lock's file cannot be written.
    """
    path = folder / LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NONBLOCK", 0), 0o666)
    except OSError as error:
        raise RecordError(f"{path} cannot be written ({error.strerror}).") from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise RecordError(f"{path} cannot be written (it is not a regular file): move it away.")
        if _taken(path, descriptor, tell):
            _sign(path, descriptor)
        yield
    finally:
        os.close(descriptor)


def _taken(path: Path, descriptor: int, tell: Callable[[str], None]) -> bool:
    """Takes the lock; False where there are none."""
    if fcntl is None:
        tell(f"{path.parent} is not locked: this system has no file locks. Start no second run in it.")
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # what a lock that another has is answered with depends on the system
        raise FolderBusy(f"{path.parent} is in use by {_holder(path)}: wait for it, or name another folder.") from None
    except OSError as error:
        tell(f"{path.parent} is not locked ({error.strerror}): start no second run in it.")
        return False
    return True


def _sign(path: Path, descriptor: int) -> None:
    """Writes down who has the lock; a file of that name which is somebody else's keeps what it says."""
    since = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    holder = {"process": os.getpid(), "host": socket.gethostname(), "since": since}
    try:
        before = os.read(descriptor, _LONGEST_SIGNATURE)
        if before and not before.startswith(b'{"process": '):
            return
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, (json.dumps(holder) + "\n").encode())
    except OSError as error:
        raise RecordError(f"{path} cannot be written ({error.strerror}).") from None


def _holder(path: Path) -> str:
    try:
        signature = _signature(read_regular(path, _LONGEST_SIGNATURE))
    except OSError:
        signature = None
    return f"another command ({signature})" if signature else "another command"  # it has only just taken it


def _signature(content: bytes) -> str | None:
    """Who has signed, in words; None for what is no signature, or half of one."""
    try:
        holder = json.loads(content)
        return one_line(f"process {holder['process']} on {holder['host']}, since {holder['since']}")[:200]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
