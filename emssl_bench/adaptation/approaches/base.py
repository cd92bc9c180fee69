"""The base class of approaches to adaptation: how a solver learned on one arm comes to fit a changed one."""

from abc import ABC
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from emssl_bench.adaptation.measured import NoisyArm
from emssl_bench.data import TrainingData
from emssl_bench.forward import ForwardModel
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.base import Progress
from emssl_bench.seeding import Seeds
from emssl_bench.solvers.base import Solver
from robots.spec import RobotSpec


@dataclass(frozen=True)
class Situation:
    """What an approach finds before the first iteration."""

    solver: Solver
    """The solver that was learned on the unchanged arm; an approach may change it."""
    robot: RobotSpec
    """The arm before it changed, whose link parameters are known."""
    changed: NoisyArm
    """The changed arm, a black box that counts its queries."""
    data: TrainingData
    """What the solver was learned from."""
    joint_space: JointSpace
    measurements: int
    """Queries that an approach that `measures` may begin with."""
    seeds: Seeds


class Approach(ABC):
    """A way to adapt: by default, the learner goes on with the changed arm itself."""

    name: ClassVar[str]
    """The name on the command line and in records."""
    measures: ClassVar[bool] = False
    """Whether it begins with a few measurements."""
    needs_network: ClassVar[bool] = False
    """Whether it changes the learner's network itself, so that the learner must have one (`Method.learns_network`)."""
    from_scratch: ClassVar[bool] = False
    """Whether the solver is learned from scratch, by `Method.learn` and from all training targets."""

    learns: ClassVar[bool] = True
    """Whether the learner goes on, or else `solvers` takes its place."""

    def prepare(self, situation: Situation) -> ForwardModel:
        """The forward model that the learner goes on with."""
        return situation.changed

    def solvers(self, situation: Situation, forward: ForwardModel) -> Iterator[Progress]:
        """What takes the place of learning, where the approach does not learn: a solver an iteration, at least one.

        Args:
            situation: as of `prepare`.
            forward: what `prepare` gave.
        """
        raise NotImplementedError(f"{self.name} learns")
