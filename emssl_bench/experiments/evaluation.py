"""Errors: how far what a solver reaches is from its targets; their statistics and distributions.

All that is recorded of errors is recorded of each error that the task tells apart, under its own name, and of the one
number that stands for them: under the name of an error where it is that error, else as a cost.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from emssl_bench.exceptions import ShapeError
from emssl_bench.forward import ForwardModel
from emssl_bench.joint_space import JointSpace
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import Positions, Targets, checked
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
AZIMUTHS, ELEVATIONS = 12, 6
"""Of the cells of directions, which have equal areas of the sphere."""


@dataclass(frozen=True)
class Errors:
    """How far what a solver reaches is from each target."""

    by_name: Mapping[str, Float[np.ndarray, " n"]]
    """All that the task tells apart (`Task.errors`), and the one number that stands for them (`Task.cost_cm`)."""
    cost: str
    """The name of that number: see `Task.cost`."""

    @property
    def cost_cm(self) -> Float[np.ndarray, " n"]:
        return self.by_name[self.cost]

    @property
    def mean_cm(self) -> float:
        """Of the one number."""
        return float(self.cost_cm.mean())

    def means(self, statistic: str = "mean") -> dict[str, float]:
        """The mean of each, with what it is called in the place that its name has: "error_{}_cm" is error_mean_cm."""
        return {name.format(statistic): float(values.mean()) for name, values in self.by_name.items()}

    def unnamed(self) -> Iterator[tuple[str, Float[np.ndarray, " n"]]]:
        """Each with its name, in which no statistic is named: error_cm."""
        for name, values in self.by_name.items():
            yield name.replace("_{}", ""), values


@ordinary_numerics()
def evaluate(solver: Solver, task: Task, forward: ForwardModel, targets: Targets, space: JointSpace) -> Errors:
    """The errors of the first solution of each target (n, columns).

    Raises:
        ShapeError: the solutions are not (n, 1, dof), not finite or outside the joint space; or the targets are not
            (n, columns) finite numbers.
    """
    targets = checked(targets, task.columns, "targets")
    solutions = np.asarray(solver.solve(targets.copy(), 1))  # its own copy: targets must not change
    if solutions.ndim != 3 or solutions.shape[:2] != (len(targets), 1):
        raise ShapeError(
            f"solve must return (targets, samples, joints), ({len(targets)}, 1, {space.dof}), not {solutions.shape}."
        )
    reached = task.reached(forward, space.checked(solutions[:, 0]))
    errors = task.errors(reached, targets)
    return Errors({**errors, task.cost: task.cost_cm(errors)}, task.cost)


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


def quantiles(errors: Errors) -> Mapping[str, list[float]]:
    """How errors are distributed: `error_cm` is what a `share` of the targets stay within."""
    found = {name: np.quantile(values, QUANTILES) for name, values in errors.unnamed()}
    return {"share": list(QUANTILES), **{name: _all_rounded(values) for name, values in found.items()}}


@ordinary_numerics()
def error_map(errors: Errors, positions: Positions, reach_m: float) -> Mapping[str, list[float]]:
    """Mean errors by distance from the base's z axis and height over the base, where there are positions.

    Args:
        errors: of n targets.
        positions: (n, 3) [m], those of the targets.
        reach_m: of the arm; a cell is a `MAP_CELLS`th of it wide.

    Returns:
        For each cell its centre's radius_m and height_m, the number of positions, and error_mean_cm or what else the
        errors are.
    """
    radii = np.linalg.norm(positions[:, :2], axis=1)
    size = reach_m / MAP_CELLS
    cells = np.floor(np.column_stack([radii, positions[:, 2]]) / size)
    found, cell, count = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    centres = (found + 0.5) * size
    return {
        "radius_m": _all_rounded(centres[:, 0]),
        "height_m": _all_rounded(centres[:, 1]),
        "positions": count.tolist(),
        **_means(errors, cell, count),
    }


@ordinary_numerics()
def error_voxels(errors: Errors, positions: Positions, reach_m: float) -> Mapping[str, list[float]]:
    """Errors by place in three dimensions: cubes that are a `VOXELS`th of the reach wide, where there are targets.

    Args:
        errors: of n targets.
        positions: (n, 3) [m], those of the targets.
        reach_m: of the arm.

    Returns:
        For each cube its centre's x_m, y_m and z_m, the number of targets, error_mean_cm and error_p95_cm, or what else
        the errors are.
    """
    size = reach_m / VOXELS
    found, cell = np.unique(np.floor(positions / size), axis=0, return_inverse=True)
    in_order = np.argsort(cell.ravel(), kind="stable")
    starts = np.searchsorted(cell.ravel()[in_order], np.arange(1, len(found)))
    centres = (found + 0.5) * size
    columns: dict[str, list[float]] = {f"{axis}_m": _all_rounded(centres[:, place]) for place, axis in enumerate("xyz")}
    columns["targets"] = np.bincount(cell.ravel()).tolist()
    for name, values in errors.by_name.items():
        parts = np.split(values[in_order], starts)
        columns[name.format("mean")] = _all_rounded(part.mean() for part in parts)
        columns[name.format("p95")] = _all_rounded(np.quantile(part, 0.95) for part in parts)
    return columns


@ordinary_numerics()
def error_by_orientation(errors: Errors, directions: Positions) -> Mapping[str, list[float]]:
    """Mean errors by where the tool points, in cells of equal area of the sphere, where there are targets.

    Args:
        errors: of n targets.
        directions: (n, 3), unit vectors: `Task.directions` of the targets.

    Returns:
        For each cell azimuth_deg and elevation_deg of its centre, the number of targets, error_mean_cm, angle_mean_deg
        and cost_mean_cm, or what else the errors are. Elevations are equally far apart in their sines, and so the
        centre halves the area.
    """
    turns = np.arctan2(directions[:, 1], directions[:, 0]) / (2 * np.pi) + 0.5
    heights = (directions[:, 2] + 1) / 2
    azimuths = np.floor(turns * AZIMUTHS).astype(int) % AZIMUTHS  # 180 degrees are -180
    elevations = np.clip(np.floor(heights * ELEVATIONS).astype(int), 0, ELEVATIONS - 1)
    found, cell, count = np.unique(
        np.column_stack([azimuths, elevations]), axis=0, return_inverse=True, return_counts=True
    )
    centres = found + 0.5
    return {
        "azimuth_deg": _all_rounded(centres[:, 0] * 360 / AZIMUTHS - 180),
        "elevation_deg": _all_rounded(np.degrees(np.arcsin(centres[:, 1] * 2 / ELEVATIONS - 1))),
        "targets": count.tolist(),
        **_means(errors, cell, count),
    }


def _means(errors: Errors, cell: np.ndarray, count: np.ndarray) -> dict[str, list[float]]:
    """The mean of each error in each cell."""
    return {
        name.format("mean"): _all_rounded(np.bincount(cell.ravel(), values) / count)
        for name, values in errors.by_name.items()
    }


def _all_rounded(values: Iterable[float]) -> list[float]:
    """To five digits: enough to draw, and short to write down."""
    return [float(f"{value:.5g}") for value in values]
