"""PyBullet's `calculateInverseKinematics`: damped least squares."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from emssl_bench.forward.bullet import load_text
from emssl_bench.forward.client import Client
from emssl_bench.joint_space import JointSpace
from emssl_bench.solvers.contenders.base import Answer
from emssl_bench.solvers.contenders.peer import Peer, matrix
from emssl_bench.tasks.pose import METRES_A_RADIAN
from robots import urdf
from robots.spec import RobotSpec


class PyBullet(Peer):
    """As it is called in its own examples, from the middle of the joints' ranges."""

    title: ClassVar[str] = "PyBullet, defaults: 20 iterations"
    packages: ClassVar[Mapping[str, str]] = {"pybullet": "pybullet"}
    knows: ClassVar[str] = "geometry"
    tolerance: ClassVar[str] = "residual 0.1 mm, of the position alone"
    keeps_limits: ClassVar[bool] = False

    def open(self, robot: RobotSpec, space: JointSpace) -> None:
        self._session = Client(robot, self.title)
        with self._session:
            self._bullet, self._client = self._session.bullet, self._session.number
            self._body = load_text(self._session, urdf.kinematics_only(robot), f"arm-{robot.digest}")
            self._session.mark(self._body)
            count = self._bullet.getNumJoints(self._body, physicsClientId=self._client)
            told = (self._bullet.getJointInfo(self._body, j, physicsClientId=self._client) for j in range(count))
            links = {each[12].decode(): each[0] for each in told}
        self._tip = links[urdf.TIP_LINK]
        self._joints = [links[f"link{i + 1}"] for i in range(self.dof)]
        self._settings: dict[str, Any] = {}

    def solved(self, target: np.ndarray, start: np.ndarray) -> Answer:
        return Answer(self.search(start, target))

    def search(self, start: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Joint angles (dof,) that PyBullet comes to from others (dof,)."""
        self._move(start)
        place = target[:3].tolist(), *([target[3:].tolist()] if self.poses else [])
        return np.array(
            self._bullet.calculateInverseKinematics(
                self._body, self._tip, *place, physicsClientId=self._client, **self._settings
            )
        )

    def _move(self, joint_angles: np.ndarray) -> None:
        rows = [[angle] for angle in joint_angles.tolist()]
        self._bullet.resetJointStatesMultiDof(self._body, self._joints, rows, physicsClientId=self._client)

    def frame(self, joint_angles: np.ndarray) -> np.ndarray:
        """Where PyBullet has the end effector: (7,)."""
        self._move(joint_angles)
        state = self._bullet.getLinkState(self._body, self._tip, physicsClientId=self._client)
        return np.array(state[0] + state[1])  # of the centre of mass, in double precision

    def reached(self, joint_angles: np.ndarray) -> np.ndarray:
        return matrix(self.frame(joint_angles))


class PyBulletTuned(PyBullet):
    """With little damping, and random starts until its own forward kinematics say that the target is reached.

    PyBullet damps by 0.5 on every joint, with which it creeps: 1e-4 needs a tenth of the iterations. Its residual is
    that of the position alone, so that a pose needs a much smaller one to have its orientation too.
    """

    title: ClassVar[str] = "PyBullet, 300 iterations, joint damping 1e-4, at most 50 starts"
    knows: ClassVar[str] = "geometry, limits"
    tolerance: ClassVar[str] = "10 µm, 1e-4 rad"
    keeps_limits: ClassVar[bool] = True
    most_starts: ClassVar[int] = 50
    within_m: ClassVar[float] = 1e-5
    within_rad: ClassVar[float] = 1e-4

    def open(self, robot: RobotSpec, space: JointSpace) -> None:
        super().open(robot, space)
        self._restarts = self.restarts(self.most_starts - 1)
        self._settings = {
            "maxNumIterations": 300,
            "residualThreshold": 1e-9 if self.poses else 1e-6,
            "jointDamping": [1e-4] * self.dof,
        }

    def solved(self, target: np.ndarray, start: np.ndarray) -> Answer:
        best, least = start, math.inf
        for tries, each in enumerate((start, *self._restarts), 1):
            found = self.turned(self.search(each, target))
            apart_m, apart_rad = self._apart(self.frame(found), target)
            inside = bool(self.inside(found))
            if inside and apart_m <= self.within_m and apart_rad <= self.within_rad:
                return Answer(found, True, tries=tries)
            cost = apart_m + METRES_A_RADIAN * apart_rad + (not inside)
            if cost < least:
                best, least = found, cost
        return Answer(best, False, tries=self.most_starts)

    def _apart(self, frame: np.ndarray, target: np.ndarray) -> tuple[float, float]:
        """The distance [m] and the angle [rad] to the target."""
        apart_m = math.dist(frame[:3], target[:3])
        if not self.poses:
            return apart_m, 0.0
        # |p - q| is 2 sin(angle / 4) of unit quaternions, exact for small angles too
        near = min(math.dist(frame[3:], target[3:]), math.dist(frame[3:], -target[3:]))
        return apart_m, 4 * math.asin(min(near / 2, 1.0))
