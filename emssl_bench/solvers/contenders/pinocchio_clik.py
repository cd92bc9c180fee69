"""Closed-loop inverse kinematics (CLIK), as pinocchio's documentation shows it: a loop in Python on its Jacobians."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from emssl_bench.forward.quiet import without_console_bridge
from emssl_bench.joint_space import JointSpace
from emssl_bench.solvers.contenders.arm_file import TIP, urdf_text
from emssl_bench.solvers.contenders.base import Answer
from emssl_bench.solvers.contenders.peer import Peer, matrix, module
from robots.spec import RobotSpec


class PinocchioExample(Peer):
    """The examples inverse-kinematics.py and inverse-kinematics-3d.py, from the neutral configuration.

    That has every joint at 0, which the limits of some arms do not allow.
    """

    title: ClassVar[str] = "pinocchio, CLIK example: step 0.1, at most 1,000 iterations"
    packages: ClassVar[Mapping[str, str]] = {"pinocchio": "pin"}
    knows: ClassVar[str] = "geometry"
    tolerance: ClassVar[str] = "norm of the error [m, rad] 1e-4"
    keeps_limits: ClassVar[bool] = False
    within: ClassVar[float] = 1e-4
    step: ClassVar[float] = 0.1
    damping: ClassVar[float] = 1e-12
    most_steps: ClassVar[int] = 1000

    def open(self, robot: RobotSpec, space: JointSpace) -> None:
        self.pin = module("pinocchio")
        with without_console_bridge():
            self._model = self.pin.buildModelFromXML(urdf_text(robot, space))
        self._data = self._model.createData()
        self._tip = self._model.getFrameId(TIP)
        self.first_start = self.pin.neutral(self._model)
        self._damping = self.damping * np.eye(6 if self.poses else 3)

    def reached(self, joint_angles: np.ndarray) -> np.ndarray:
        self.pin.framesForwardKinematics(self._model, self._data, joint_angles)
        return self._data.oMf[self._tip].homogeneous

    def solved(self, target: np.ndarray, start: np.ndarray) -> Answer:
        found, reached, steps = self.descend(start, target)
        return Answer(found, reached, steps, tries=1)

    def descend(self, angles: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, bool, int]:
        """Steps from joint angles (dof,) towards the target; whether it is reached, and after how many steps."""
        pin, model, data, tip = self.pin, self._model, self._data, self._tip
        goal = pin.SE3(matrix(target))
        for step in range(self.most_steps):
            pin.framesForwardKinematics(model, data, angles)
            to_goal = data.oMf[tip].actInv(goal)
            error = pin.log(to_goal).vector if self.poses else to_goal.translation
            if np.linalg.norm(error) < self.within:
                return angles, True, step
            jacobian = pin.computeFrameJacobian(model, data, angles, tip, pin.LOCAL)
            jacobian = -pin.Jlog6(to_goal.inverse()) @ jacobian if self.poses else -jacobian[:3]
            velocity = -jacobian.T @ np.linalg.solve(jacobian @ jacobian.T + self._damping, error)
            angles = pin.integrate(model, angles, velocity * self.step)
        return angles, False, self.most_steps


class PinocchioRestarts(PinocchioExample):
    """With longer steps, and random starts until the target is reached within limits."""

    title: ClassVar[str] = "pinocchio, CLIK: step 0.7, damping 1e-6, 60 iterations, at most 60 starts"
    knows: ClassVar[str] = "geometry, limits"
    tolerance: ClassVar[str] = "norm of the error [m, rad] 1e-5"
    keeps_limits: ClassVar[bool] = True
    within: ClassVar[float] = 1e-5
    step: ClassVar[float] = 0.7
    damping: ClassVar[float] = 1e-6
    most_steps: ClassVar[int] = 60
    most_starts: ClassVar[int] = 60

    def open(self, robot: RobotSpec, space: JointSpace) -> None:
        super().open(robot, space)
        self.first_start = self.middle
        self._restarts = self.restarts(self.most_starts - 1)

    def solved(self, target: np.ndarray, start: np.ndarray) -> Answer:
        found, steps = start, 0
        for tries, each in enumerate((start, *self._restarts), 1):
            found, reached, taken = self.descend(each, target)
            found, steps = self.turned(found), steps + taken
            if reached and self.inside(found):
                return Answer(found, True, steps, tries)
        return Answer(found, False, steps, self.most_starts)
