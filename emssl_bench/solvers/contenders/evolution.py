"""Search by evolution, a target at a time: nothing is learned, and the arm is only asked where it is."""

from typing import ClassVar

import numpy as np

from emssl_bench.joint_space import JointSpace
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.compiled import warn_if_slow
from emssl_bench.solvers.contenders.base import Answer, Contender
from emssl_bench.solvers.contenders.black_box import LEVELS_M
from emssl_bench.solvers.evolution import Evolution, asked_of
from emssl_bench.solvers.genetic import Genetic
from emssl_bench.solvers.kinematics import Chain
from emssl_bench.solvers.memetic import Memetic
from emssl_bench.tasks import Task
from robots.spec import RobotSpec

SEED = 0
"""Of every target's random numbers, so that an answer depends on its target alone."""


class Evolved(Contender):
    """One individual of the first population is the middle of the joints' ranges, or on a path the answer before."""

    knows: ClassVar[str] = "limits"
    tolerance: ClassVar[str] = "0.1 mm"
    evolution: ClassVar[Evolution]

    def __init__(self, robot: RobotSpec, space: JointSpace, task: Task, model: Solver | None = None):
        warn_if_slow()
        self.dof, self._task, self._chain = robot.dof, task, Chain.of(robot, space)
        self._middle, self._levels_m = self._chain.bounds.mean(axis=0), np.array(LEVELS_M)

    def answer(self, target: np.ndarray) -> Answer:
        return self.follow(target, self._middle)

    def follow(self, target: np.ndarray, before: np.ndarray) -> Answer:
        asked, within_m = asked_of(self._chain, self._task, target, self._levels_m), LEVELS_M[-1]
        generations = self.evolution.search(asked, before, within_m, np.random.default_rng(SEED))
        queries, error_m, *to = asked.counts.tolist()
        return Answer(asked.best, error_m <= within_m, generations, queries=int(queries), queries_to=tuple(to))


class GeneticAlgorithm(Evolved):
    """Real-coded, with crossover by BLX; settings chosen on validation targets (docs/solvers.md)."""

    title: ClassVar[str] = "Black box, genetic algorithm: population 64, 60 generations"
    evolution: ClassVar[Evolution] = Genetic()


class GeneticAlgorithmRestarts(Evolved):
    """As `GeneticAlgorithm`, again from other populations until the target is reached."""

    title: ClassVar[str] = "Black box, genetic algorithm: population 64, 60 generations, at most 5 starts"
    evolution: ClassVar[Evolution] = Genetic(starts=5)


class MemeticEvolution(Evolved):
    """With the settings that pick_ik has if none are given."""

    title: ClassVar[str] = "Black box, memetic evolution: population 16, 4 elites, at most 100 generations"
    evolution: ClassVar[Evolution] = Memetic()
