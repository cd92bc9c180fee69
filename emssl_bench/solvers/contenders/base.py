"""What is compared in the table of solvers, ours and those of other packages: a target in, joint angles out."""

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

import numpy as np

from emssl_bench.joint_space import JointSpace
from emssl_bench.shapes import JointAngles, Solutions, Targets
from emssl_bench.solvers.base import Solver
from emssl_bench.tasks import Task
from robots.spec import RobotSpec


class Answer(NamedTuple):
    """What a solver says of one target."""

    joint_angles: np.ndarray
    """(dof,) [rad], or [m] on a prismatic joint."""
    claimed: bool | None = None
    """Whether the solver says that they reach the target; None where it does not tell."""
    steps: int | None = None
    """Iterations, of all tries together; None where it does not tell."""
    tries: int | None = None
    queries: int | None = None
    """Of the arm; None for a solver that makes none."""
    queries_to: tuple[float, ...] | None = None
    """Queries to 1 mm and to 0.1 mm, infinite where it did not come so near."""


class Contender(ABC):
    """A solver with its settings, called as its own users would.

    What is said of it in class variables is read without importing its package; `__init__` imports.
    """

    title: ClassVar[str]
    """As the table says it, with the settings that matter."""
    packages: ClassVar[Mapping[str, str]] = {}
    """What must be installed beside the suite: module to the name that pip knows."""
    knows: ClassVar[str] = "geometry, limits"
    """What it is given of the arm."""
    tolerance: ClassVar[str]
    """At which it stops, in its own terms."""
    keeps_limits: ClassVar[bool] = True
    """Whether it is told of the joints' limits, and keeps them."""
    threads: ClassVar[int] = 1
    """That compute for one target."""
    tasks: ClassVar[tuple[str, ...]] = ("position", "pose")
    needs_model: ClassVar[bool] = False
    """Whether it starts from a trained model."""

    draws: bool = False
    """Whether it has several answers to a target: `solutions`."""

    @abstractmethod
    def __init__(self, robot: RobotSpec, space: JointSpace, task: Task, model: Solver | None = None):
        """
        Args:
            robot: the arm.
            space: its joints' limits.
            task: what a target is.
            model: a trained model of this arm, for one that `needs_model`.

        Raises:
            MissingDependency: its package is not installed.
            CannotSolve: it has no way to solve this arm; says why.
        """

    @abstractmethod
    def answer(self, target: np.ndarray) -> Answer | None:
        """Joint angles for one target (columns,); None: it gives no answer."""

    def answers(self, targets: Targets) -> JointAngles:
        """Joint angles (n, dof) for many targets, not a number where there is no answer, in the fastest way it has."""
        found = np.full((len(targets), self.dof), np.nan)
        for row, target in zip(found, targets, strict=True):
            if answer := self.answer(target):
                row[:] = answer.joint_angles
        return found

    def solutions(self, targets: Targets, samples: int) -> Solutions:
        """So many solutions of each target (n, samples, dof), of one that `draws`; others repeat their answer."""
        return self.answers(targets)[:, None].repeat(samples, axis=1)

    def follow(self, target: np.ndarray, before: np.ndarray) -> Answer | None:
        """As `answer`, where joint angles (dof,) for a target nearby are known; by default they are not used."""
        return self.answer(target)

    dof: int
    training_queries: int = 0
    """Queries of the arm that were made before the first target."""

    @classmethod
    def not_installed(cls) -> list[str]:
        """The packages that it lacks, as pip knows them."""
        return [name for module, name in cls.packages.items() if importlib.util.find_spec(module) is None]
