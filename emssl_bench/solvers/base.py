"""What a solver is: it returns joint angles for targets, by a network, a lookup, least squares or anything else."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from emssl_bench.forward import ForwardModel
from emssl_bench.shapes import JointAnglesOfOneOrMore, Solutions, Targets
from emssl_bench.tasks import POSITION, Task


class Solver(ABC):
    """A way to find joint angles that bring the end effector to targets."""

    task: Task = POSITION
    """What a target is."""
    queries_arm: ClassVar[bool] = False
    """Whether it queries the arm for its solutions; then it must be given one, by `with_arm`."""

    def with_arm(self, forward: ForwardModel) -> "Solver":
        """The same solver, which queries this arm; itself, if it queries none."""
        return self

    @property
    def stochastic(self) -> bool:
        """Whether solutions are drawn at random, so that tables have the best of several beside the first."""
        return False

    @property
    def several(self) -> bool:
        """Whether further solutions of a target are others than its first."""
        return self.stochastic

    @abstractmethod
    def solve(self, targets: Targets, samples: int = 1) -> Solutions:
        """Several solutions of every target.

        A solution depends on its target and its sample number alone, whatever other targets the call has.

        Args:
            targets: (n, columns) of the task; positions are (n, 3) [m], in the robot's base frame.
            samples: solutions a target, 1 or more.

        Returns:
            (n, samples, dof) [rad]; a solver that knows one solution repeats it.
        """

    def joint_angles(self, targets: ArrayLike) -> JointAnglesOfOneOrMore:
        """The first solution of every target.

        Args:
            targets: (n, columns) of the task; or a single one, (columns,). Whatever holds numbers will do.

        Returns:
            (n, dof) [rad]; (dof,) for a single target.

        Raises:
            ShapeError: neither of these shapes, or not finite.
        """
        rows, single = self.task.checked_one_or_more(targets)
        found = self.solve(rows)[:, 0]
        return found[0] if single else found


@runtime_checkable
class SavableSolver(Protocol):
    """A solver that can be written to a file and read back, without pickles: arrays, and JSON beside them."""

    def solve(self, targets: Targets, samples: int = 1) -> Solutions:
        """See `Solver.solve`."""
        ...

    def joint_angles(self, targets: ArrayLike) -> JointAnglesOfOneOrMore:
        """See `Solver.joint_angles`."""
        ...

    def saved(self) -> tuple[Mapping[str, np.ndarray], Mapping[str, Any]]:
        """Everything that its solutions depend on: arrays of numbers by name, and settings that JSON can hold."""
        ...

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Self:
        """The solver of which `saved` gave these."""
        ...
