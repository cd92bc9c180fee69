"""Joint angles, corrected through a network that has learned where joint angles lead.

They are corrected by a few steps of Gauss-Newton, without asking the arm. A forward model is one function, however many
solutions a target has, and learned better than its inverse from the same samples. So whatever proposes joint angles has
to find a branch, and only nearly the joint angles on it.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
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
from emssl_bench.solvers.saved_settings import check_scale, scale
from emssl_bench.tasks import Task, task

MOST_STEPS = 1000
MOST_CANDIDATES = 1000
_NEEDED = {"aims_scale", "corrections"}
_SETTINGS = _NEEDED | {"candidates"}
"""What a saved solver has of them; one from before there were candidates had one."""
_DAMPING_M = 0.03
"""Of a step [m/rad]: joints that hardly move the end effector are hardly moved."""
_LONGEST_RAD = 0.5
"""Of a joint in a step: farther away, the forward network's slope says little."""
_BLOCK = 1_000
"""Targets at a time, so that memory does not grow with them."""
_WHOLE_TURN = 2 * np.pi - 1e-4
_PREFIX = "forward."


@dataclass(frozen=True)
class Corrections:
    """Steps of Gauss-Newton through a forward network."""

    forward: nn.Sequential
    """From joint angles on circles (n, 2 dof) to normalised coordinates of the task (n, k): `forward_network`."""
    aims_scale: Normaliser
    """Of the coordinates."""
    joints_scale: Normaliser
    steps: int
    task: Task
    candidates: int = 1
    """Solutions of a target that take the first step, of which the forward network chooses the first."""

    @ordinary_numerics()
    def solved(self, propose: Callable[[Targets, int], Solutions], targets: Targets, samples: int) -> Solutions:
        """Solutions (n, samples, dof) [rad] that come nearer to targets (n, columns) than those proposed.

        Of the first `candidates`, those come first that the forward network says are nearest after one step: where an
        answer leads before any says little of where it ends, and all steps of answers that are not chosen are in vain.

        Args:
            propose: so many solutions of targets, (n, k, dof).
            targets: (n, columns).
            samples: 1 or more.
        """
        found = propose(targets, max(samples, self.candidates))
        if not len(found):
            return found[:, :samples]
        aims = self._aims(targets)
        found = self._stepped(found, aims, self.before_choice)
        if self.candidates > 1:
            first = found[:, : self.candidates]
            order = self._misfits(first, aims).argsort(axis=1, kind="stable")
            found[:, : self.candidates] = np.take_along_axis(first, order[:, :, None], axis=1)
        return self._stepped(found[:, :samples], aims, self.steps - self.before_choice)

    @property
    def before_choice(self) -> int:
        """Steps that all candidates take: one where there is a choice, otherwise all."""
        return 1 if self.candidates > 1 else self.steps

    def _stepped(self, starts: Solutions, aims: np.ndarray, steps: int) -> Solutions:
        """Solutions (n, k, dof) [rad] after so many steps towards normalised aims (n, aims)."""
        if not steps:
            return starts
        rows = self.joints_scale.normalise(starts.reshape(-1, starts.shape[2]))
        both = rows, aims.repeat(starts.shape[1], axis=0)
        blocks = zip(*map(_parts, both), strict=True)
        found = self.joints_scale.restore(np.concatenate([self._block(q, aim, steps) for q, aim in blocks]))
        return np.clip(found, self.joints_scale.lower, self.joints_scale.upper).reshape(starts.shape)

    def _aims(self, targets: Targets) -> np.ndarray:
        return self.aims_scale.normalise(self.task.coordinates(np.asarray(targets, dtype=float)))

    def _misfits(self, solutions: Solutions, aims: np.ndarray) -> np.ndarray:
        """How far solutions (n, k, dof) lead from normalised aims, as the forward network says, squared: (n, k)."""
        n, k, dof = solutions.shape
        expected = np.concatenate([self.expected(part) for part in _parts(solutions.reshape(-1, dof))])
        return np.square(expected.reshape(n, k, -1) - aims[:, None]).sum(axis=2)

    @torch.no_grad()
    def _block(self, starts: np.ndarray, aims: np.ndarray, steps: int) -> np.ndarray:
        return _array(self.corrected(self.tensor(starts), self.tensor(aims), steps))

    def corrected(
        self, q: Tensor, aim: Tensor, steps: int, solve: Callable[[Tensor, Tensor], Tensor] = torch.linalg.solve
    ) -> Tensor:
        """Normalised joint angles (n, dof) that come nearer to normalised aims.

        Args:
            q: (n, dof), normalised joint angles to begin with.
            aim: (n, k).
            steps: of Gauss-Newton.
            solve: of a system of linear equations (n, dof, dof) and its right side (n, dof, 1).
        """
        spans = spans_of(self.joints_scale).to(q)
        around = spans > _WHOLE_TURN
        damping = (_DAMPING_M * float(self.aims_scale.gain_and_shift[0][0])) ** 2
        damped = damping * torch.eye(len(spans), dtype=aim.dtype, device=aim.device)
        for _ in range(steps):
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
        q = self.tensor(self.joints_scale.normalise(joint_angles))
        spans = spans_of(self.joints_scale).to(q.device)
        slopes = torch.cat([where_it_leads(self.forward, block, spans)[1] for block in q.split(_BLOCK)]).cpu().numpy()
        turns = spans.cpu().numpy() / np.subtract(self.joints_scale.upper, self.joints_scale.lower)
        return (slopes * turns[:, None] / self.aims_scale.gain_and_shift[0]).swapaxes(1, 2)

    @torch.no_grad()
    def expected(self, joint_angles: JointAngles) -> np.ndarray:
        """Where joint angles (n, dof) [rad] lead, as the forward network says: normalised coordinates (n, k)."""
        return _array(self.led_to(self.tensor(self.joints_scale.normalise(joint_angles))))

    def led_to(self, q: Tensor) -> Tensor:
        """Where normalised joint angles (n, dof) lead, as the forward network says: normalised coordinates (n, k)."""
        return self.forward(on_circles(q, spans_of(self.joints_scale).to(q)).flatten(1))

    def tensor(self, rows: np.ndarray) -> Tensor:
        """Rows as the forward network takes them: in its precision, on its device."""
        return torch.from_numpy(rows).to(next(self.forward.parameters()))

    def saved(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """The weights of the forward network, and what else a saved solver needs of the corrections."""
        arrays = {_PREFIX + name: tensor.cpu().numpy() for name, tensor in self.forward.state_dict().items()}
        more = {"candidates": self.candidates} if self.candidates > 1 else {}
        return arrays, {"aims_scale": asdict(self.aims_scale), "corrections": self.steps, **more}

    @classmethod
    def restored(
        cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any], joints_scale: Normaliser, of: Task
    ) -> Self:
        """The corrections of which `saved` gave these, checked before; other arrays and settings are left alone."""
        aims_scale = scale(settings["aims_scale"])
        sizes = len(joints_scale.lower), len(aims_scale.lower)
        forward = forward_network(*sizes, "he_uniform", torch.Generator("cpu"))
        mine = {name.removeprefix(_PREFIX): array for name, array in arrays.items() if name.startswith(_PREFIX)}
        forward.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in mine.items()})
        return cls(
            forward.requires_grad_(False),
            aims_scale,
            joints_scale,
            settings["corrections"],
            of,
            settings.get("candidates", 1),
        )

    @staticmethod
    def shapes(settings: Mapping[str, Any], dof: int) -> dict[str, tuple[int, ...]]:
        """The weights of the forward network, and their shapes."""
        found: dict[str, tuple[int, ...]] = {}
        for layer, (inputs, outputs) in enumerate(pairwise(_widths(dof, len(settings["aims_scale"]["lower"])))):
            found |= {f"{_PREFIX}{2 * layer}.weight": (outputs, inputs), f"{_PREFIX}{2 * layer}.bias": (outputs,)}
        return found

    @staticmethod
    def others(settings: Mapping[str, Any]) -> dict[str, Any]:
        """What the settings of a saved solver hold beside those of its corrections.

        Raises:
            ModelError: those of the corrections are missing.
        """
        if not settings.keys() >= _NEEDED:
            raise ModelError(f"its settings must have {' and '.join(sorted(_NEEDED))}")
        return {name: value for name, value in settings.items() if name not in _SETTINGS}

    @staticmethod
    def check_settings(settings: Mapping[str, Any]) -> None:
        """
        Raises:
            ModelError: the settings of a saved solver, whose task is known to be one, make no corrections for it.
        """
        numbers = {"corrections": MOST_STEPS, "candidates": MOST_CANDIDATES}
        for name, most in numbers.items():
            value = settings.get(name, 1)
            if type(value) is not int or not 1 <= value <= most:
                raise ModelError(f"its {name} must be a whole number from 1 to {most}")
        of_task = task(settings["task"])
        check_scale("aims_scale", settings["aims_scale"], of_task.coordinates(np.zeros((0, of_task.columns))).shape[1])

    def same_as(self, other: "Corrections") -> bool:
        """Whether both have the same weights, scales and steps."""
        mine, others = self.forward.state_dict(), other.forward.state_dict()
        mine_too, others_too = ((each.steps, each.candidates, each.aims_scale) for each in (self, other))
        return mine_too == others_too and all(torch.equal(mine[name].cpu(), others[name].cpu()) for name in mine)


def forward_network(dof: int, aims: int, initialisation: Initialisation, generator: torch.Generator) -> nn.Sequential:
    """A network from joint angles on circles (n, 2 dof) to normalised coordinates (n, aims); smooth, like an arm."""
    return fully_connected(_widths(dof, aims), initialisation, generator, nn.SiLU)


def _widths(dof: int, aims: int) -> tuple[int, ...]:
    return (2 * dof, *HIDDEN_WIDTHS, aims)


def _parts(rows: np.ndarray) -> list[np.ndarray]:
    return np.array_split(rows, len(rows) // _BLOCK + 1)


def _array(rows: Tensor) -> np.ndarray:
    return rows.cpu().numpy().astype(np.float64)


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
