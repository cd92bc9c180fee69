"""What a way of learning inverse kinematics is to the harness.

A method is a frozen dataclass: its fields are its settings. Its one duty is `learn`, a generator that yields
after every unit of work. Between yields the harness stops the clock and judges the model, so evaluation cannot
leak into training time, and forward calls are counted outside the method.
"""

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from emssl_bench.data import TrainingData
from emssl_bench.exceptions import InvalidValue
from emssl_bench.forward import ForwardModel
from emssl_bench.methods.checkpoint import UNINTERRUPTED, Checkpoint
from emssl_bench.seeding import Seeds
from emssl_bench.shapes import JointAngles, Positions
from emssl_bench.solvers.network_inverse import NetworkInverse


@runtime_checkable
class InverseModel(Protocol):
    """Joint angles that should bring the end effector to given positions."""

    def joint_angles(self, positions: Positions) -> JointAngles:
        """Joint angles (n, dof) [rad] for positions (n, 3) [m]."""
        ...


@runtime_checkable
class SavableModel(InverseModel, Protocol):
    """An inverse model that can be written to a file and read back, without pickles: arrays, and JSON beside them."""

    def saved(self) -> tuple[Mapping[str, np.ndarray], Mapping[str, Any]]:
        """All that its answers follow from: arrays of numbers by name, and settings that JSON can hold."""
        ...

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> "SavableModel":
        """The model that `saved` gave these of."""
        ...


@dataclass(frozen=True)
class Progress:
    """How far a method is, and the model it has so far."""

    model: InverseModel
    gradient_steps: int
    """Steps taken on the inverse model since the start."""
    loss: float
    """Mean training loss at the end of the last unit of work; one that is not finite ends the trial."""
    other_gradient_steps: int = 0
    """Steps taken on other networks: a learned forward model, a discriminator."""


@dataclass(frozen=True)
class Phase:
    """What a method is busy with while it has no new model to show."""

    what: str
    share: float | None = None
    """How much of it is done, from 0 to 1, where that is known."""


_SECONDS_BETWEEN_PHASES = 1.0
_told_to: Callable[[Phase], None] | None = None
_last: tuple[str, float] = ("", 0.0)


def phases_told_to(tell: Callable[[Phase], None] | None) -> None:
    """From here on, in this process, `busy_with` tells so; None, as at the start, that nobody listens."""
    global _told_to, _last
    _told_to, _last = tell, ("", 0.0)


def busy_with(what: str, share: float | None = None) -> None:
    """For a method, or what it calls, to say what it is doing: it is shown beside the trial, and changes nothing.

    Args:
        what: in a few words, e.g. "learning the forward model".
        share: how much of it is done, from 0 to 1, where that is known. It may be called as often as one likes.
    """
    global _last
    if _told_to is None:
        return
    now = time.monotonic()
    if what != _last[0] or now - _last[1] >= _SECONDS_BETWEEN_PHASES:
        _last = (what, now)
        _told_to(Phase(what, share))


def setting(
    default: Any, help: str, *, least: float = -math.inf, above: float = -math.inf, below: float = math.inf
) -> Any:
    """A dataclass field with a sentence that says what it is, and what a number in it must be."""
    return field(default=default, metadata={"help": help, "least": least, "above": above, "below": below})


@dataclass(frozen=True, kw_only=True)
class Method(ABC):
    """A way to learn an inverse model."""

    title: ClassVar[str]
    """As it stands in tables."""
    uses_joint_angles: ClassVar[bool] = True
    """Whether it learns from labelled pairs; if not, it is given positions only."""

    differentiates_arm: ClassVar[bool] = False
    """Whether it needs the arm's gradient: then its forward model is a `CountedChain`, no black box."""

    resumable: ClassVar[bool] = False
    """Whether its loop is `checkpoint.iterations`, so that it can go on after an interruption."""

    def __post_init__(self) -> None:
        """Raises:
        InvalidValue: a number is outside what its setting allows.
        """
        for each in fields(self):
            value = getattr(self, each.name)
            for number in value if isinstance(value, tuple) else (value,):
                if isinstance(number, (int, float)) and not _allowed(number, each.metadata):
                    raise InvalidValue(f"{each.name} must be {_bounds(each.metadata)}, not {str(number)[:40]}.")

    @abstractmethod
    def learn(
        self,
        data: TrainingData,
        forward: ForwardModel,
        seeds: Seeds,
        device: str,
        checkpoint: Checkpoint = UNINTERRUPTED,
    ) -> Iterator[Progress]:
        """Yields the model after every unit of work: a sampling round, or as many epochs.

        Args:
            data: positions to reach, with their joint angles if `uses_joint_angles`.
            forward: the arm, a black box unless it `differentiates_arm`.
            seeds: streams named by what they are for.
            device: "cpu" or "cuda".
            checkpoint: runs the loop, if the method is `resumable`; others need not take it.
        """

    @property
    @abstractmethod
    def units(self) -> int:
        """How many times `learn` yields."""


@runtime_checkable
class Adaptable(Protocol):
    """A method that can go on from a learned model when the arm has changed."""

    def adapt(
        self,
        model: NetworkInverse,
        data: TrainingData,
        changed: ForwardModel,
        samples: int,
        seeds: Seeds,
        checkpoint: Checkpoint = UNINTERRUPTED,
    ) -> Iterator[Progress]:
        """Yields the model as it stands, then after every iteration.

        Args:
            model: what was learned on the unchanged arm; it is trained further in place.
            data: what it was learned from, with its joint angles if the method `uses_joint_angles`.
            changed: the changed arm, a black box.
            samples: calls of it in an iteration.
            seeds: streams of the adaptation's own.
            checkpoint: runs the loop.
        """
        ...


LARGEST = 1e15
"""No setting needs a larger number, and beyond it whole numbers are no longer exact as floats."""


def _allowed(number: float, bounds: Mapping[str, float]) -> bool:
    return (
        -LARGEST <= number <= LARGEST
        and number >= bounds.get("least", number)
        and number > bounds.get("above", -math.inf)
        and number < bounds.get("below", math.inf)
    )


def _bounds(bounds: Mapping[str, float]) -> str:
    words = (("least", "at least"), ("above", "over"), ("below", "below"))
    said = [f"{word} {bounds[key]:g}" for key, word in words if math.isfinite(bounds.get(key, math.inf))]
    return "a number " + " and ".join([*said, f"at most {LARGEST:g}"])
