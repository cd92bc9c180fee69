"""A network from targets to joint angles by elementary functions alone, as a graph that is exported needs it."""

from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.corrected import CorrectedSolver
from emssl_bench.solvers.corrections import Corrections
from emssl_bench.solvers.mixture import MixtureNetwork
from emssl_bench.solvers.network_solver import NetworkSolver
from emssl_bench.tasks import Task
from emssl_bench.tasks.pose import PoseTask


class Graph(nn.Module):
    """A network with its scales: in double precision but for its layers, as `NetworkSolver` computes."""

    gain: Tensor
    shift: Tensor
    aims_gain: Tensor
    aims_shift: Tensor
    lower: Tensor
    upper: Tensor

    def __init__(self, solver: NetworkSolver):
        super().__init__()
        self.solver, self.network = solver, solver.network
        self._keep_scale("", solver.inputs_scale)
        for name in ("lower", "upper"):
            self.register_buffer(name, _tensor(getattr(solver.joints_scale, name)))
        if isinstance(solver, CorrectedSolver):
            self.correcting = solver.corrections.forward
            self._keep_scale("aims_", solver.corrections.aims_scale)

    def _keep_scale(self, name: str, scale: Normaliser) -> None:
        gain, shift = scale.gain_and_shift
        self.register_buffer(f"{name}gain", _tensor(gain))
        self.register_buffer(f"{name}shift", _tensor(shift))

    def forward(self, targets: Tensor) -> Tensor:
        features = features_of(self.solver.task, targets, torch)
        inputs = (features * self.gain + self.shift).to(torch.float32)
        if isinstance(self.solver, CorrectedSolver):
            aims = _coordinates(self.solver.task, targets) * self.aims_gain + self.aims_shift
            shares = self._corrected(self.solver.corrections, inputs, aims.to(torch.float32))
        else:
            shares = self.network(inputs)
        angles = self.lower + shares.to(torch.float64) * (self.upper - self.lower)
        return torch.minimum(torch.maximum(angles, self.lower), self.upper)

    def _corrected(self, corrections: Corrections, inputs: Tensor, aims: Tensor) -> Tensor:
        """See `Corrections.solved`, whose first solution this is."""
        first = corrections.before_choice
        best = corrections.corrected(self.network(inputs), aims, first, _solved)
        misfit = (aims - corrections.led_to(best)).square().sum(dim=1)
        for rank in range(1, corrections.candidates):
            assert isinstance(self.network, MixtureNetwork), "the only one with several answers"
            ranks = torch.full_like(inputs[:, 0], rank, dtype=torch.int64)
            another = corrections.corrected(self.network.ranked(inputs, ranks), aims, first, _solved)
            its_misfit = (aims - corrections.led_to(another)).square().sum(dim=1)
            best = torch.where((its_misfit < misfit)[:, None], another, best)
            misfit = torch.minimum(misfit, its_misfit)
        return corrections.corrected(best, aims, corrections.steps - first, _solved)


def features_of(task: Task, targets: Any, of: ModuleType) -> Any:
    """What a network is given of targets (n, columns), by the functions of `numpy` or `torch`: see `Task.features`."""
    if not isinstance(task, PoseTask):
        return targets
    x, y, z, w = _unit_quaternions(targets, of)
    if task.orientation == "quaternion":
        sign = of.sign(w)
        for each in (x, y, z):  # of half a turn, the first that is not 0 is positive
            sign = of.where(sign == 0, of.sign(each), sign)
        turned = [sign * each for each in (x, y, z, w)]
    else:
        first, second, _ = _columns(x, y, z, w)
        turned = [*first, *second]
    return of.concatenate([targets[:, :3], of.stack(turned, 1)], 1)


def _coordinates(task: Task, targets: Tensor) -> Tensor:
    """See `Task.coordinates`."""
    if not isinstance(task, PoseTask):
        return targets
    rows = zip(*_columns(*_unit_quaternions(targets, torch)), strict=True)
    matrices = torch.stack([each for row in rows for each in row], dim=1)
    return torch.cat([targets[:, :3], matrices * task.matrix_scale], dim=1)


def _unit_quaternions(targets: Any, of: ModuleType) -> Any:
    """x, y, z and w, (n,) each."""
    quaternions = targets[:, 3:]
    return (quaternions / of.sqrt((quaternions * quaternions).sum(1))[:, None]).T


def _columns(x: Any, y: Any, z: Any, w: Any) -> tuple[tuple[Any, Any, Any], ...]:
    """The columns of rotation matrices, each of three (n,), by unit quaternions."""
    return (
        (1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)),
        (2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)),
        (2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)),
    )


def _solved(systems: Tensor, right: Tensor) -> Tensor:
    """The solutions (n, k, 1) of positive definite systems (n, k, k), by elimination: graphs have no solver."""
    rows = torch.cat([systems, right], dim=2)
    for pivot in range(systems.shape[2]):
        own = rows[:, pivot : pivot + 1] / rows[:, pivot : pivot + 1, pivot : pivot + 1]
        others = rows - rows[:, :, pivot : pivot + 1] * own
        rows = torch.cat([others[:, :pivot], own, others[:, pivot + 1 :]], dim=1)
    return rows[:, :, -1:]


def _tensor(values: Any) -> Tensor:
    return torch.tensor(np.array(values), dtype=torch.float64, device="cpu")
