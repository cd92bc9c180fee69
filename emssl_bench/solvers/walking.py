"""A network that is told where the joints are, and walks to a target."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from emssl_bench.exceptions import Diverged, ModelError
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import LARGEST, JointAngles, Solutions, Targets
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.network import InverseNetwork
from emssl_bench.solvers.network_solver import NetworkSolver
from emssl_bench.tasks import task

_OWN = ("home", "home_target", "steps", "steps_at_target")
_MOST_STEPS = 10**6


class WalkingSolver(Solver):
    """The network of Table I with the current joint angles as further inputs: it says how they should change.

    From the home posture the target moves in equal steps to where it is wanted, and the joints follow. There it stays
    for some more steps, in which they come nearer. The solution is where they end. The arm is never queried: each step
    begins where the network has said that the last one ends.
    """

    dtype: ClassVar[str] = NetworkSolver.dtype

    def __init__(self, inner: NetworkSolver, home: JointAngles, home_target: Targets, steps: int, steps_at_target: int):
        """
        Args:
            inner: a network that takes as many latent values as there are joints, and its scales.
            home: (1, dof) [rad], the posture that walks begin at.
            home_target: (1, columns), what it reaches.
            steps: of the target on its way.
            steps_at_target: once it is there.
        """
        self.task, self.inner, self.home, self.home_target = inner.task, inner, home, home_target
        self.steps, self.steps_at_target = steps, steps_at_target

    @property
    def network(self) -> InverseNetwork:
        assert isinstance(self.inner.network, InverseNetwork)
        return self.inner.network

    def after(self, inputs: Tensor, now: Tensor | None) -> Tensor:
        """Normalised joint angles (n, dof) after a step: for normalised features (n, inputs) of where to, and
        normalised joint angles now (n, dof). They may lie outside [0, 1]."""
        assert now is not None
        return now + self.network.layers(torch.cat([inputs, 2 * now - 1], dim=1))

    @ordinary_numerics()
    def solve(self, targets: Targets, samples: int = 1) -> Solutions:
        """See `Solver.solve`; it has one solution of every target.

        Raises:
            ShapeError: not (n, columns), or not finite.
            Diverged: the network's weights are not finite, or so large that its outputs are not.
        """
        rows = self.task.checked(targets)
        starts, found = (each.repeat(len(rows), axis=0) for each in (self.home_target, self.home))
        for step in range(1, self.steps + self.steps_at_target + 1):
            aims = self.task.between(starts, rows, np.full(len(rows), min(1.0, step / self.steps)))
            found = self._stepped(aims, found)
        if not np.isfinite(found).all():
            raise Diverged("the network's outputs are not finite: its weights are not, or are much too large.")
        return found[:, None].repeat(samples, axis=1)

    def _stepped(self, aims: Targets, joint_angles: JointAngles) -> JointAngles:
        inputs = self.inner.prepared(aims)
        now = torch.from_numpy(self.inner.joints_scale.normalise(joint_angles)).to(inputs)
        return self.inner.inferred(inputs, now, compute=self.after)

    def saved(self) -> tuple[Mapping[str, np.ndarray], Mapping[str, Any]]:
        """The weights, and all else that the solutions follow from (`SavableSolver`)."""
        arrays, settings = self.inner.saved()
        own = self.home[0].tolist(), self.home_target[0].tolist(), self.steps, self.steps_at_target
        return arrays, {**settings, **dict(zip(_OWN, own, strict=True))}

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Self:
        """The solver of which `saved` gave these.

        Raises:
            ModelError: they are not what `saved` gives.
        """
        cls.check_settings(settings)
        home, home_target = (np.array([settings[name]], dtype=float) for name in _OWN[:2])
        steps = settings["steps"], settings["steps_at_target"]
        return cls(NetworkSolver.restored(arrays, _of_network(settings)), home, home_target, *steps)

    @staticmethod
    def shapes(settings: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
        """The weights that a network of these settings has, and their shapes."""
        return NetworkSolver.shapes(_of_network(settings))

    @staticmethod
    def dof(settings: Mapping[str, Any]) -> int:
        """Joint angles in a solution of one with these settings."""
        return NetworkSolver.dof(settings)

    @staticmethod
    def check_settings(settings: Mapping[str, Any]) -> None:
        """Raises:
        ModelError: something is missing, there is too much, or a value is of the wrong kind or impossible.
        """
        if missing := [name for name in _OWN if name not in settings]:
            raise ModelError(f"its settings lack {', '.join(missing)}")
        NetworkSolver.check_settings(_of_network(settings))
        dof, columns = settings["dof"], task(settings["task"]).columns
        if settings["latent_size"] != dof:
            raise ModelError("its latent_size must be its dof, since it takes joint angles")
        for name, size in (("home", dof), ("home_target", columns)):
            row = settings[name]
            if not (isinstance(row, list) and len(row) == size and all(_is_number(each) for each in row)):
                raise ModelError(f"its {name} must be {size} numbers")
        for name, least in (("steps", 1), ("steps_at_target", 0)):
            if type(settings[name]) is not int or not least <= settings[name] <= _MOST_STEPS:
                raise ModelError(f"its {name} must be a whole number from {least} to {_MOST_STEPS:g}")

    check_arrays = staticmethod(NetworkSolver.check_arrays)


def _of_network(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings without those of the walk."""
    return {name: value for name, value in settings.items() if name not in _OWN}


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= LARGEST
