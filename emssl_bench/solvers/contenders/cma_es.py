"""CMA-ES by the package cma: an evolution strategy that learns how joint angles are to vary together."""

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from emssl_bench.joint_space import JointSpace
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.contenders.base import Answer, Contender
from emssl_bench.solvers.contenders.black_box import LEVELS_M
from emssl_bench.solvers.contenders.evolution import SEED
from emssl_bench.solvers.contenders.peer import module
from emssl_bench.solvers.kinematics import Chain, CompiledArm
from emssl_bench.tasks import Task
from robots.spec import RobotSpec

POPULATION, MOST_QUERIES = 20, 20_000
SPREAD = 0.3
"""Standard deviation of the first population, as a share of the joints' ranges."""


class CmaEs(Contender):
    """From the middle of the joints' ranges, then from random configurations."""

    title: ClassVar[str] = "Black box, CMA-ES (cma): population 20, sigma 0.3, at most 20,000 queries"
    packages: ClassVar[Mapping[str, str]] = {"cma": "cma"}
    knows: ClassVar[str] = "limits"
    tolerance: ClassVar[str] = "0.1 mm"

    def __init__(self, robot: RobotSpec, space: JointSpace, task: Task, model: Solver | None = None):
        self._cma = module("cma")
        self.dof, self._task, self._arm = robot.dof, task, CompiledArm(Chain.of(robot, space))
        self._lower, self._width = np.array(space.lower), np.subtract(space.upper, space.lower)

    def answer(self, target: np.ndarray) -> Answer:
        start = np.full(self.dof, 0.5)  # as shares of the joints' ranges
        generator, point = np.random.default_rng(SEED), self._task.coordinates(target[None])
        best, error_m, queries, generations, tries = start, math.inf, 0, 0, 0
        to = np.full(len(LEVELS_M), np.inf)
        while error_m > LEVELS_M[-1] and queries < MOST_QUERIES:
            strategy = self._cma.CMAEvolutionStrategy(start, SPREAD, _options(generator))
            tries += 1
            while queries < MOST_QUERIES and not strategy.stop():
                shares = np.array(strategy.ask())
                reached = self._task.reached(self._arm, self._lower + self._width * shares)
                errors_m = np.linalg.norm(self._task.coordinates(reached) - point, axis=1)
                strategy.tell(list(shares), errors_m.tolist())
                best_m = np.minimum.accumulate(np.concatenate([[error_m], errors_m]))
                if best_m[-1] < error_m:
                    best, error_m = shares[errors_m.argmin()], float(best_m[-1])
                first = queries + (best_m[:, None] > LEVELS_M).sum(axis=0)
                to = np.where(np.isinf(to) & (error_m <= np.array(LEVELS_M)), first, to)
                queries, generations = queries + len(shares), generations + 1
            start = generator.random(self.dof)
        angles, reached = self._lower + self._width * best, error_m <= LEVELS_M[-1]
        return Answer(angles, reached, generations, tries, queries, tuple(to.tolist()))


def _options(generator: np.random.Generator) -> dict[str, object]:
    return {
        "bounds": [0, 1],
        "popsize": POPULATION,
        "ftarget": LEVELS_M[-1],
        "seed": math.nan,  # or it would seed NumPy's global generator
        "randn": lambda *shape: generator.standard_normal(shape),
        "tolfun": 1e-5,  # [m]: a search that gains no more begins anew elsewhere
        "tolfunhist": 1e-6,
        "verbose": -9,
    }
