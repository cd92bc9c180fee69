"""A network's input, mapped so that it fits a changed arm."""

import numpy as np
import torch

from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import Targets
from emssl_bench.solvers.network_solver import NetworkSolver


@ordinary_numerics()
def align(model: NetworkSolver, reached: Targets, targets: Targets) -> None:
    """Maps the network's input, so that its predictions reach the targets as well as an affine map can do.

    A changed arm ends up elsewhere in much the same way everywhere: longer links reach farther. For a target like
    `reached` the network should thus predict what it now predicts for `targets`. That map is fitted by least squares
    and becomes part of the first layer; no gradient is needed, and the network stays one of Table I.

    Args:
        model: changed in place.
        reached: (n, columns), what its predictions reached on the changed arm.
        targets: (n, columns), what they should have reached.
    """
    inputs, outputs = (model.inputs_scale.normalise(model.task.features(each)) for each in (reached, targets))
    # Of the correction, not of the map: with too few measurements to know, the shortest one is to change little.
    found, *_ = np.linalg.lstsq(np.column_stack([inputs, np.ones(len(inputs))]), outputs - inputs)
    first = model.network.layers[0]
    assert isinstance(first, torch.nn.Linear)
    matrix, shift = (
        torch.from_numpy(each).to(first.weight) for each in (np.eye(inputs.shape[1]) + found[:-1].T, found[-1])
    )
    with torch.no_grad():
        first.bias.add_(first.weight @ shift)
        first.weight.copy_(first.weight @ matrix)
