"""How far from its targets a solver brings the end effector."""

from collections.abc import Mapping

import numpy as np

from emssl_bench.exceptions import ShapeError
from emssl_bench.forward import ForwardModel
from emssl_bench.joint_space import JointSpace
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import Positions, checked
from emssl_bench.solvers.base import Solver

SUCCESS_WITHIN_CM = {"1mm": 0.1, "5mm": 0.5, "1cm": 1.0, "5cm": 5.0}
QUANTILES = (0.01, *(step / 20 for step in range(1, 20)), 0.99, 0.999, 1.0)
MAP_CELLS = 12
"""From the base to as far as the arm reaches."""


@ordinary_numerics()
def distance_errors_cm(solver: Solver, forward: ForwardModel, targets: Positions, space: JointSpace) -> np.ndarray:
    """Distance [cm] between each target (n, 3) [m] and the position that its first solution reaches, (n,).

    Raises:
        ShapeError: the solutions are not (n, 1, dof), not finite or outside the joint space; or the targets are no
            (n, 3) finite numbers.

    Source: Section IV-A, "predicted end position distance error".
    """
    targets = checked(targets, 3, "targets")
    solutions = np.asarray(solver.solve(targets.copy(), 1))  # its own copy: targets must not change
    if solutions.ndim != 3 or solutions.shape[:2] != (len(targets), 1):
        raise ShapeError(
            f"solve must return (targets, samples, joints), ({len(targets)}, 1, {space.dof}), not {solutions.shape}."
        )
    return np.linalg.norm(forward.positions(space.checked(solutions[:, 0])) - targets, axis=1) * 100


def summarised(errors_cm: np.ndarray) -> Mapping[str, float]:
    """Mean, median, 95th percentile and maximum [cm], and the shares of positions reached within bounds."""
    return {
        "error_mean_cm": float(errors_cm.mean()),
        "error_median_cm": float(np.median(errors_cm)),
        "error_p95_cm": float(np.quantile(errors_cm, 0.95)),
        "error_max_cm": float(errors_cm.max()),
        **{f"success_{name}": float((errors_cm <= bound).mean()) for name, bound in SUCCESS_WITHIN_CM.items()},
    }


def quantiles(errors_cm: np.ndarray) -> Mapping[str, list[float]]:
    """How errors (n,) [cm] are distributed: `error_cm` is what a `share` of the positions stay within."""
    found = np.quantile(errors_cm, QUANTILES)
    return {"share": list(QUANTILES), "error_cm": [_rounded(value) for value in found]}


@ordinary_numerics()
def error_map(errors_cm: np.ndarray, positions: Positions, reach_m: float) -> Mapping[str, list[float]]:
    """Mean error [cm] by distance from the base's z axis and height over the base, where there are positions.

    Args:
        errors_cm: (n,) [cm].
        positions: (n, 3) [m], the targets.
        reach_m: of the arm; a cell is a `MAP_CELLS`th of it wide.

    Returns:
        For each cell its centre's radius_m and height_m, the number of positions, and error_mean_cm.
    """
    radii = np.linalg.norm(positions[:, :2], axis=1)
    size = reach_m / MAP_CELLS
    cells = np.floor(np.column_stack([radii, positions[:, 2]]) / size)
    found, cell, count = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    means = np.bincount(cell.ravel(), errors_cm) / count
    centres = (found + 0.5) * size
    return {
        "radius_m": [_rounded(value) for value in centres[:, 0]],
        "height_m": [_rounded(value) for value in centres[:, 1]],
        "positions": count.tolist(),
        "error_mean_cm": [_rounded(value) for value in means],
    }


def _rounded(value: float) -> float:
    """To five digits: enough to draw, and short to write down."""
    return float(f"{value:.5g}")
