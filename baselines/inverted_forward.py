"""A floor: a forward model, learned from motor babbling and inverted numerically.

The forward model of an arm is a function, and a network learns it from random queries, as many as EMSSL makes, by
as many gradient steps. A target is solved from the nearest query by steps of Gauss-Newton through that network. No
inverse is learned at all. What a learned inverse with corrections must be ahead of, to be worth its training:
`emssl-plus` has for poses the same network and the same steps, but starts them from its own answer.

Source: inverting a learned forward model, the "indirect" way of Nguyen-Tuong & Peters, "Model learning for robot
control: a survey" (2011); the start is that of `baselines/babbling.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from baselines.lookup import Lookup
from emssl_bench.methods.base import Problem, Progress, setting
from emssl_bench.methods.forward_learner import ForwardLearner, new_corrections
from emssl_bench.methods.gradient_method import GradientMethod
from emssl_bench.methods.network_method import RandomPairs
from emssl_bench.methods.phases import busy_with
from emssl_bench.methods.trainer import Schedule
from emssl_bench.solvers.inverted import InvertedSolver
from emssl_bench.solvers.network import Initialisation


@dataclass(frozen=True, kw_only=True)
class InvertedForward(GradientMethod):
    """Inverted forward model: a lookup in random queries, corrected through a network that has learned from them."""

    title: ClassVar[str] = "Inverted forward model"
    uses_joint_angles: ClassVar[bool] = False

    schedule: Schedule = setting("cosine", "learning rate over all gradient steps: constant, or cosine to 0")
    initialisation: Initialisation = setting("he_uniform", "initialisation of the weights")
    corrections: int = setting(3, "steps of Gauss-Newton through the network", least=1, below=1000)
    candidates: int = setting(
        4, "nearest samples that take the first step, of which the network chooses one", least=1, below=1000
    )
    neighbours: int = setting(30, "samples that the lookup's Jacobian is fitted to; 0: the nearest as it is", least=0)
    damping_m: float = setting(0.003, "damping of the lookup's step, in metres for a whole joint range", above=0)

    def learn(self, problem: Problem) -> Iterator[Progress]:
        size, start = len(problem.targets), Lookup(neighbours=self.neighbours, damping_m=self.damping_m)
        corrections = new_corrections(self, problem, self.corrections, self.candidates, self.initialisation)
        rate = self.learning_rate, self.schedule, self.total_steps(size)
        learner = ForwardLearner(corrections, *rate, self.training_batch)
        measured, order = RandomPairs(problem), problem.seeds.torch("order")
        changing = learner.network, learner.trainer, measured.random, measured.pairs, order
        for _ in problem.checkpoint.iterations(self.iterations, *changing):
            busy_with("babbling")
            pairs = measured.more(size)
            last = learner.learn(self.total_steps(size, self.epochs), pairs, order)
            yield Progress(
                InvertedSolver(start.of_pairs(problem, **pairs), corrections),
                {"gradient_steps": learner.trainer.steps},
                last,
            )
