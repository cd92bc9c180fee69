"""Exploration of one degree of freedom at a time: a joint moves, while all others keep still; then the next one moves.

As many queries as `babbling` makes, and the same lookup in them: what differs is where they look. The samples of one
move lie on a curve, so that as many of them are fewer different postures: more exact where they are, and farther apart.
With one query a move it is Gibbs sampling of the joint space, which is nearly motor babbling.

Source: Wieser & Cheng, "Predictive action selector for generating meaningful robot behaviour from minimum amount of
samples" (2014) and "Progressive learning of sensory-motor maps through spatiotemporal predictors" (2016), as the
paper's Section II describes them. Where a joint moves to, and how fast, is ours: to a random place of its range, in
equal steps, so that the arm does not come back to one posture before every move.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from baselines.babbling import Babbling
from emssl_bench.methods.base import Problem, setting
from emssl_bench.methods.network_method import RandomPairs
from emssl_bench.shapes import JointAngles


@dataclass(frozen=True, kw_only=True)
class ConstrainedDof(Babbling):
    """Constrained-DOF exploration: a lookup in queries that move one joint at a time, as many as EMSSL makes."""

    title: ClassVar[str] = "Constrained DOF"

    queries_a_move: int = setting(10, "equal steps in which a joint moves, each with a query", least=1)

    def explorer(self, problem: Problem) -> RandomPairs:
        return _OneJointAtATime(problem, self.queries_a_move)


class _OneJointAtATime(RandomPairs):
    """Pairs measured along moves of one joint each, from a random posture on."""

    def __init__(self, problem: Problem, queries_a_move: int):
        super().__init__(problem)
        self._space, self._queries, self._moves = problem.joint_space, queries_a_move, 0
        self._posture = self._space.sample(1, self.random)[0]

    def chosen(self, count: int) -> JointAngles:
        found = np.empty((count, self._space.dof))
        for start in range(0, count, self._queries):
            rows = found[start : start + self._queries]
            joint = self._moves % self._space.dof
            place = self._random_place(joint)
            rows[:] = self._posture
            rows[:, joint] += (place - self._posture[joint]) * np.arange(1, len(rows) + 1) / self._queries
            self._posture, self._moves = rows[-1].copy(), self._moves + 1
        return found

    def _random_place(self, joint: int) -> float:
        return self.random.uniform(self._space.lower[joint], self._space.upper[joint])
