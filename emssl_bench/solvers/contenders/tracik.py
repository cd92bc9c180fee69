"""TRAC-IK, by pytracik: KDL's Newton and a sequential quadratic program side by side, each in a thread of its own.

Its time-out is wall time: on a busy machine it fails more often.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from emssl_bench.joint_space import JointSpace
from emssl_bench.solvers.contenders.arm_file import BASE, TIP, urdf_text
from emssl_bench.solvers.contenders.base import Answer
from emssl_bench.solvers.contenders.peer import Peer, module
from robots.spec import RobotSpec


class TracIk(Peer):
    """Its defaults, from the middle of the joints' ranges; it draws further starts by itself."""

    title: ClassVar[str] = "TRAC-IK (pytracik), defaults: Speed, at most 5 ms"
    packages: ClassVar[Mapping[str, str]] = {"pytracik": "pytracik"}
    tolerance: ClassVar[str] = "1e-5 of each coordinate of the twist [m, rad]"
    threads: ClassVar[int] = 2
    tasks: ClassVar[tuple[str, ...]] = ("pose",)
    most_seconds: ClassVar[float] = 0.005
    within: ClassVar[float] = 1e-5

    def open(self, robot: RobotSpec, space: JointSpace) -> None:
        self._tracik = module("pytracik")
        text, speed = urdf_text(robot, space), self._tracik.SolveType.Speed
        self._solver = self._tracik.TRAC_IK(BASE, TIP, text, self.most_seconds, self.within, speed)

    def reached(self, joint_angles: np.ndarray) -> np.ndarray:
        return self._tracik.fk(self._solver, joint_angles)

    def solved(self, target: np.ndarray, start: np.ndarray) -> Answer | None:
        code, *joint_angles = self._tracik.ik(self._solver, start, *target.tolist())
        return Answer(np.array(joint_angles), True) if code >= 0 else None


class TracIkPatient(TracIk):
    """With more time, and a smaller tolerance."""

    title: ClassVar[str] = "TRAC-IK (pytracik), Speed, at most 100 ms"
    tolerance: ClassVar[str] = "1e-6 of each coordinate of the twist [m, rad]"
    most_seconds: ClassVar[float] = 0.1
    within: ClassVar[float] = 1e-6
