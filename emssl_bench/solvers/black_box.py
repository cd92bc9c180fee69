"""Refinement by queries alone: an arm is asked where joint angles lead, and nothing else is known of it.

A guess and a Jacobian to begin with come from what was learned or stored (`guesses`). Every query then does two
things: it tells what is still missing, and by Broyden's update it mends the Jacobian. Where three steps in a row gain
little, the Jacobian is measured once by finite differences; where that does not help either, the next guess is tried.

Sources: Broyden (1965), A class of methods for solving nonlinear simultaneous equations, the "good" update; damped
least squares as in `levenberg_marquardt`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emssl_bench.forward import ForwardModel
from emssl_bench.joint_space import JointSpace
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import JointAngles, Targets
from emssl_bench.solvers.guesses import Guesses, guesses_of
from emssl_bench.tasks import POSITION, Task

__all__ = ["Refined", "guesses_of", "refine"]

STALLS = 3
"""Steps in a row that leave more than half of the error; steps that were cut may leave more, but must gain."""
LONGEST_STEP = 0.5
"""[rad], or [m]"""
DAMPING, LEAST_DAMPING = 1e-6, 1e-8
_DIFFERENCE, _LEAST_MOVE = 1e-4, 1e-12
"""Steps [rad] of finite differences, and the smallest that mends a Jacobian; both grow with the noise."""


@dataclass(frozen=True)
class Refined:
    """Joint angles that came nearest to their targets, by what the arm's answers said."""

    joint_angles: JointAngles
    """(n, dof) [rad], or [m] on a prismatic joint."""
    error_m: np.ndarray
    """(n,) [m], as measured; of poses, angles are in it as `Task.coordinates` has them."""
    measured: Targets
    """(n, columns), where the arm said it was."""
    reached: np.ndarray
    """(n,) of bool: the measured error is within the bound, or within twice the noise."""
    queries: np.ndarray
    """(n,), of the arm."""
    queries_to: np.ndarray
    """(n, levels): queries until the measured error was within each level; infinite where it never was."""


@ordinary_numerics()
def refine(
    forward: ForwardModel,
    targets: Targets,
    guesses: Guesses,
    space: JointSpace,
    *,
    within_m: float = 1e-4,
    most_queries: int = 60,
    noise_m: float = 0.0,
    levels_m: Sequence[float] = (),
    task: Task = POSITION,
) -> Refined:
    """Brings an arm to targets by asking it where it is.

    Args:
        forward: the arm; one query a row.
        targets: (n, columns) of the task.
        guesses: where to begin.
        space: where its joint angles must lie.
        within_m: the error at which a target is reached [m].
        most_queries: of each target.
        noise_m: standard deviation of each measured coordinate. A search ends at twice that.
        levels_m: errors of which it is counted how many queries they took.
        task: what a target is.

    Raises:
        ShapeError: not (n, columns), or not finite.
    """
    rows = task.checked(targets)
    search = _Search(forward, rows, guesses, space, most_queries, noise_m, levels_m, task)
    within_m = max(within_m, 2 * noise_m)
    while len(active := np.flatnonzero((search.best_m > within_m) & (search.queries < most_queries) & ~search.over)):
        search.step(active)
        search.help_stuck(active[search.best_m[active] > within_m])
    reached = search.best_m <= within_m
    return Refined(search.best, search.best_m, search.best_measured, reached, search.queries, search.queries_to)


