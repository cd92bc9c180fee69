"""Silence for C code that prints: PyBullet and pinocchio write past Python's own streams."""

import ctypes
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from emssl_bench.system.limits import above_standard_streams

_lock = threading.RLock()
if hasattr(os, "register_at_fork"):  # a child forked in between would have C's streams for ever where we put them
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


@contextmanager
def silent_c_output() -> Iterator[None]:
    """Keeps what C code prints (PyBullet's banner and warnings) out of standard output and error.

    Meanwhile C's `stdout` and `stderr` discard what is written to them. The file descriptors stay as they are, so that
    nothing is lost of what Python prints in other threads, or of what processes print that they start. Where C's
    streams cannot be exchanged, output is not silenced: losing the user's own output would be worse.
    """
    with _lock:
        streams, nowhere = _c_streams()
        before = [stream.value for stream in streams]
        try:
            for stream in streams:
                stream.value = nowhere
            yield
        finally:
            for stream, address in zip(streams, before, strict=True):
                stream.value = address


_nowhere: int | None = None


def _c_streams() -> tuple[list[ctypes.c_void_p], int | None]:
    """C's variables `stdout` and `stderr`, and a stream that discards; none where they are no variables."""
    global _nowhere
    names = {"linux": ("stdout", "stderr"), "darwin": ("__stdoutp", "__stderrp")}.get(sys.platform)
    if names is None:
        return [], None
    library = ctypes.CDLL(None)
    if sys.platform == "linux" and not hasattr(library, "gnu_get_libc_version"):
        return [], None  # musl's are constants
    if _nowhere is None:
        library.fdopen.restype = ctypes.c_void_p
        _nowhere = library.fdopen(above_standard_streams(os.open(os.devnull, os.O_WRONLY)), b"w")
        if _nowhere is None:
            return [], None
    return [ctypes.c_void_p.in_dll(library, name) for name in names], _nowhere


_CONSOLE_BRIDGE = re.compile(rb"^(?:Error|Warning): {3}.*\n(?: +at line \d+ in .*\n)?", re.MULTILINE)
"""A message of console_bridge, in which pinocchio's reader of URDF files complains."""


@contextmanager
def without_console_bridge() -> Iterator[None]:
    """Keeps the complaints of pinocchio's reader of URDF files out of standard error.

    It writes through C++'s `std::cerr`, which only the descriptor can be taken from. What others write meanwhile
    is passed on afterwards.
    """
    with _lock:
        try:
            saved = os.dup(2)
        except OSError:  # standard error is closed: there is nothing to keep it out of
            yield
            return
        with tempfile.TemporaryFile() as captured:
            os.dup2(captured.fileno(), 2)
            try:
                yield
            finally:
                os.dup2(saved, 2)
                captured.seek(0)
                words = _CONSOLE_BRIDGE.sub(b"", captured.read())
                with open(saved, "wb") as standard_error:
                    standard_error.write(words)
