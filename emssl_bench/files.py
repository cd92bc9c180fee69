"""Files that a crash cannot spoil: written whole or not at all, locked by one run at a time, moved and never lost."""

import json
import os
import re
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import psutil

from emssl_bench.errors import FolderBusy, RecordError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

LOCK = ".lock"
_LEFTOVER = re.compile(r"\..+\.(\d{1,9})")


def write_atomically(path: Path, content: bytes) -> None:
    """Writes a file so that at any moment it is there whole or not at all.

    Raises:
        RecordError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with open(aside, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise RecordError(f"{path} cannot be written ({error.strerror}).") from None


def remove_leftovers(paths: Iterable[Path]) -> None:
    """Removes, of the files given, what `write_atomically` left half written when its process was killed."""
    for path in paths:
        found = _LEFTOVER.fullmatch(path.name)
        # A report may be writing beside us: what a living process has begun is its own.
        if found and path.is_file() and not psutil.pid_exists(int(found[1])):
            path.unlink(missing_ok=True)


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
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise RecordError(f"{path} cannot be written ({error.strerror}).") from None
    try:
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
    since = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    holder = {"process": os.getpid(), "host": socket.gethostname(), "since": since}
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, (json.dumps(holder) + "\n").encode())
    except OSError as error:
        raise RecordError(f"{path} cannot be written ({error.strerror}).") from None


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text())
        return f"another command (process {holder['process']} on {holder['host']}, since {holder['since']})"
    except (OSError, ValueError, TypeError, KeyError):  # it has only just taken it
        return "another command"
