"""What every saved solver of ours must have, before it is made of that."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from emssl_bench.exceptions import EmsslBenchError, ModelError
from emssl_bench.scaling import Normaliser
from emssl_bench.shapes import LARGEST
from emssl_bench.tasks import TASKS, task


class Checked(Protocol):
    """What checks the parts of a saved solver, each with ModelError: settings first, then what is to go with them."""

    def check_settings(self, settings: Mapping[str, Any]) -> None: ...

    def shapes(self, settings: Mapping[str, Any]) -> dict[str, tuple[int, ...]]: ...

    def check_arrays(self, arrays: Mapping[str, np.ndarray]) -> None: ...


def check_all(kind: Checked, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> None:
    """Checks what is to become a solver of this class.

    Raises:
        ModelError: the arrays and settings are not what `saved` gives of it.
    """
    kind.check_settings(settings)
    if {name: array.shape for name, array in arrays.items()} != kind.shapes(settings):
        raise ModelError("its arrays are not of the shapes that its settings give")
    kind.check_arrays(arrays)


def scale(described: Mapping[str, Any]) -> Normaliser:
    """The scale that JSON had, once `check_scale` has passed it."""
    return Normaliser(tuple(described["lower"]), tuple(described["upper"]), described["low"], described["high"])


def check(settings: Mapping[str, Any], names: Sequence[str], whole: Mapping[str, int], most: int) -> None:
    """Checks names, the task and whole numbers; what else there is, is the solver's to check.

    Args:
        settings: of a solver, "task" among them.
        names: all that there must be.
        whole: those that are whole numbers, with the least that each can be.
        most: the largest whole number.

    Raises:
        ModelError: something is missing, there is too much, or a value is of the wrong kind or impossible.
    """
    if settings.keys() != set(names):
        raise ModelError(f"its settings must be {', '.join(names)}")
    try:
        task(str(settings["task"]))
    except EmsslBenchError as error:
        raise ModelError(f"its task must be one of {', '.join(TASKS)}, with its settings: {error}") from None
    for name, least in whole.items():
        value = settings[name]
        if type(value) is not int or not least <= value <= most:
            raise ModelError(f"its {name} must be a whole number from {least} to {most:g}")


def check_widths(name: str, widths: Any, most_layers: int, most: int) -> None:
    """Checks the widths of hidden layers.

    Raises:
        ModelError: they are no list of whole numbers from 1 to `most`, or of more layers than `most_layers`.
    """
    if not isinstance(widths, list | tuple) or len(widths) > most_layers:
        raise ModelError(f"its {name} must be a list of at most {most_layers}")
    if not all(type(width) is int and 1 <= width <= most for width in widths):
        raise ModelError(f"its {name} must be whole numbers from 1 to {most:g}")


def check_scale(name: str, scale: Any, columns: int) -> None:
    """Raises:
    ModelError: the scale describes no `Normaliser` of so many columns.
    """
    if not isinstance(scale, dict) or scale.keys() != {"lower", "upper", "low", "high"}:
        raise ModelError(f"its {name} must have lower, upper, low and high")
    lower, upper = scale["lower"], scale["upper"]
    if not all(isinstance(each, list | tuple) and len(each) == columns for each in (lower, upper)):
        raise ModelError(f"the lower and upper of its {name} must have {columns} numbers each")
    for value in (*lower, *upper, scale["low"], scale["high"]):
        if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= LARGEST:
            raise ModelError(f"its {name} must have numbers within ±{LARGEST:,.0f}")
    if not all(low <= high for low, high in zip(lower, upper, strict=True)) or not scale["low"] < scale["high"]:
        raise ModelError(f"the lower bounds of its {name} must not be above the upper ones")
