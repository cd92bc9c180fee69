"""What the settings of every saved solver of ours must have, before it is made of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from emssl_bench.exceptions import EmsslBenchError, ModelError
from emssl_bench.tasks import TASKS, task


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
