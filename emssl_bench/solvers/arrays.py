"""What solvers share that are NumPy arrays: how they are saved, and what is checked of a file before it is read."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from emssl_bench.exceptions import ModelError
from emssl_bench.joint_space import JointSpace
from emssl_bench.shapes import LARGEST
from emssl_bench.solvers import saved_settings
from emssl_bench.solvers.base import Solver
from emssl_bench.tasks import Task, task

MOST = 10**9
"""The largest count in a saved model."""


class ArraySolver(Solver):
    """A solver that is saved as arrays in double precision, with the bounds of its joint space among its settings."""

    dtype: ClassVar[str] = "F64"
    """Of its arrays, as safetensors has it."""
    whole: ClassVar[Mapping[str, int]]
    """Those of its settings that are whole numbers, with the least that each can be."""
    numbers: ClassVar[tuple[str, ...]]
    """Those that are numbers."""

    @abstractmethod
    def saved(self) -> tuple[Mapping[str, np.ndarray], Mapping[str, Any]]:
        """All that its solutions follow from (`SavableSolver`)."""

    @classmethod
    @abstractmethod
    def made(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Self:
        """The solver of these, which are known to be what `saved` gives."""

    @staticmethod
    @abstractmethod
    def shapes(settings: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
        """The arrays that a solver of these settings has, and their shapes."""

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Self:
        """The solver of which `saved` gave these.

        Raises:
            ModelError: they are not what `saved` gives.
        """
        saved_settings.check_all(cls, arrays, settings)
        return cls.made({name: np.array(array) for name, array in arrays.items()}, settings)

    @staticmethod
    def dof(settings: Mapping[str, Any]) -> int:
        """Joint angles in a solution of one with these settings."""
        return len(settings["lower"])

    @classmethod
    def check_settings(cls, settings: Mapping[str, Any]) -> None:
        """Raises:
        ModelError: something is missing, there is too much, or a value is of the wrong kind or impossible.
        """
        saved_settings.check(settings, ("task", "lower", "upper", *cls.whole, *cls.numbers), cls.whole, MOST)
        lower, upper = settings["lower"], settings["upper"]
        if not (isinstance(lower, list) and isinstance(upper, list) and all(map(_is_number, [*lower, *upper]))):
            raise ModelError("its lower and upper must be lists of numbers")
        if not (len(lower) == len(upper) > 0 and all(low < high for low, high in zip(lower, upper, strict=True))):
            raise ModelError("its lower bounds must be below the upper ones")
        for name in cls.numbers:
            if not _is_number(settings[name]):
                raise ModelError(f"its {name} must be a number")

    @staticmethod
    def check_arrays(arrays: Mapping[str, np.ndarray]) -> None:
        """Raises:
        ModelError: an array is in another precision, not finite or impossible.
        """
        for name, array in arrays.items():
            if array.dtype != np.float64 or not (np.abs(array) <= LARGEST).all():
                raise ModelError(f"its {name} must be finite numbers in float64")


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= LARGEST


def described(of: Task, space: JointSpace) -> dict[str, Any]:
    """The settings that all have: the task, and the bounds of the joint space."""
    return {"task": of.text, "lower": list(space.lower), "upper": list(space.upper)}


def task_and_space(settings: Mapping[str, Any]) -> tuple[Task, JointSpace]:
    """What `described` was given."""
    return task(settings["task"]), JointSpace(tuple(settings["lower"]), tuple(settings["upper"]))


def coordinates_size(settings: Mapping[str, Any]) -> int:
    """How many coordinates the task of these settings has."""
    of_task = task(settings["task"])
    return of_task.coordinates(np.empty((0, of_task.columns))).shape[1]
