"""The suite's own numerical solver, by where it starts."""

from typing import ClassVar

import numpy as np

from emssl_bench.joint_space import JointSpace
from emssl_bench.shapes import JointAngles, Targets
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.contenders.base import Answer, Contender
from emssl_bench.solvers.levenberg_marquardt import LevenbergMarquardt, Starts
from emssl_bench.tasks import Task
from robots.spec import RobotSpec


class FromTable(Contender):
    """From stored samples, then from random configurations."""

    title: ClassVar[str] = "Levenberg-Marquardt, from a table of samples"
    tolerance: ClassVar[str] = "1 µm, 1e-4 rad"

    def __init__(self, robot: RobotSpec, space: JointSpace, task: Task, model: Solver | None = None):
        self.dof = robot.dof
        self._solver = LevenbergMarquardt(robot, space, task, self.starts(robot, space, task, model))

    def starts(self, robot: RobotSpec, space: JointSpace, task: Task, model: Solver | None) -> Starts | None:
        """Where it starts; None is the solver's own table."""
        return None

    def answer(self, target: np.ndarray) -> Answer:
        joint_angles, _, _, reached = self._solver.answer(target)
        return Answer(joint_angles, reached)

    def answers(self, targets: Targets) -> JointAngles:
        return self._solver.answers(targets).joint_angles


class FromRandom(FromTable):
    """From random configurations alone."""

    title: ClassVar[str] = "Levenberg-Marquardt, from random configurations"

    def starts(self, robot: RobotSpec, space: JointSpace, task: Task, model: Solver | None) -> Starts:
        nothing = np.empty((1, 0, robot.dof))
        return lambda targets: nothing.repeat(len(targets), axis=0)
