"""A network's input, mapped so that it fits a changed arm."""

import numpy as np
import torch

from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import Positions
from emssl_bench.solvers.network_solver import NetworkSolver


@ordinary_numerics()
def align(model: NetworkSolver, reached: Positions, wanted: Positions) -> None:
    """Maps what the network takes in, so that its guesses lead where they should as well as an affine map can do.

    A changed arm ends up elsewhere in much the same way everywhere: longer links reach farther. Whoever is asked
    for `reached` should thus answer as if asked for `wanted`. That map is fitted by least squares and becomes part
    of the first layer; no gradient is needed, and the network stays one of Table I.

    Args:
        model: changed in place.
        reached: (n, 3) [m], where its guesses led on the changed arm.
        wanted: (n, 3) [m], where they should have led.
    """
    inputs, outputs = (model.positions_scale.normalise(each) for each in (reached, wanted))
    # Of the correction, not of the map: with too few measurements to know, the shortest one is to change little.
    found, *_ = np.linalg.lstsq(np.column_stack([inputs, np.ones(len(inputs))]), outputs - inputs)
    first = model.network.layers[0]
    assert isinstance(first, torch.nn.Linear)
    matrix, shift = (torch.from_numpy(each).to(first.weight) for each in (np.eye(3) + found[:3].T, found[3]))
    with torch.no_grad():
        first.bias.add_(first.weight @ shift)
        first.weight.copy_(first.weight @ matrix)
