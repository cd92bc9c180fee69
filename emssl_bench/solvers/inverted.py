"""A learned forward model, inverted from the nearest sample: see `solvers/corrections.py`."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from emssl_bench.exceptions import ModelError
from emssl_bench.joint_space import JointSpace
from emssl_bench.scaling import Normaliser
from emssl_bench.shapes import Solutions, Targets
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.corrections import Corrections
from emssl_bench.solvers.lookup import LookupSolver


class InvertedSolver(Solver):
    """The answers of a lookup, corrected through a forward network."""

    dtype = LookupSolver.dtype
    """Of its arrays in a file: weights, too, which are exact in it."""

    def __init__(self, lookup: LookupSolver, corrections: Corrections):
        self.lookup, self.corrections, self.task = lookup, corrections, lookup.task

    def solve(self, targets: Targets, samples: int = 1) -> Solutions:
        """See `Solver.solve`; further solutions are those of the lookup, corrected.

        Raises:
            ShapeError: not (n, columns), or not finite.
        """
        return self.corrections.applied(self.lookup.solve(targets, samples), targets)

    def saved(self) -> tuple[Mapping[str, np.ndarray], Mapping[str, Any]]:
        """The samples, the weights and all else that the solutions follow from (`SavableSolver`)."""
        arrays, settings = self.lookup.saved()
        weights, more = self.corrections.saved()
        return {**arrays, **{name: array.astype(np.float64) for name, array in weights.items()}}, {**settings, **more}

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Self:
        """The solver of which `saved` gave these.

        Raises:
            ModelError: they are not what `saved` gives.
        """
        cls.check_settings(settings)
        if {name: array.shape for name, array in arrays.items()} != cls.shapes(settings):
            raise ModelError("its arrays are not those of so many samples and of a forward network")
        own = LookupSolver.shapes(settings)
        lookup = LookupSolver.restored({name: arrays[name] for name in own}, Corrections.others(settings))
        scale = Normaliser.of_joint_space(JointSpace(lookup.lower, lookup.upper))
        return cls(lookup, Corrections.restored(arrays, settings, scale, lookup.task))

    @staticmethod
    def shapes(settings: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
        """The samples and the weights of the forward network, and their shapes."""
        return LookupSolver.shapes(settings) | Corrections.shapes(settings, LookupSolver.dof(settings))

    @staticmethod
    def dof(settings: Mapping[str, Any]) -> int:
        """Joint angles in a solution of one with these settings."""
        return LookupSolver.dof(settings)

    @staticmethod
    def check_settings(settings: Mapping[str, Any]) -> None:
        """Raises:
        ModelError: as of `LookupSolver`, or of the corrections.
        """
        LookupSolver.check_settings(Corrections.others(settings))
        Corrections.check_settings(settings)

    @staticmethod
    def check_arrays(arrays: Mapping[str, np.ndarray]) -> None:
        """Raises:
        ModelError: as of `LookupSolver`.
        """
        LookupSolver.check_arrays(arrays)
