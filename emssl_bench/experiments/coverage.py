"""Where a solver has errors, by what its predictions reach near there.

A method learns from targets all around those that it is evaluated on. Predictions for them may reach other places,
and so every test target is one of three:

- **uncovered**: no prediction reaches a place nearby. A self-supervised method gets no sample from there.
- **branching**: several do, with joint angles of different branches: their mean reaches another place.
- **covered**: neither. What error is left is how exactly the network has learned, and all else.

*Near* a target is what holds `NEIGHBOURS` of the training targets: predictions that are spread as evenly as those
have as many there. These are places and not causes, but each asks for a remedy of its own.

Of poses a place is a position with an orientation, and distances are those of the task's coordinates, in which an angle
counts as a distance. In six dimensions neighbours are far apart: what is near a pose is several times as wide as what
is near a position, and only gaps as wide are uncovered.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from emssl_bench.experiments.evaluation import Errors
from emssl_bench.forward import ForwardModel
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import Targets
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.neighbours import k_nearest, tree_of

NEIGHBOURS = 8
PLACES = ("uncovered", "branching", "covered")
COLUMNS = ("near_cm", *(f"{place}_{what}" for place in PLACES for what in ("share", "error_cm")))


@ordinary_numerics()
def coverage(
    solver: Solver,
    forward: ForwardModel,
    learned_from: Float[np.ndarray, "m columns"],
    targets: Targets,
    errors: Errors,
) -> Mapping[str, list[float]]:
    """What each of `PLACES` has of the targets and of the mean error.

    Args:
        solver: no stochastic one, whose solutions of neighbours differ by chance.
        forward: of the arm; queried with the predictions for `learned_from` and with means of them.
        learned_from: (m, columns), the training targets, `NEIGHBOURS` or more.
        targets: (n, columns), those that the solver is evaluated on.
        errors: its errors there.

    Returns:
        The `COLUMNS`, a value each: the median of what is near [cm]; of each place its share of the targets, and what
        it contributes to the mean error, which all three add up to. What else the errors are has columns alike, such
        as covered_angle_deg.
    """
    task = solver.task
    predictions = solver.joint_angles(learned_from)
    reached = task.coordinates(task.reached(forward, predictions))
    points = task.coordinates(targets)
    near_m = k_nearest(tree_of(task.coordinates(learned_from)), points, NEIGHBOURS)[0][:, -1]
    distances_m, nearest = k_nearest(tree_of(reached), points, NEIGHBOURS)
    are_near = distances_m <= near_m[:, None]
    weights = are_near / np.maximum(1, are_near.sum(axis=1, keepdims=True))
    mean_angles, mean_reached = (np.einsum("nk,nkd->nd", weights, each[nearest]) for each in (predictions, reached))
    reached_by_mean = task.coordinates(task.reached(forward, mean_angles))
    astray_m = np.linalg.norm(reached_by_mean - mean_reached, axis=1)
    uncovered = ~are_near.any(axis=1)
    branching = ~uncovered & (astray_m > near_m)
    found = {"near_cm": [float(100 * np.median(near_m))]}
    for place, where in zip(PLACES, (uncovered, branching, ~uncovered & ~branching), strict=True):
        found[f"{place}_share"] = [float(where.mean())]
        for name, values in errors.unnamed():
            found[f"{place}_{name}"] = [float(values[where].sum() / len(targets))]
    return found
