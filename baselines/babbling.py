"""A floor: motor babbling. Random joint angles, as many queries of the arm as EMSSL makes, and a lookup in them.

What a self-supervised method must be ahead of, to be worth its training: it gets no labels either, and the same
number of queries, but does not choose where it looks.

Source: motor babbling, the exploration that goal-directed methods are compared with: Rolf, Steil & Gienger, "Goal
babbling permits direct learning of inverse kinematics" (2010). The lookup is that of `baselines/lookup.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from baselines.lookup import Lookup
from emssl_bench.methods.base import Problem, Progress, setting
from emssl_bench.methods.network_method import RandomPairs
from emssl_bench.methods.phases import busy_with
from emssl_bench.solvers.base import Solver


@dataclass(frozen=True, kw_only=True)
class Babbling(Lookup):
    """Motor babbling: a lookup in random queries of the arm, as many as EMSSL makes."""

    title: ClassVar[str] = "Motor babbling"
    uses_joint_angles: ClassVar[bool] = False

    iterations: int = setting(200, "units of work, each with as many random queries as there are targets", least=1)

    @property
    def units(self) -> int:
        return self.iterations

    def learn(self, problem: Problem) -> Iterator[Progress]:
        yield from self._iterate(problem, len(problem.targets))

    def adapt(self, solver: Solver, problem: Problem, samples: int) -> Iterator[Progress]:
        """Forgets the unchanged arm, whose samples are wrong on the changed one, and babbles again."""
        yield Progress(solver)
        yield from self._iterate(problem, samples)

    def explorer(self, problem: Problem) -> RandomPairs:
        """What chooses the queries."""
        return RandomPairs(problem)

    def _iterate(self, problem: Problem, queries: int) -> Iterator[Progress]:
        measured = self.explorer(problem)
        for _ in range(self.iterations):
            busy_with("babbling")
            yield Progress(self.of_pairs(problem, **measured.more(queries)))
