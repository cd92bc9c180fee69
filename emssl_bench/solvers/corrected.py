"""A network's answers, corrected through a second network: see `solvers/corrections.py`."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import torch

from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import Solutions, Targets
from emssl_bench.solvers.corrections import Corrections
from emssl_bench.solvers.network_solver import NetworkSolver
from emssl_bench.solvers.saved_settings import check_all


class CorrectedSolver(NetworkSolver):
    """A `NetworkSolver` whose answers are corrected; where it has several, the forward network may choose one."""

    corrections: Corrections

    @classmethod
    def of(cls, solver: NetworkSolver, corrections: Corrections) -> Self:
        """The solver with its answers corrected; both share the network."""
        scales = solver.inputs_scale, solver.joints_scale
        made = cls(solver.network, *scales, solver.inference_batch, solver.task)
        made.corrections = corrections
        return made

    @ordinary_numerics()
    def solve(self, targets: Targets, samples: int = 1) -> Solutions:
        """See `NetworkSolver.solve`, whose answers these correct."""
        return self.corrections.solved(super().solve, targets, samples)

    def to(self, device: torch.device | str) -> None:
        """Moves both networks there."""
        super().to(device)
        self.corrections.forward.to(device)

    def saved(self) -> tuple[Mapping[str, np.ndarray], Mapping[str, Any]]:
        """As of `NetworkSolver`, with the forward network."""
        both = zip(super().saved(), self.corrections.saved(), strict=True)
        arrays, settings = ({**mine, **more} for mine, more in both)
        return arrays, settings

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Self:
        """The solver of which `saved` gave these.

        Raises:
            ModelError: they are not what `saved` gives.
        """
        check_all(cls, arrays, settings)
        own = NetworkSolver.shapes(settings)
        inner = NetworkSolver.restored({name: arrays[name] for name in own}, Corrections.others(settings))
        return cls.of(inner, Corrections.restored(arrays, settings, inner.joints_scale, inner.task))

    @staticmethod
    def shapes(settings: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
        """The weights of both networks, and their shapes."""
        return NetworkSolver.shapes(settings) | Corrections.shapes(settings, settings["dof"])

    @staticmethod
    def check_settings(settings: Mapping[str, Any]) -> None:
        """Raises:
        ModelError: as of `NetworkSolver`, or of the corrections.
        """
        NetworkSolver.check_settings(Corrections.others(settings))
        Corrections.check_settings(settings)

    def same_as(self, other: NetworkSolver) -> bool:
        """Whether both have the same weights, scales and corrections."""
        if not isinstance(other, CorrectedSolver) or not super().same_as(other):
            return False
        return self.corrections.same_as(other.corrections)
