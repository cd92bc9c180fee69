"""Compiling of scalar loops, by numba; without it they run as they stand, a thousand times slower.

The same source runs either way. It must be both what numba compiles and plain Python: loops over elements of NumPy
arrays, no divisions by zero, no fast mathematics. Answers then agree to rounding.
"""

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

try:
    import numba
except ImportError:
    numba = None

F = TypeVar("F", bound=Callable[..., Any])
AVAILABLE = numba is not None
"""Whether loops are compiled."""


def compiled(function: F) -> F:
    """The function, compiled when it is first called, and kept on disk for later processes."""
    if numba is None:
        return function
    plain = inspect.unwrap(function)  # in tests, without the checks of shapes around it
    made: Any = numba.njit(cache=True, nogil=True, error_model="numpy")(plain)
    return made


@functools.cache
def warn_if_slow() -> None:
    """Says, once in a process, that numba is missing."""
    if not AVAILABLE:
        warnings.warn("numba is not installed: solving is a thousand times slower (pip install numba).", stacklevel=3)
