"""mink on MuJoCo: steps by quadratic programs within limits, solved by DAQP."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from emssl_bench.joint_space import JointSpace
from emssl_bench.solvers.contenders.arm_file import TIP, urdf_text
from emssl_bench.solvers.contenders.base import Answer
from emssl_bench.solvers.contenders.peer import Peer, matrix, module
from emssl_bench.tasks.pose import METRES_A_RADIAN
from robots.spec import RobotSpec

KEEPING_LINKS = '<mujoco><compiler fusestatic="false" discardvisual="false" boundmass="0.01"/></mujoco>'
"""MuJoCo would take the end effector for a part of the last link."""
MOST_STEPS = 50
WITHIN_M, WITHIN_RAD = 1e-6, 1e-5


class Mink(Peer):
    """A task for the end effector's frame, from the middle of the joints' ranges."""

    title: ClassVar[str] = "mink, FrameTask by DAQP, LM damping 0.1: 50 iterations, one start"
    packages: ClassVar[Mapping[str, str]] = {"mink": "mink", "mujoco": "mujoco", "daqp": "daqp"}
    tolerance: ClassVar[str] = "1 µm, 1e-5 rad"
    most_starts: ClassVar[int] = 1

    def open(self, robot: RobotSpec, space: JointSpace) -> None:
        self._mink = module("mink")
        model = module("mujoco").MjModel.from_xml_string(urdf_text(robot, space, KEEPING_LINKS))
        self._configuration = self._mink.Configuration(model)
        self._limits = [self._mink.ConfigurationLimit(model)]
        self._task = self._mink.FrameTask(
            TIP, "body", position_cost=1.0, orientation_cost=METRES_A_RADIAN if self.poses else 0.0, lm_damping=0.1
        )
        self._restarts = self.restarts(self.most_starts - 1)

    def reached(self, joint_angles: np.ndarray) -> np.ndarray:
        self._configuration.update(joint_angles)
        return self._configuration.get_transform_frame_to_world(TIP, "body").as_matrix()

    def solved(self, target: np.ndarray, start: np.ndarray) -> Answer:
        self._task.set_target(self._mink.SE3.from_matrix(matrix(target)))
        steps = 0
        for tries, each in enumerate((start, *self._restarts), 1):
            reached, taken = self._descend(each)
            steps += taken
            if reached:
                return Answer(self._found(), True, steps, tries)
        return Answer(self._found(), False, steps, self.most_starts)

    def _found(self) -> np.ndarray:
        """Where it is (dof,), within the limits: DAQP keeps them up to 1e-6."""
        return np.clip(self._configuration.q, self.lower, self.upper)

    def _descend(self, start: np.ndarray) -> tuple[bool, int]:
        """Steps from joint angles (dof,); whether the target is reached, and after how many steps."""
        configuration, task = self._configuration, self._task
        configuration.update(start)
        for step in range(1, MOST_STEPS + 1):
            try:
                velocity = self._mink.solve_ik(configuration, [task], 1.0, "daqp", damping=1e-6, limits=self._limits)
            except self._mink.MinkError:  # the quadratic program has no solution
                return False, step
            configuration.integrate_inplace(velocity, 1.0)
            error = task.compute_error(configuration)
            near = np.linalg.norm(error[:3]) < WITHIN_M
            if near and not (self.poses and np.linalg.norm(error[3:]) >= WITHIN_RAD):
                return True, step
        return False, MOST_STEPS


class MinkRestarts(Mink):
    """From random configurations, too."""

    title: ClassVar[str] = "mink, FrameTask by DAQP, LM damping 0.1: 50 iterations, at most 10 starts"
    most_starts: ClassVar[int] = 10
