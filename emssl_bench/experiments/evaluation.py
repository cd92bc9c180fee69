"""Errors: the distance between targets and what a solver reaches; their statistics and distributions."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from emssl_bench.exceptions import ShapeError
from emssl_bench.forward import ForwardModel
from emssl_bench.joint_space import JointSpace
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import Positions, Targets
from emssl_bench.solvers.base import Solver
from emssl_bench.tasks import Task

QUANTILES = (0.01, *(step / 20 for step in range(1, 20)), 0.99, 0.999, 1.0)
_STATISTICS = {
    "mean": np.mean,
    "median": np.median,
    "p95": lambda values: np.quantile(values, 0.95),
    "max": np.max,
}
MAP_CELLS = 12
"""From the base to as far as the arm reaches."""
VOXELS = 8
"""The same in three dimensions, where cells are more and each has fewer targets."""


@dataclass(frozen=True)
class Errors:
    """The distance between each target and what a solver reaches."""

    by_name: Mapping[str, Float[np.ndarray, " n"]]
    """All that the task tells apart: see `Task.errors`."""
    cost_cm: Float[np.ndarray, " n"]
    """The one number [cm] that stands for them: see `Task.cost_cm`."""

    @property
    def mean_cm(self) -> float:
        return float(self.cost_cm.mean())


@ordinary_numerics()
def evaluate(solver: Solver, task: Task, forward: ForwardModel, targets: Targets, space: JointSpace) -> Errors:
    """The errors of the first solution of each target (n, columns).

    Raises:
        ShapeError: the solutions are not (n, 1, dof), not finite or outside the joint space; or the targets are not
            (n, columns) finite numbers.
    """
    targets = task.checked(targets)
    solutions = np.asarray(solver.solve(targets.copy(), 1))  # its own copy: targets must not change
    if solutions.ndim != 3 or solutions.shape[:2] != (len(targets), 1):
        raise ShapeError(
            f"solve must return (targets, samples, joints), ({len(targets)}, 1, {space.dof}), not {solutions.shape}."
        )
    reached = task.reached(forward, space.checked(solutions[:, 0]))
    errors = task.errors(reached, targets)
    return Errors(errors, task.cost_cm(errors))


def summarised(errors: Errors, task: Task) -> Mapping[str, float]:
    """Mean, median, 95th percentile and maximum of each error, and the rates of success within the task's bounds."""
    found = {}
    for name, values in errors.by_name.items():
        for statistic, of in _STATISTICS.items():
            found[name.format(statistic)] = float(of(values))
    for name, bounds in task.success.items():
        within = np.all([errors.by_name[error] <= bound for error, bound in bounds.items()], axis=0)
        found[f"success_rate_{name}"] = float(within.mean())
    return found


def quantiles(errors_cm: np.ndarray) -> Mapping[str, list[float]]:
    """How errors (n,) [cm] are distributed: `error_cm` is what a `share` of the positions stay within."""
    found = np.quantile(errors_cm, QUANTILES)
    return {"share": list(QUANTILES), "error_cm": [_rounded(value) for value in found]}


@ordinary_numerics()
def error_map(errors_cm: np.ndarray, positions: Positions, reach_m: float) -> Mapping[str, list[float]]:
    """Mean error [cm] by distance from the base's z axis and height over the base, where there are positions.

    Args:
        errors_cm: (n,) [cm].
        positions: (n, 3) [m], those of the targets.
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


@ordinary_numerics()
def error_voxels(errors_cm: np.ndarray, positions: Positions, reach_m: float) -> Mapping[str, list[float]]:
    """Errors by place in three dimensions: cubes that are a `VOXELS`th of the reach wide, where there are targets.

    Args:
        errors_cm: (n,) [cm].
        positions: (n, 3) [m], those of the targets.
        reach_m: of the arm.

    Returns:
        For each cube its centre's x_m, y_m and z_m, the number of targets, error_mean_cm and error_p95_cm.
    """
    size = reach_m / VOXELS
    found, cell = np.unique(np.floor(positions / size), axis=0, return_inverse=True)
    in_order = np.argsort(cell.ravel(), kind="stable")
    starts = np.searchsorted(cell.ravel()[in_order], np.arange(1, len(found)))
    parts = np.split(errors_cm[in_order], starts)
    centres = (found + 0.5) * size
    return {
        **{f"{axis}_m": [_rounded(value) for value in centres[:, place]] for place, axis in enumerate("xyz")},
        "targets": [len(part) for part in parts],
        "error_mean_cm": [_rounded(part.mean()) for part in parts],
        "error_p95_cm": [_rounded(np.quantile(part, 0.95)) for part in parts],
    }


def _rounded(value: float) -> float:
    """To five digits: enough to draw, and short to write down."""
    return float(f"{value:.5g}")
