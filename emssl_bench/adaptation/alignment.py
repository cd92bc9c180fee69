"""A network whose input is mapped so that its predictions fit a changed arm."""

import numpy as np
import torch

from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import Targets
from emssl_bench.solvers.corrected import CorrectedSolver
from emssl_bench.solvers.network_solver import NetworkSolver


@ordinary_numerics()
def align(model: NetworkSolver, reached: Targets, targets: Targets) -> None:
    """Maps the network's input so that its predictions reach the targets, as far as an affine map can do that.

    A change moves the end effector in much the same way everywhere: longer links reach farther. For the target
    `reached` the network should thus predict what it has predicted for `targets`. The map between the two is fitted by
    least squares and becomes part of the first layer. No gradient is needed, and the network stays one of Table I.

    Where a forward network corrects the predictions, its output is mapped alike, to what was reached: else it would
    correct them for the arm as it was.

    Args:
        model: the solver, changed in place.
        reached: (n, columns), what its predictions reach on the changed arm.
        targets: (n, columns), the targets of these predictions.
    """
    expected = model.corrections.expected(model.joint_angles(targets)) if isinstance(model, CorrectedSolver) else None
    inputs, outputs = (model.inputs_scale.normalise(model.task.features(each)) for each in (reached, targets))
    first = next(layer for layer in model.network.modules() if isinstance(layer, torch.nn.Linear))
    matrix, shift = (each.to(first.weight) for each in _map(inputs, outputs))
    with torch.no_grad():
        first.bias.add_(first.weight @ shift)
        first.weight.copy_(first.weight @ matrix)
    if isinstance(model, CorrectedSolver) and expected is not None:
        last = model.corrections.forward[-1]
        assert isinstance(last, torch.nn.Linear)
        measured = model.corrections.aims_scale.normalise(model.task.coordinates(reached))
        matrix, shift = (each.to(last.weight) for each in _map(expected, measured))
        with torch.no_grad():
            last.weight.copy_(matrix @ last.weight)
            last.bias.copy_(matrix @ last.bias + shift)


def _map(before: np.ndarray, after: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """The matrix (k, k) and the shift (k,) that best take rows (n, k) to others.

    They are least squares of the correction, not of the map: where rows are too few, the shortest one changes little.
    """
    found, *_ = np.linalg.lstsq(np.column_stack([before, np.ones(len(before))]), after - before)
    return torch.from_numpy(np.eye(before.shape[1]) + found[:-1].T), torch.from_numpy(found[-1])
