"""A network's answers, corrected through a second network, which has learned where joint angles lead.

An answer is corrected by a few steps of Gauss-Newton, without asking the arm. A forward model is one function, however
many solutions a target has, and learned better than its inverse from the same samples. So the inverse network has to
find a branch, and only nearly the joint angles on it.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from itertools import pairwise
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from emssl_bench.exceptions import ModelError
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.scaling import Normaliser
from emssl_bench.shapes import JointAngles, Solutions, Targets
from emssl_bench.solvers.circles import on_circles, spans_of
from emssl_bench.solvers.network import HIDDEN_WIDTHS, Initialisation, fully_connected
from emssl_bench.solvers.network_solver import NetworkSolver, check_scale
from emssl_bench.tasks import task

_DAMPING_M = 0.03
"""Of a step [m/rad]: joints that hardly move the end effector are hardly moved."""
_LONGEST_RAD = 0.5
"""Of a joint in a step: farther away, the forward network's slope says little."""
_BLOCK = 1_000
"""Targets at a time, so that memory does not grow with them."""
_WHOLE_TURN = 2 * np.pi - 1e-4
_FORWARD = "forward."


class CorrectedSolver(NetworkSolver):
    """A `NetworkSolver` with a forward network, which corrects its answers."""

    forward: nn.Sequential
    """From joint angles on circles (n, 2 dof) to normalised coordinates of the task (n, k)."""
    aims_scale: Normaliser
    """Of the coordinates."""
    corrections: int
    """Steps of Gauss-Newton."""

    @classmethod
    def of(cls, solver: NetworkSolver, forward: nn.Sequential, aims_scale: Normaliser, corrections: int) -> Self:
        """The solver with its answers corrected; both share the network."""
        scales = solver.inputs_scale, solver.joints_scale
        made = cls(solver.network, *scales, solver.inference_batch, solver.task)
        made.forward, made.aims_scale, made.corrections = forward, aims_scale, corrections
        return made

    @ordinary_numerics()
    def solve(self, targets: Targets, samples: int = 1) -> Solutions:
        """See `NetworkSolver.solve`, whose answers these correct."""
        starts = super().solve(targets, samples)
        if not len(starts):
            return starts
        aims = self.aims_scale.normalise(self.task.coordinates(np.asarray(targets, dtype=float)))
        rows = self.joints_scale.normalise(starts.reshape(-1, starts.shape[2]))
        blocks = (np.array_split(each, len(rows) // _BLOCK + 1) for each in (rows, aims.repeat(samples, axis=0)))
        corrected = [self._corrected(*both) for both in zip(*blocks, strict=True)]
        found = self.joints_scale.restore(np.concatenate(corrected))
        return np.clip(found, self.joints_scale.lower, self.joints_scale.upper).reshape(starts.shape)

    @torch.no_grad()
    def _corrected(self, starts: np.ndarray, aims: np.ndarray) -> np.ndarray:
        device = next(self.forward.parameters()).device
        q, aim = (torch.from_numpy(each).to(device, torch.float32) for each in (starts, aims))
        return self.corrected(q, aim).cpu().numpy().astype(np.float64)

    def corrected(
        self, q: Tensor, aim: Tensor, solve: Callable[[Tensor, Tensor], Tensor] = torch.linalg.solve
    ) -> Tensor:
        """Normalised joint angles (n, dof) that come nearer to normalised aims.

        Args:
            q: (n, dof), normalised joint angles to begin with.
            aim: (n, k).
            solve: of a system of linear equations (n, dof, dof) and its right side (n, dof, 1).
        """
        spans = spans_of(self.joints_scale).to(q)
        around = spans > _WHOLE_TURN
        damping = (_DAMPING_M * float(self.aims_scale.gain_and_shift[0][0])) ** 2
        damped = damping * torch.eye(len(spans), dtype=aim.dtype, device=aim.device)
        for _ in range(self.corrections):
            led_to, slopes = where_it_leads(self.forward, q, spans)
            gram = slopes @ slopes.mT + damped
            step = solve(gram, slopes @ (aim - led_to)[..., None])[..., 0]
            q = q + step.clamp(-_LONGEST_RAD, _LONGEST_RAD) / spans
            q = torch.where(around, q.remainder(1.0), q.clamp(0, 1))
        return q

    @ordinary_numerics()
    @torch.no_grad()
    def jacobians(self, joint_angles: JointAngles) -> np.ndarray:
        """How the task's coordinates change with joint angles (n, dof), by the forward network: (n, k, dof) [m/rad]."""
        device = next(self.forward.parameters()).device
        q = torch.from_numpy(self.joints_scale.normalise(joint_angles)).to(device, torch.float32)
        spans = spans_of(self.joints_scale).to(device)
        slopes = torch.cat([where_it_leads(self.forward, block, spans)[1] for block in q.split(_BLOCK)]).cpu().numpy()
        turns = spans.cpu().numpy() / np.subtract(self.joints_scale.upper, self.joints_scale.lower)
        return (slopes * turns[:, None] / self.aims_scale.gain_and_shift[0]).swapaxes(1, 2)

    @torch.no_grad()
    def expected(self, joint_angles: JointAngles) -> np.ndarray:
        """Where joint angles (n, dof) [rad] lead, as the forward network says: normalised coordinates (n, k)."""
        shares = torch.from_numpy(self.joints_scale.normalise(joint_angles))
        shares = shares.to(next(self.forward.parameters()))
        values, _ = where_it_leads(self.forward, shares, spans_of(self.joints_scale).to(shares.device))
        return values.cpu().numpy().astype(np.float64)

    def saved(self) -> tuple[Mapping[str, np.ndarray], Mapping[str, Any]]:
        """As of `NetworkSolver`, with the forward network."""
        arrays, settings = super().saved()
        mine = {_FORWARD + name: tensor.cpu().numpy() for name, tensor in self.forward.state_dict().items()}
        own = {"aims_scale": asdict(self.aims_scale), "corrections": self.corrections}
        return {**arrays, **mine}, {**settings, **own}

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Self:
        """The solver of which `saved` gave these.

        Raises:
            ModelError: they are not what `saved` gives.
        """
        cls.check_settings(settings)
        if {name: array.shape for name, array in arrays.items()} != cls.shapes(settings):
            raise ModelError("its arrays are not those of its networks")
        cls.check_arrays(arrays)
        mine = {name.removeprefix(_FORWARD): array for name, array in arrays.items() if name.startswith(_FORWARD)}
        others = {name: array for name, array in arrays.items() if not name.startswith(_FORWARD)}
        inner = NetworkSolver.restored(others, {name: settings[name] for name in settings if name not in _OWN})
        scale = Normaliser(**{name: _plain(value) for name, value in settings["aims_scale"].items()})
        forward = forward_network(inner.network.dof, len(scale.lower), "he_uniform", torch.Generator("cpu"))
        forward.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in mine.items()})
        return cls.of(inner, forward.requires_grad_(False), scale, settings["corrections"])

    @staticmethod
    def shapes(settings: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
        """The weights of both networks, and their shapes."""
        found = NetworkSolver.shapes(settings)
        widths = _widths(settings["dof"], len(settings["aims_scale"]["lower"]))
        for layer, (inputs, outputs) in enumerate(pairwise(widths)):
            found |= {f"{_FORWARD}{2 * layer}.weight": (outputs, inputs), f"{_FORWARD}{2 * layer}.bias": (outputs,)}
        return found

    @staticmethod
    def check_settings(settings: Mapping[str, Any]) -> None:
        """Raises:
        ModelError: as of `NetworkSolver`, or of the forward network.
        """
        if not settings.keys() >= _OWN:
            raise ModelError(f"its settings must have {' and '.join(sorted(_OWN))}")
        NetworkSolver.check_settings({name: value for name, value in settings.items() if name not in _OWN})
        steps = settings["corrections"]
        if type(steps) is not int or not 1 <= steps <= MOST_CORRECTIONS:
            raise ModelError(f"its corrections must be a whole number from 1 to {MOST_CORRECTIONS}")
        of_task = task(settings["task"])
        check_scale("aims_scale", settings["aims_scale"], of_task.coordinates(np.zeros((0, of_task.columns))).shape[1])

    def same_as(self, other: NetworkSolver) -> bool:
        """Whether both have the same weights, scales and corrections."""
        if not isinstance(other, CorrectedSolver) or not super().same_as(other):
            return False
        mine, others = self.forward.state_dict(), other.forward.state_dict()
        return (self.corrections, self.aims_scale) == (other.corrections, other.aims_scale) and all(
            torch.equal(mine[name].cpu(), others[name].cpu()) for name in mine
        )


MOST_CORRECTIONS = 1000
_OWN = {"aims_scale", "corrections"}


def forward_network(dof: int, aims: int, initialisation: Initialisation, generator: torch.Generator) -> nn.Sequential:
    """A network from joint angles on circles (n, 2 dof) to normalised coordinates (n, aims); smooth, like an arm."""
    return fully_connected(_widths(dof, aims), initialisation, generator, nn.SiLU)


def _widths(dof: int, aims: int) -> tuple[int, ...]:
    return (2 * dof, *HIDDEN_WIDTHS, aims)


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else value


def where_it_leads(forward: nn.Sequential, joint_angles: Tensor, spans: Tensor) -> tuple[Tensor, Tensor]:
    """What a forward network says of normalised joint angles (n, dof), and its slopes.

    Args:
        forward: linear layers with SiLU between them.
        joint_angles: (n, dof), normalised.
        spans: (dof,) [rad], as of `spans_of`.

    Returns:
        The outputs (n, k), and how they change with each joint's angle on its circle (n, dof, k) [1/rad].
    """
    points = on_circles(joint_angles, spans)
    turned = torch.stack([points[..., 1], -points[..., 0]], dim=-1)
    values = points.flatten(1)
    slopes = torch.diag_embed(turned.transpose(1, 2)).permute(0, 2, 3, 1).flatten(2)
    for layer in forward:
        if isinstance(layer, nn.Linear):
            values, slopes = layer(values), slopes @ layer.weight.T
        else:
            share = values.sigmoid()
            slopes = slopes * (share * (1 + values * (1 - share)))[:, None]
            values = values * share
    return values, slopes
