"""The best of several solutions, picked by a forward model."""

import numpy as np
from jaxtyping import Float

from emssl_bench.forward import ForwardModel
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import Solutions, Targets
from emssl_bench.solvers.base import Solver

_BLOCK = 1_000
"""Targets in a block: memory does not grow with their number."""


class BestOf(Solver):
    """The best of `count` solutions of every target, those nearest to it first."""

    def __init__(self, solver: Solver, forward: ForwardModel, count: int):
        """
        Args:
            solver: a stochastic one.
            forward: the arm; every target costs `count` queries.
            count: solutions to pick from.
        """
        self.task, self._solver, self._forward, self._count = solver.task, solver, forward, count

    @ordinary_numerics()
    def solve(self, targets: Targets, samples: int = 1) -> Solutions:
        """See `Solver.solve`; at most `count` samples."""
        return np.concatenate([self._best(block, samples) for block in _blocks(targets)])

    def _best(self, targets: Targets, samples: int) -> Solutions:
        found = self._solver.solve(targets, self._count)
        rows = found.reshape(-1, found.shape[-1])
        reached = self.task.reached(self._forward, rows)
        errors = self.task.errors(reached, targets.repeat(self._count, axis=0))
        cost_cm = self.task.cost_cm(errors).reshape(found.shape[:2])
        nearest = cost_cm.argsort(axis=1, kind="stable")[:, :samples]
        return np.take_along_axis(found, nearest[:, :, None], axis=1)


def _blocks(targets: Targets) -> list[Float[np.ndarray, "_ columns"]]:
    return np.array_split(targets, max(1, len(targets) // _BLOCK))
