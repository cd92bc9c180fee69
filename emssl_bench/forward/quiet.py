"""Silence for C code that prints: PyBullet writes past Python's own streams."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silent_c_output() -> Iterator[None]:
    """Keeps what C code prints (PyBullet's banner) out of this process's standard output and error."""
    saved = [os.dup(1), os.dup(2)]
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            for number, copy in enumerate(saved, start=1):
                os.dup2(copy, number)
                os.close(copy)
