"""What searches by evolution share: an arm that is asked where it is, and a count of what that took.

The searches are compiled and take one target at a time. They know the arm by its answers alone: `ask` is the one
place that has its kinematics.
"""

import math
from typing import NamedTuple, Protocol

import numpy as np

from emssl_bench.solvers.compiled import compiled
from emssl_bench.solvers.kernel import fill_rotation, missing, place
from emssl_bench.solvers.kinematics import Chain
from emssl_bench.tasks import Task
from emssl_bench.tasks.pose import METRES_A_RADIAN


class Asked(NamedTuple):
    """An arm and a target, with what has been asked; arrays, so that compiled loops can fill them."""

    links: np.ndarray
    """Of `kinematics.Chain`."""
    bounds: np.ndarray
    """(2, dof), lower and upper [rad], or [m] if prismatic."""
    target: np.ndarray
    """(3,) [m], or (7,) with a unit quaternion."""
    turned: np.ndarray
    """(3, 3), the target's rotation; of poses only."""
    work: np.ndarray
    """(2, joints, 3), axes and origins of the joints."""
    vectors: np.ndarray
    """(3, max(joints, 6)), for all else."""
    turn: np.ndarray
    """(3, 3), the end effector's rotation."""
    levels_m: np.ndarray
    """(levels,), the errors to which queries are counted."""
    best: np.ndarray
    """(dof,), the joint angles that came nearest."""
    counts: np.ndarray
    """(2 + levels,): queries, the least error [m], and queries until it was within each level."""


class Evolution(Protocol):
    """A search with its settings."""

    def search(self, asked: Asked, start: np.ndarray, within_m: float, generator: np.random.Generator) -> int:
        """Searches until the error is within a bound or the search is used up; what it found is in `asked`.

        Args:
            asked: the arm and the target.
            start: (dof,), one individual of the first population.
            within_m: the bound [m]; of poses, a radian counts `METRES_A_RADIAN`.
            generator: of all random numbers.

        Returns:
            The number of generations.
        """
        ...


def asked_of(chain: Chain, task: Task, target: np.ndarray, levels_m: np.ndarray) -> Asked:
    """An arm before the first query for a target (columns,)."""
    joints, dof = len(chain.links) - 1, chain.dof
    turned = np.eye(3)
    if task.columns == 7:
        fill_rotation(target, turned)
    counts = np.concatenate([[0, np.inf], np.full(len(levels_m), np.inf)])
    work, vectors = np.empty((2, joints, 3)), np.empty((3, max(joints, 6)))
    parts = (np.ascontiguousarray(target, dtype=float), turned, work, vectors, np.empty((3, 3)))
    return Asked(chain.links, chain.bounds, *parts, levels_m, np.zeros(dof), counts)


@compiled
def ask(angles, asked):
    """The squared error [m2] at joint angles (dof,), which is one query of the arm."""
    tip, sliding, error = asked.vectors[0], asked.vectors[1], asked.vectors[2]
    place(angles, asked.links, asked.work[0], asked.work[1], sliding, tip, asked.turn)
    m = 6 if len(asked.target) == 7 else 3
    distance2, angle2 = missing(tip, asked.turn, asked.target, asked.turned, m, METRES_A_RADIAN, error)
    squared = distance2 + METRES_A_RADIAN**2 * angle2
    counts = asked.counts
    counts[0] += 1
    error_m = math.sqrt(squared)
    if error_m < counts[1]:
        counts[1] = error_m
        copy(angles, asked.best)
        for level in range(len(asked.levels_m)):
            if error_m <= asked.levels_m[level] and counts[2 + level] == np.inf:
                counts[2 + level] = counts[0]
    return squared


@compiled
def draw(genes, bounds, generator):
    """Fills `genes` (dof,) with joint angles uniform within limits."""
    for c in range(len(genes)):
        genes[c] = bounds[0, c] + (bounds[1, c] - bounds[0, c]) * generator.random()


@compiled
def copy(row, into):
    """Copies numbers one by one, which compiles in a tenth of the time that slices take."""
    for c in range(len(row)):
        into[c] = row[c]


@compiled
def rank(costs, order):
    """Fills `order` with the places of costs, the least first: an insertion sort, which is stable."""
    for i in range(len(costs)):
        at = i
        while at > 0 and costs[order[at - 1]] > costs[i]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = i
