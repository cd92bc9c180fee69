"""A learned forward model, inverted from the nearest sample: see `solvers/corrections.py`."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from emssl_bench.joint_space import JointSpace
from emssl_bench.scaling import Normaliser
from emssl_bench.shapes import Solutions, Targets
from emssl_bench.solvers.arrays import ArraySolver
from emssl_bench.solvers.corrections import Corrections
from emssl_bench.solvers.lookup import LookupSolver


class InvertedSolver(ArraySolver):
    """The answers of a lookup, corrected through a forward network, whose weights are saved in double precision."""

    def __init__(self, lookup: LookupSolver, corrections: Corrections):
        self.lookup, self.corrections, self.task = lookup, corrections, lookup.task

    @property
    def several(self) -> bool:
        """As of its lookup, whose solutions are corrected."""
        return self.lookup.several

    def solve(self, targets: Targets, samples: int = 1) -> Solutions:
        """See `Solver.solve`; further solutions are those of the lookup, corrected.

        Raises:
            ShapeError: not (n, columns), or not finite.
        """
        return self.corrections.solved(self.lookup.solve, targets, samples)

    def saved(self) -> tuple[Mapping[str, np.ndarray], Mapping[str, Any]]:
        """The samples, the weights and all else that the solutions follow from (`SavableSolver`)."""
        arrays, settings = self.lookup.saved()
        weights, more = self.corrections.saved()
        return {**arrays, **{name: array.astype(np.float64) for name, array in weights.items()}}, {**settings, **more}

    @classmethod
    def made(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Self:
        own = LookupSolver.shapes(settings)
        lookup = LookupSolver.made({name: arrays[name] for name in own}, settings)
        scale = Normaliser.of_joint_space(JointSpace(lookup.lower, lookup.upper))
        return cls(lookup, Corrections.restored(arrays, settings, scale, lookup.task))

    @staticmethod
    def shapes(settings: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
        return LookupSolver.shapes(settings) | Corrections.shapes(settings, LookupSolver.dof(settings))

    @classmethod
    def check_settings(cls, settings: Mapping[str, Any]) -> None:
        """Raises:
        ModelError: as of `LookupSolver`, or of the corrections.
        """
        LookupSolver.check_settings(Corrections.others(settings))
        Corrections.check_settings(settings)
