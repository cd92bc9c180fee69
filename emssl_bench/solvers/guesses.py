"""Where a refinement by queries begins: joint angles for a target, and how they would have to change to move it."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from emssl_bench.exceptions import CannotSolve
from emssl_bench.joint_space import JointSpace
from emssl_bench.shapes import JointAngles, Targets
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.lookup import LookupSolver
from emssl_bench.tasks import POSITION, Task

if TYPE_CHECKING:
    from emssl_bench.solvers.corrected import CorrectedSolver
    from emssl_bench.solvers.inverted import InvertedSolver
    from emssl_bench.solvers.kinematics import Chain
    from emssl_bench.solvers.network_solver import NetworkSolver

MOST_GUESSES = 20
"""Of one target."""
_CUT = 1e-3
"""Share of the largest singular value below which a network's Jacobian is taken to have none."""

Guess = tuple[JointAngles, np.ndarray]
"""Joint angles (n, dof), and Jacobians (n, k, dof) of `Task.coordinates`, not a number where they are not known."""


class Guesses(ABC):
    """Guesses for targets."""

    exact: bool = False
    """Whether `jacobians` knows them everywhere, so that none need be measured."""

    @abstractmethod
    def first(self, targets: Targets) -> Guess:
        """The best guess for each target (n, columns)."""

    @abstractmethod
    def another(self, targets: Targets, number: int) -> Guess | None:
        """Guess number 1, 2, ... for each target, after the first; None: there are no more."""

    def jacobians(self, joint_angles: JointAngles) -> np.ndarray | None:
        """Jacobians (n, k, dof) at joint angles (n, dof), where they are known without queries."""
        return None


class RandomGuesses(Guesses):
    """Random configurations: for an arm of which nothing is known."""

    def __init__(self, space: JointSpace, task: Task = POSITION):
        self._space, self._task = space, task

    def first(self, targets: Targets) -> Guess:
        return self._drawn(targets, 0)

    def another(self, targets: Targets, number: int) -> Guess | None:
        return self._drawn(targets, number) if number < MOST_GUESSES else None

    def _drawn(self, targets: Targets, number: int) -> Guess:
        one = self._space.sample(1, np.random.default_rng((22, 2, number)))
        columns = self._task.coordinates(targets[:1]).shape[1]
        return one.repeat(len(targets), axis=0), np.full((len(targets), columns, self._space.dof), np.nan)


class LookupGuesses(Guesses):
    """Stored samples: the lookup's own solution, with the Jacobian fitted there; then the next nearest samples."""

    def __init__(self, lookup: LookupSolver):
        self._lookup = lookup

    def first(self, targets: Targets) -> Guess:
        return self._lookup.joint_angles(targets), self._lookup.jacobians(self._lookup.nearest(targets))

    def another(self, targets: Targets, number: int) -> Guess | None:
        if number >= min(MOST_GUESSES, len(self._lookup.samples)):
            return None
        nearest = self._lookup.nearest(targets, number)
        return self._lookup.samples[nearest], self._lookup.jacobians(nearest)


class OneGuess(Guesses):
    """A solver's own solution first; then others' guesses."""

    _then: Guesses

    def another(self, targets: Targets, number: int) -> Guess | None:
        return self._then.first(targets) if number == 1 else self._then.another(targets, number - 1)


class NetworkGuesses(OneGuess):
    """A network's solution first, with the pseudo-inverse of the network's own Jacobian; then others' guesses."""

    def __init__(self, solver: "NetworkSolver", then: Guesses):
        """
        Args:
            solver: of a task that says how its targets move (`Task.motions`).
            then: what to try after its one guess.
        """
        self._solver, self._then = solver, then

    def first(self, targets: Targets) -> Guess:
        """Its Jacobian is how the coordinates would change with the joint angles, were the network an exact inverse."""
        from emssl_bench.solvers.network_jacobian import linearised

        motions = self._solver.task.motions(targets)
        angles, changes = linearised(self._solver, targets, motions.features)
        return angles, motions.coordinates @ np.linalg.pinv(changes, rcond=_CUT)


class CorrectedGuesses(OneGuess):
    """A corrected solution first, with the Jacobian of the forward network that corrected it; then others' guesses."""

    def __init__(self, solver: "CorrectedSolver | InvertedSolver", then: Guesses):
        self._corrected, self._then = solver, then

    def first(self, targets: Targets) -> Guess:
        angles = self._corrected.joint_angles(targets)
        return angles, self._corrected.corrections.jacobians(angles)


class ChainGuesses(Guesses):
    """A chain that is nearly the arm's, such as one identified from measurements: solved by least squares."""

    exact = True

    def __init__(self, chain: "Chain", solver: Solver):
        """
        Args:
            chain: of positions.
            solver: solves on that chain.
        """
        self._chain, self._solver = chain, solver

    def first(self, targets: Targets) -> Guess:
        return self._solved(targets, 0)

    def another(self, targets: Targets, number: int) -> Guess | None:
        return self._solved(targets, number) if number < MOST_GUESSES else None

    def _solved(self, targets: Targets, number: int) -> Guess:
        angles = self._solver.solve(targets, number + 1)[:, number]
        return angles, self.jacobians(angles)

    def jacobians(self, joint_angles: JointAngles) -> np.ndarray:
        from emssl_bench.solvers.marquardt import jacobians_of

        return jacobians_of(joint_angles, self._chain.links, 3, 1.0)


def refines_by_queries(solver: Solver) -> bool:
    """Whether there are guesses of a trained solver."""
    from emssl_bench.solvers.inverted import InvertedSolver
    from emssl_bench.solvers.network_solver import NetworkSolver

    return isinstance(solver, LookupSolver | InvertedSolver | NetworkSolver)


def guesses_of(solver: Solver, space: JointSpace, stored: LookupSolver | None = None) -> Guesses:
    """The guesses of a trained solver.

    Args:
        solver: one that `refines_by_queries`.
        space: where random guesses lie, which come last.
        stored: samples to go on with after a network's guess; by default random configurations.

    Raises:
        CannotSolve: it is another kind of solver.
    """
    from emssl_bench.solvers.corrected import CorrectedSolver
    from emssl_bench.solvers.inverted import InvertedSolver
    from emssl_bench.solvers.network_solver import NetworkSolver

    if isinstance(solver, LookupSolver):
        return LookupGuesses(solver)
    if isinstance(solver, InvertedSolver):
        return CorrectedGuesses(solver, LookupGuesses(solver.lookup))
    then = LookupGuesses(stored) if stored else RandomGuesses(space, solver.task)
    if isinstance(solver, CorrectedSolver):
        return CorrectedGuesses(solver, then)
    if isinstance(solver, NetworkSolver):
        return NetworkGuesses(solver, then)
    raise CannotSolve("queries refine the solutions of networks and lookups, and this model is neither.")
