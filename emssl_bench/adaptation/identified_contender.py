"""The black-box solver of an arm whose model is wrong and has been identified by a few measurements."""

from typing import ClassVar

from emssl_bench.adaptation.identification import described, from_measurements
from emssl_bench.adaptation.measured import NoisyArm
from emssl_bench.joint_space import JointSpace
from emssl_bench.seeding import Seeds
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.contenders.black_box import BlackBox, guesses_of_model, wrong
from emssl_bench.solvers.guesses import Guesses
from emssl_bench.tasks import Task
from robots.spec import RobotSpec

MEASUREMENTS = 50


class FromIdentifiedChain(BlackBox):
    """From a wrong model that was identified by a few measurements."""

    title: ClassVar[str] = "Black box, from a model identified by 50 measurements"
    knows: ClassVar[str] = "a wrong geometry, 50 measurements, limits"
    tasks: ClassVar[tuple[str, ...]] = ("position",)

    def guesses(self, robot: RobotSpec, space: JointSpace, task: Task, model: Solver | None) -> Guesses:
        self.training_queries = MEASUREMENTS
        nominal, seeds = wrong(robot), Seeds(0)
        arm = NoisyArm(self._arm, 0.0, seeds.numpy("measurement noise"))
        chain = from_measurements(nominal, arm, space, MEASUREMENTS, seeds)
        return guesses_of_model(described(chain, nominal), space)
