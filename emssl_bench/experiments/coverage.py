"""Where an inverse model errs, by what its answers do near there.

A model learns from positions all around those that it is judged on. Its answers to them may lead elsewhere, and so
every position that it is judged on is one of three:

- **uncovered**: none of those answers leads near. A self-supervised method gets no example from there.
- **branching**: several lead near, with joint angles of different branches: their mean leads elsewhere.
- **covered**: neither. What error is left is how exactly the network has learned, and all else.

*Near* a position is what holds `NEIGHBOURS` of the positions to learn from: answers that are as evenly spread as
those have as many there. These are places and not causes, but each asks for a remedy of its own.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from scipy.spatial import KDTree

from emssl_bench.forward import ForwardModel
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import Positions
from emssl_bench.solvers.base import Solver

NEIGHBOURS = 8
PLACES = ("uncovered", "branching", "covered")
COLUMNS = ("near_cm", *(f"{place}_{what}" for place in PLACES for what in ("share", "error_cm")))


@ordinary_numerics()
def coverage(
    solver: Solver,
    forward: ForwardModel,
    learned_from: Float[np.ndarray, "m 3"],
    positions: Positions,
    errors_cm: np.ndarray,
) -> Mapping[str, list[float]]:
    """What each of `PLACES` has of the positions and of the mean error.

    Args:
        solver: no stochastic one, which answers neighbours differently by chance.
        forward: of the arm; it is asked for the model's answers to `learned_from` and for means of them.
        learned_from: (m, 3) [m], the positions in training, `NEIGHBOURS` or more.
        positions: (n, 3) [m], those that the model is judged on.
        errors_cm: (n,) [cm], its errors there.

    Returns:
        The `COLUMNS`, a value each: the median of what is near [cm]; of each place its share of the positions, and the
        error [cm] that it brings to the mean error, which all three add up to.
    """
    answers = solver.joint_angles(learned_from)
    reached = forward.positions(answers)
    near_m = KDTree(learned_from).query(positions, k=NEIGHBOURS)[0][:, -1]
    distances_m, nearest = KDTree(reached).query(positions, k=NEIGHBOURS)
    are_near = distances_m <= near_m[:, None]
    weights = are_near / np.maximum(1, are_near.sum(axis=1, keepdims=True))
    mean_answer, mean_reached = (np.einsum("nk,nkd->nd", weights, each[nearest]) for each in (answers, reached))
    astray_m = np.linalg.norm(forward.positions(mean_answer) - mean_reached, axis=1)
    uncovered = ~are_near.any(axis=1)
    branching = ~uncovered & (astray_m > near_m)
    found = {"near_cm": [float(100 * np.median(near_m))]}
    for place, where in zip(PLACES, (uncovered, branching, ~uncovered & ~branching), strict=True):
        found[f"{place}_share"] = [float(where.mean())]
        found[f"{place}_error_cm"] = [float(errors_cm[where].sum() / len(positions))]
    return found
