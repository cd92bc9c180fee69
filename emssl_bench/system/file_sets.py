"""Files that belong together: all of them are replaced, or none.

They are written into a folder of their own. Renaming that folder decides: from then on whoever comes next finishes
moving its files to their places, should the process be killed meanwhile. The cover, a file that is about the others,
is away while they are moved, so that it never stands beside files of another state.
"""

import errno
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from emssl_bench.exceptions import FolderBusy, RecordError
from emssl_bench.system.files import move_aside, new_name, read_regular, try_lock, write_atomically

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

_READY = ".emssl-bench-ready"
_NOTES = ".notes"
"""In a folder that is ready: which file is the cover, and what is to be removed."""
_UNFINISHED = re.compile(r"\.emssl-bench-[0-9a-f]{16}-\d+\.set")
_LONGEST_WAIT_SECONDS = 20
_LONGEST_NOTES = 2**20


@contextmanager
def together(
    folder: Path, cover: str, mine: Callable[[], set[str] | None], tell: Callable[[str], None]
) -> Iterator[Path]:
    """A folder to write files into that take their places in `folder` once all are written.

    What is written earlier by this suite and now is not there is removed. What is somebody else's and in the way is
    set aside.

    Args:
        folder: where to; made where it is not there.
        cover: the name of the file that is about the others.
        mine: which files in `folder`, as relative paths, are from the last time; None if that is not known, but those
            in the way are of this suite.
        tell: told in one line of what is set aside.

    Raises:
        RecordError: something cannot be written or moved.
        FolderBusy: another process is moving its files for long.
    """
    with ExitStack() as stack:
        with _said(folder / cover):
            folder.mkdir(parents=True, exist_ok=True)
            staged = folder / new_name("set")
            staged.mkdir()
            stack.callback(shutil.rmtree, staged, ignore_errors=True)  # nothing, once it is the one that is ready
            stack.enter_context(_holding(staged))
        yield staged
        with _said(folder / cover), _holding(folder, wait=True):
            _finish(folder)
            _prepare(staged, folder, cover, mine(), tell)
            os.rename(staged, folder / _READY)
            _finish(folder)


@contextmanager
def _said(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RecordError(f"{path} cannot be written ({error.strerror}).") from None


def finish(folder: Path) -> None:
    """Finishes what a killed process was moving, and removes what one had not finished writing.

    Raises:
        RecordError: something cannot be moved.
        FolderBusy: another process is moving its files for long.
    """
    if not folder.is_dir():
        return
    try:
        for path in folder.glob(".emssl-bench-*.set"):
            if _UNFINISHED.fullmatch(path.name) and path.is_dir() and not path.is_symlink():
                with _holding(path) as alone:
                    if alone:
                        shutil.rmtree(path, ignore_errors=True)
        if (folder / _READY).is_dir():
            with _holding(folder, wait=True):
                _finish(folder)
    except OSError as error:
        raise RecordError(f"{folder}: an earlier report cannot be put in place ({error.strerror}).") from None


def _prepare(staged: Path, folder: Path, cover: str, mine: set[str] | None, tell: Callable[[str], None]) -> None:
    """Makes way, and notes what moving the files needs to know.

    Raises:
        OSError: they will not be moved; nothing has been.
    """
    new = _files(staged)
    parents = sorted({str(Path(name).parent) for name in new} - {"."})
    in_the_way = [name for name in parents if os.path.lexists(folder / name) and not (folder / name).is_dir()]
    in_the_way += [name for name in new if _in_the_way(staged / name, folder / name, mine is None or name in mine)]
    for name in (".", *parents):
        if (folder / name).is_dir() and not os.access(folder / name, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    for name in in_the_way:
        move_aside(folder / name, folder / "set-aside" / name)
    if in_the_way:
        others = f" and {len(in_the_way) - 1} more" if len(in_the_way) > 1 else ""
        tell(f"{folder / in_the_way[0]}{others}: not of a report of this suite, moved to {folder / 'set-aside'}.")
    stale = sorted((mine or set()) - set(new))
    write_atomically(staged / _NOTES, json.dumps({"cover": cover, "stale": stale}).encode())


def _in_the_way(new: Path, old: Path, ours: bool) -> bool:
    """Whether what is there would be lost, or cannot be replaced."""
    if not os.path.lexists(old):
        return False
    if old.is_dir():
        return True
    if ours:
        return False
    content = new.read_bytes()
    try:
        return read_regular(old, len(content)) != content
    except OSError:
        return True


def _finish(folder: Path) -> None:
    """Moves the files of what is ready, if there is such a folder; the caller holds `folder`."""
    try:
        _move(folder / _READY, folder)
    except BaseException:  # an interruption, most likely: once more, for there is little left to do
        _move(folder / _READY, folder)
        raise


def _move(ready: Path, folder: Path) -> None:
    if not ready.is_dir():
        return
    if os.path.lexists(ready / _NOTES):
        notes = json.loads(read_regular(ready / _NOTES, _LONGEST_NOTES))
        cover = notes["cover"]
        names = _files(ready)
        if cover in names:  # or all others have been moved
            (folder / cover).unlink(missing_ok=True)
            for name in names:
                if name != cover:
                    (folder / name).parent.mkdir(parents=True, exist_ok=True)
                    _place(ready / name, folder / name)
            _remove(notes["stale"], folder)
            _place(ready / cover, folder / cover)
    shutil.rmtree(ready)


def _place(file: Path, target: Path) -> None:
    try:
        os.replace(file, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        write_atomically(target, file.read_bytes())  # its folder is a link to another file system
        file.unlink()


def _remove(names: Iterable[str], folder: Path) -> None:
    for name in names:
        path = folder / name
        if path.is_file() or path.is_symlink():
            path.unlink(missing_ok=True)


def _files(folder: Path) -> list[str]:
    """The files within, as relative paths; not those whose names begin with a dot."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    )


@contextmanager
def _holding(folder: Path, wait: bool = False) -> Iterator[bool]:
    """Locks a folder itself, where the system has such locks; whether nobody else has it."""
    if fcntl is None:
        yield False
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        until = time.monotonic() + _LONGEST_WAIT_SECONDS
        while not (alone := try_lock(descriptor)) and wait and _taken_by_another(descriptor):
            if time.monotonic() > until:
                raise FolderBusy(f"{folder}: another command is putting its report in place; try again.")
            time.sleep(0.05)
        yield alone
    finally:
        os.close(descriptor)


def _taken_by_another(descriptor: int) -> bool:
    """Whether that is why it cannot be locked, and not that this file system has no locks."""
    assert fcntl is not None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in (errno.EAGAIN, errno.EACCES)
    return False
