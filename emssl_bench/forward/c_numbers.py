"""Numbers that C code reads from text: with a decimal point, whatever the locale of the process is.

`strtod` and `sscanf`, with which PyBullet reads URDF files and meshes, take "0.2" for 0 where the locale has a decimal
comma. `locale.setlocale` decides that for the whole process, and any library or thread may call it at any time.
"""

import ctypes
import locale
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.RLock()


@contextmanager
def decimal_point() -> Iterator[None]:
    """C code called by this thread reads and writes numbers with a decimal point; other threads notice nothing."""
    library = _posix_2008()
    if library is None:
        with _decimal_point_everywhere():
            yield
        return
    here = library.uselocale(None)  # the thread's own locale, or a handle that stands for the process's
    numeric = library.newlocale(1 << locale.LC_NUMERIC, b"C", library.duplocale(here))
    library.uselocale(numeric)
    try:
        yield
    finally:
        library.uselocale(here)
        library.freelocale(numeric)


@contextmanager
def _decimal_point_everywhere() -> Iterator[None]:
    """For systems on which a thread has no locale of its own."""
    with _lock:
        before = locale.setlocale(locale.LC_NUMERIC)
        locale.setlocale(locale.LC_NUMERIC, "C")
        try:
            yield
        finally:
            locale.setlocale(locale.LC_NUMERIC, before)


def _posix_2008() -> ctypes.CDLL | None:
    """The C library, if it has locales of threads."""
    try:
        library = ctypes.CDLL(None)
        for name in ("uselocale", "duplocale"):
            getattr(library, name).argtypes = [ctypes.c_void_p]
            getattr(library, name).restype = ctypes.c_void_p
        library.newlocale.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p]
        library.newlocale.restype = ctypes.c_void_p
        library.freelocale.argtypes = [ctypes.c_void_p]
    except (AttributeError, TypeError):
        return None
    return library
