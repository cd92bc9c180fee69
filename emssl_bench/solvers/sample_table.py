"""Stored samples of an arm, found again by what they reach: where a solver starts."""

import numpy as np

from emssl_bench.solvers.compiled import compiled
from emssl_bench.solvers.kinematics import Chain
from emssl_bench.solvers.marquardt import frames_of
from emssl_bench.tasks.pose import METRES_A_RADIAN

FOR_POSITIONS, FOR_POSES = (20_000, 12, 1), (200_000, 16, 8)
"""Samples, cells along an axis, and starts that are given for a target."""
SEED = (22, 20_000)
"""No seed that targets are drawn by: a target that is itself a sample would be found at once."""
_ROTATIONS2 = 4 * METRES_A_RADIAN**2
"""What the squared sine of half an angle counts beside a squared distance [m2], near none."""


class SampleTable:
    """Random configurations in a grid over the positions that they reach."""

    def __init__(self, chain: Chain, poses: bool, samples: int, cells: int, starts: int):
        """
        Args:
            chain: the arm.
            poses: whether rotations count, too.
            samples: how many configurations are drawn, uniform in the joint space.
            cells: of the grid, along each axis.
            starts: how many samples are given for a target: the nearest of its cell, or of the cells around it where
                that has too few.
        """
        drawn = np.random.default_rng(SEED).uniform(chain.bounds[0], chain.bounds[1], (samples, chain.dof))
        reached = frames_of(drawn, chain.links)
        positions = reached[:, :3]
        lowest = positions.min(axis=0)
        scale = cells / np.maximum(positions.max(axis=0) - lowest, 1e-9)
        cell = np.minimum(((positions - lowest) * scale).astype(np.int64), cells - 1)
        number = (cell[:, 0] * cells + cell[:, 1]) * cells + cell[:, 2]
        order = np.argsort(number, kind="stable")
        self._first = np.searchsorted(number[order], np.arange(cells**3 + 1)).astype(np.int64)
        self._angles, self._reached = drawn[order], reached[order]
        self._grid = np.array([*lowest, *scale, cells, starts, poses], dtype=float)

    @property
    def bytes(self) -> int:
        """What the samples take."""
        return self._angles.nbytes + self._reached.nbytes

    def __call__(self, targets: np.ndarray) -> np.ndarray:
        """Starts (n, starts, dof) for targets (n, 3 or 7), nearest first."""
        return nearest_samples(targets, self._angles, self._reached, self._first, self._grid)


@compiled
def nearest_samples(targets, angles, reached, first, grid):
    """The samples nearest to each target, among those of its cell and as many cells around it as it takes.

    Args:
        targets: (n, 3 or 7).
        angles: (samples, dof), cell by cell.
        reached: (samples, 7), the frames that these reach.
        first: (cells^3 + 1,), the number of the first sample of each cell.
        grid: (9,), the lowest corner [m], cells a metre, cells along an axis, starts, and whether rotations count.

    Returns:
        (n, starts, dof), the nearest first.
    """
    cells, starts, poses = int(grid[6]), int(grid[7]), grid[8] != 0.0
    n, dof = targets.shape[0], angles.shape[1]
    found = np.empty((n, starts, dof))
    distances, places = np.empty(starts), np.empty(starts, np.int64)
    for row in range(n):
        x, y, z = targets[row, 0], targets[row, 1], targets[row, 2]
        i0 = min(max(int((x - grid[0]) * grid[3]), 0), cells - 1)
        i1 = min(max(int((y - grid[1]) * grid[4]), 0), cells - 1)
        i2 = min(max(int((z - grid[2]) * grid[5]), 0), cells - 1)
        seen = 0
        for ring in range(cells):
            seen = 0
            for k in range(starts):
                distances[k] = np.inf
            low, high = max(i2 - ring, 0), min(i2 + ring, cells - 1)
            for i in range(max(i0 - ring, 0), min(i0 + ring + 1, cells)):
                for j in range(max(i1 - ring, 0), min(i1 + ring + 1, cells)):
                    before = (i * cells + j) * cells
                    for sample in range(first[before + low], first[before + high + 1]):
                        a, b, c = reached[sample, 0] - x, reached[sample, 1] - y, reached[sample, 2] - z
                        distance = a * a + b * b + c * c
                        if poses:
                            half = 0.0  # cosine of half the angle between both
                            for e in range(3, 7):
                                half += reached[sample, e] * targets[row, e]
                            distance += _ROTATIONS2 * (1.0 - half * half)
                        seen += 1
                        if distance < distances[starts - 1]:
                            k = starts - 1
                            while k > 0 and distances[k - 1] > distance:
                                distances[k], places[k] = distances[k - 1], places[k - 1]
                                k -= 1
                            distances[k], places[k] = distance, sample
            if seen >= starts:
                break
        for k in range(starts):
            for c in range(dof):
                found[row, k, c] = angles[places[min(k, seen - 1)], c]
    return found
