"""A floor: the nearest labelled sample, corrected by a Jacobian fitted to its neighbours. Nothing is learned.

What a method that learns from labels must be ahead of, to be worth its training.

Source: the correction is one damped step of Gauss-Newton; the Jacobian is fitted as in locally weighted regression,
Atkeson, Moore & Schaal, "Locally weighted learning for control" (1997).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from emssl_bench.methods.base import Method, Problem, Progress, setting
from emssl_bench.shapes import JointAngles, Targets
from emssl_bench.solvers.lookup import LookupSolver


@dataclass(frozen=True, kw_only=True)
class Lookup(Method):
    """Lookup: the nearest labelled sample, corrected by a fitted Jacobian."""

    title: ClassVar[str] = "Lookup"
    learns_network: ClassVar[bool] = False

    neighbours: int = setting(30, "samples that the Jacobian is fitted to; 0: no correction", least=0)
    damping_m: float = setting(0.003, "damping of the correction, in metres for a whole joint range", above=0)

    @property
    def units(self) -> int:
        return 1

    def learn(self, problem: Problem) -> Iterator[Progress]:
        yield Progress(self.of_pairs(problem, problem.targets, problem.joint_angles))

    def of_pairs(self, problem: Problem, targets: Targets, joint_angles: JointAngles) -> LookupSolver:
        """The solver of these samples, for the problem's task and joint space."""
        space = problem.joint_space
        return LookupSolver(
            targets, joint_angles, space.lower, space.upper, self.neighbours, self.damping_m, problem.task
        )
