"""What a method is to the harness: a way to learn inverse kinematics.

A method is a frozen dataclass: its fields are its settings. Its one duty is `learn`, a generator that yields a
solver after every unit of work. Between yields the harness stops the clock and evaluates the solver, so evaluation
cannot leak into training time, and queries of the arm are counted outside the method.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Protocol, runtime_checkable

from emssl_bench.data import TrainingData
from emssl_bench.exceptions import InvalidValue
from emssl_bench.forward import ForwardModel
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.checkpoint import UNINTERRUPTED, Checkpoint
from emssl_bench.seeding import Seeds
from emssl_bench.shapes import JointAngles, Targets
from emssl_bench.solvers.base import Solver
from emssl_bench.tasks import Task


@dataclass(frozen=True)
class Problem:
    """What a method is given: what to learn from, on which arm, and with what randomness."""

    data: TrainingData
    forward: ForwardModel
    """The arm, a black box unless the method `differentiates_arm`."""
    seeds: Seeds
    """Streams named by what they are for."""
    device: str = "cpu"
    """"cpu" or "cuda"."""
    checkpoint: Checkpoint = UNINTERRUPTED
    """Runs the loop of a method that is `resumable`; others need not use it."""

    @property
    def task(self) -> Task:
        """What a target is."""
        return self.data.task

    @property
    def targets(self) -> Targets:
        """(n, columns) of the task, the training targets; positions are (n, 3) [m]."""
        return self.data.targets

    @property
    def joint_angles(self) -> JointAngles:
        """(n, dof) [rad], the labels of the targets.

        Raises:
            LabelsWithheld: the method declares that it uses none.
        """
        return self.data.joint_angles

    @property
    def joint_space(self) -> JointSpace:
        """The joint angles that solutions are taken from."""
        return self.data.joint_space

    def query(self, joint_angles: JointAngles) -> Targets:
        """What the arm reaches with joint angles (n, dof) [rad]: (n, columns), a query of the arm each."""
        return self.task.reached(self.forward, joint_angles)


@dataclass(frozen=True)
class Progress:
    """How far a method is: the solver that it has so far, and what that has cost."""

    solver: Solver
    costs: Mapping[str, int] = field(default_factory=dict)
    """Since the start, by name: "gradient_steps" on the solver, "other_gradient_steps" on other networks (a learned
    forward model, a discriminator). A method that takes none names none."""
    loss: float | None = None
    """Mean training loss at the end of the last unit of work, where there is one; not finite, it ends the trial."""


def setting(
    default: Any, help: str, *, least: float = -math.inf, above: float = -math.inf, below: float = math.inf
) -> Any:
    """A dataclass field with a sentence that says what it is, and what a number in it must be."""
    return field(default=default, metadata={"help": help, "least": least, "above": above, "below": below})


@dataclass(frozen=True, kw_only=True)
class Method(ABC):
    """A way to learn a solver."""

    title: ClassVar[str]
    """As it stands in tables."""
    uses_joint_angles: ClassVar[bool] = True
    """Whether it learns from labelled pairs; if not, it is given targets only."""

    differentiates_arm: ClassVar[bool] = False
    """Whether it needs the arm's gradient: then its forward model is a `CountedChain`, no black box."""

    learns_network: ClassVar[bool] = True
    """Of one with `adapt`: whether its solver is a `NetworkSolver`, whose input can be mapped to fit a changed arm."""

    resumable: ClassVar[bool] = False
    """Whether its loop is `checkpoint.iterations`, so that it can go on after an interruption."""

    requires: ClassVar[Mapping[str, str]] = {}
    """Of one of ours: packages that it needs and the suite does not, each with the extra that brings it."""

    of_task: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Defaults of settings by the name of the task, where they are others than for positions."""

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
    def learn(self, problem: Problem) -> Iterator[Progress]:
        """Yields the solver after every unit of work: a sampling round, or as many epochs.

        Args:
            problem: the targets, with their joint angles if `uses_joint_angles`, and the arm.
        """

    @property
    @abstractmethod
    def units(self) -> int:
        """How many times `learn` yields."""


@runtime_checkable
class Adaptable(Protocol):
    """A method that can go on from a learned solver when the arm has changed."""

    def adapt(self, solver: Solver, problem: Problem, samples: int) -> Iterator[Progress]:
        """Yields the solver as it stands, then after every iteration.

        Args:
            solver: what was learned on the unchanged arm; it is trained further in place.
            problem: what it was learned from, on the changed arm, with streams of the adaptation's own.
            samples: queries of the changed arm in an iteration.
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
