"""The input of a network, mapped so that its predictions fit a changed arm."""

import numpy as np
import torch

from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import Targets
from emssl_bench.solvers.network_solver import NetworkSolver


@ordinary_numerics()
def align(model: NetworkSolver, reached: Targets, targets: Targets) -> None:
    """Maps the network's input so that its predictions reach the targets, as far as an affine map can do that.

    A change moves the end effector in much the same way everywhere: longer links reach farther. For the target
    `reached` the network should thus predict what it has predicted for `targets`. The map between the two is fitted by
    least squares and becomes part of the first layer. No gradient is needed, and the network stays one of Table I.

    Args:
        model: the solver, changed in place.
        reached: (n, columns), what its predictions reach on the changed arm.
        targets: (n, columns), the targets of these predictions.
    """
    inputs, outputs = (model.inputs_scale.normalise(model.task.features(each)) for each in (reached, targets))
    # Least squares of the correction, not of the map: where measurements are too few, the shortest one changes little.
    found, *_ = np.linalg.lstsq(np.column_stack([inputs, np.ones(len(inputs))]), outputs - inputs)
    first = next(layer for layer in model.network.modules() if isinstance(layer, torch.nn.Linear))
    matrix, shift = (
        torch.from_numpy(each).to(first.weight) for each in (np.eye(inputs.shape[1]) + found[:-1].T, found[-1])
    )
    with torch.no_grad():
        first.bias.add_(first.weight @ shift)
        first.weight.copy_(first.weight @ matrix)