class _Search:
    """Where the search for each target is."""

    def __init__(
        self,
        forward: ForwardModel,
        targets: Targets,
        guesses: Guesses,
        space: JointSpace,
        most_queries: int,
        noise_m: float,
        levels_m: Sequence[float],
        task: Task,
    ):
        count, dof = len(targets), space.dof
        self._forward, self._guesses, self._task, self._noise_m = forward, guesses, task, noise_m
        self._targets, self._points = targets, task.coordinates(targets)
        self._lower, self._upper = np.array(space.lower), np.array(space.upper)
        self._most_queries, self._levels_m = most_queries, np.array(levels_m)
        self.queries = np.zeros(count, dtype=int)
        self.queries_to = np.full((count, len(levels_m)), np.inf)
        self.best, self.best_m, self.best_measured = np.zeros((count, dof)), np.full(count, np.inf), targets.copy()
        self.over = np.zeros(count, dtype=bool)
        """Of targets for which there are no more guesses."""
        self._angles, self._reached, self._at = np.zeros((count, dof)), targets.copy(), np.zeros_like(self._points)
        self._error_m = np.full(count, np.inf)
        self._jacobians = np.zeros((count, self._points.shape[1], dof))
        self._damping, self._stalls = np.full(count, DAMPING), np.zeros(count, dtype=int)
        self._measured = np.zeros(count, dtype=bool)
        """Whether the Jacobian of this try has been measured by finite differences."""
        self._guess = np.zeros(count, dtype=int)
        self._begin(np.arange(count), *guesses.first(targets))

    def _begin(self, rows: np.ndarray, angles: np.ndarray, jacobians: np.ndarray) -> None:
        """Begins a try at a guess, with a Jacobian that is not a number where it is not known."""
        if not len(rows):
            return
        self._angles[rows] = np.clip(angles, self._lower, self._upper)
        self._reached[rows], self._at[rows] = self._asked(rows, self._angles[rows])
        self._error_m[rows] = np.linalg.norm(self._points[rows] - self._at[rows], axis=1)
        self._damping[rows], self._stalls[rows], self._measured[rows] = DAMPING, 0, False
        self._jacobians[rows] = jacobians
        self._keep(rows)
        unknown = rows[np.isnan(jacobians).any(axis=(1, 2))]
        self._measure(unknown)

    def _asked(self, rows: np.ndarray, angles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the arm reaches (n, columns), and its coordinates (n, k)."""
        self.queries[rows] += 1
        reached = self._task.reached(self._forward, angles)
        return reached, self._task.coordinates(reached)

    def _keep(self, rows: np.ndarray) -> None:
        better = rows[self._error_m[rows] < self.best_m[rows]]
        self.best[better], self.best_m[better] = self._angles[better], self._error_m[better]
        self.best_measured[better] = self._reached[better]
        first = (self.best_m[rows, None] <= self._levels_m) & np.isinf(self.queries_to[rows])
        self.queries_to[rows] = np.where(first, self.queries[rows, None], self.queries_to[rows])

    def _measure(self, rows: np.ndarray) -> None:
        """Measures Jacobians by finite differences: as many queries as joints."""
        if not len(rows):
            return
        size = max(_DIFFERENCE, 20 * self._noise_m)
        for joint in range(self._angles.shape[1]):
            moved = self._angles[rows].copy()
            step = np.where(moved[:, joint] + size > self._upper[joint], -size, size)
            moved[:, joint] += step
            _, at = self._asked(rows, moved)
            self._jacobians[rows, :, joint] = (at - self._at[rows]) / step[:, None]
        self._measured[rows] = True

    def step(self, rows: np.ndarray) -> None:
        """One damped step and one query for each of the rows; the Jacobian learns from both."""
        exact = self._guesses.jacobians(self._angles[rows])
        if exact is not None:
            self._jacobians[rows] = exact
        missing = self._points[rows] - self._at[rows]
        steps, shortened = self._steps(rows, missing)
        after = np.clip(self._angles[rows] + steps, self._lower, self._upper)
        reached, at = self._asked(rows, after)
        moved, error_m = after - self._angles[rows], np.linalg.norm(self._points[rows] - at, axis=1)
        moved2 = (moved * moved).sum(axis=1)
        if exact is None:
            surprise = at - self._at[rows] - np.einsum("nij,nj->ni", self._jacobians[rows], moved)
            mends = moved2 > max(_LEAST_MOVE, 20 * self._noise_m) ** 2
            update = surprise[:, :, None] * moved[:, None, :] / np.maximum(moved2, _LEAST_MOVE**2)[:, None, None]
            self._jacobians[rows[mends]] += update[mends]
        taken = error_m < self._error_m[rows]
        stalled = np.where(shortened, ~taken, error_m > 0.5 * self._error_m[rows])
        better = rows[taken]
        self._angles[better], self._error_m[better] = after[taken], error_m[taken]
        self._reached[better], self._at[better] = reached[taken], at[taken]
        self._damping[better] = np.maximum(self._damping[better] / 10, LEAST_DAMPING)
        self._damping[rows[~taken]] = self._damping[rows[~taken]] * 30 + 1e-5
        self._stalls[rows] = np.where(stalled, self._stalls[rows] + 1, 0)
        self._keep(rows)

    def _steps(self, rows: np.ndarray, missing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Damped least-squares steps (n, dof), and whether each was longer before it was cut to `LONGEST_STEP`.

        Joints at a limit that would be pressed against it are held.
        """
        angles, jacobians = self._angles[rows], self._jacobians[rows]
        gradient = np.einsum("nij,ni->nj", jacobians, missing)
        held = ((angles <= self._lower) & (gradient < 0)) | ((angles >= self._upper) & (gradient > 0))
        free = jacobians * ~held[:, None, :]
        gram = free @ free.swapaxes(1, 2) + self._damping[rows, None, None] * np.eye(missing.shape[1])
        steps = np.einsum("nij,ni->nj", free, np.linalg.solve(gram, missing[..., None])[..., 0])
        longest = np.abs(steps).max(axis=1)
        return steps * np.minimum(1.0, LONGEST_STEP / np.maximum(longest, _LEAST_MOVE))[:, None], longest > LONGEST_STEP

    def help_stuck(self, rows: np.ndarray) -> None:
        """Measures the Jacobian where a try has stalled; where that has been done, begins at the next guess."""
        stuck = rows[self._stalls[rows] >= STALLS]
        known = self._guesses.exact
        again = stuck[self._measured[stuck] | known]
        first = stuck[~(self._measured[stuck] | known)]
        self._measure(first)
        self._stalls[first], self._damping[first] = 0, DAMPING
        self._guess[again] += 1
        for number in np.unique(self._guess[again]):
            of_number = again[self._guess[again] == number]
            guess = self._guesses.another(self._targets[of_number], int(number))
            if guess is None:
                self.over[of_number] = True
            else:
                self._begin(of_number, *guess)
