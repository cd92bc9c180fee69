"""The run-time checker of the tests: the shapes in signatures, by beartype.

Hints without a shape are left to pyright. Tests give stand-ins for many of them, and what users give wrongly on
purpose is to reach the suite's own checks.
"""

from collections.abc import Callable
from typing import Any, get_args

from beartype import beartype
from jaxtyping import AbstractArray


def checker(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, checking its arguments and its result against those of its hints that say a shape."""
    function.__annotations__ = {name: hint for name, hint in function.__annotations__.items() if _says_a_shape(hint)}
    return beartype(function)


def _says_a_shape(hint: Any) -> bool:
    """Whether the hint is an array of a shape, or is made of some, as `Positions | None` is."""
    return (isinstance(hint, type) and issubclass(hint, AbstractArray)) or any(map(_says_a_shape, get_args(hint)))
