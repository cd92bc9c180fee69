"""Where the errors of an inverse model come from: what its answers do not cover, where branches meet, or the rest.

A model learns from positions that lie around every position it is judged on. It may still miss one for reasons that
a mean error does not tell apart:

- **uncovered**: none of its answers to the positions it learned from leads near. A self-supervised method then has
  nothing to learn from there, and an arm whose joints stick at their ends does not get there.
- **branching**: answers lead near, but with joint angles of several branches, whose mean leads elsewhere.
- **rest**: neither; what is left is how exactly the network has learned.

*Near* is what holds `NEIGHBOURS` of the positions that it learned from: answers as evenly spread as those would have
as many there.
"""

from collections.abc import Mapping

import numpy as np
from scipy.spatial import KDTree

from emssl_bench.arrays import Positions
from emssl_bench.data import JointSpace
from emssl_bench.forward import ForwardModel
from emssl_bench.method import InverseModel

NEIGHBOURS = 8
SOURCES = ("uncovered", "branching", "rest")


def error_sources(
    model: InverseModel,
    forward: ForwardModel,
    learned_from: Positions,
    positions: Positions,
    errors_cm: np.ndarray,
    space: JointSpace,
) -> Mapping[str, float]:
    """What each of `SOURCES` has of the positions and of the mean error.

    Args:
        model: to judge.
        forward: of the arm; it is asked for the model's answers to `learned_from` and for means of them.
        learned_from: (m, 3) [m], the positions in training, `NEIGHBOURS` or more.
        positions: (n, 3) [m], those that the model is judged on.
        errors_cm: (n,) [cm], its errors there.
        space: where its joint angles must lie.

    Returns:
        Of each its `_share` of the positions, and the `_error_cm` that they bring to the mean error, which all three
        add up to.

    Raises:
        ShapeError: the model's answers are not finite, or outside the joint space.
    """
    answers = space.checked(model.joint_angles(learned_from.copy()))
    reached = forward.positions(answers)
    near_m = KDTree(learned_from).query(positions, k=NEIGHBOURS)[0][:, -1]
    distances_m, neighbours = KDTree(reached).query(positions, k=NEIGHBOURS)
    mean_leads_to = forward.positions(answers[neighbours].mean(axis=1))
    astray_m = np.linalg.norm(mean_leads_to - reached[neighbours].mean(axis=1), axis=1)
    uncovered = distances_m[:, 0] > near_m
    branching = ~uncovered & (astray_m > near_m)
    found = {}
    for source, where in zip(SOURCES, (uncovered, branching, ~uncovered & ~branching), strict=True):
        found[f"{source}_share"] = float(where.mean())
        found[f"{source}_error_cm"] = float(errors_cm[where].sum() / len(positions))
    return found
