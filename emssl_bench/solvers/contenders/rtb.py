"""The Robotics Toolbox's `ik_LM`: Levenberg-Marquardt in C++, from up to 100 random configurations.

Its random starts come from C's own generator, which is never seeded: they are the same in every process that asks for
the same answers in the same order.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from emssl_bench.joint_space import JointSpace
from emssl_bench.solvers.contenders.base import Answer
from emssl_bench.solvers.contenders.peer import Peer, matrix, module
from emssl_bench.solvers.kinematics import OFFSET, PRISMATIC, ROTATION
from robots.spec import RobotSpec


class RoboticsToolbox(Peer):
    """With the settings that it has if none are given."""

    title: ClassVar[str] = "Robotics Toolbox ik_LM, defaults: Chan, k 1"
    packages: ClassVar[Mapping[str, str]] = {"roboticstoolbox": "roboticstoolbox-python"}
    tolerance: ClassVar[str] = "half the squared error [m², rad²] 1e-6, which is 1.4 mm"
    damping: ClassVar[float] = 1.0
    half_squared_error: ClassVar[float] = 1e-6

    def open(self, robot: RobotSpec, space: JointSpace) -> None:
        toolbox = module("roboticstoolbox")
        parts = []
        for link, lower, upper in zip(self.chain.links, space.lower, space.upper, strict=False):
            joint = toolbox.ET.tz if link[PRISMATIC] else toolbox.ET.Rz
            parts += [toolbox.ET.SE3(_placed(link)), joint(qlim=[lower, upper])]
        self._chain = toolbox.ETS([*parts, toolbox.ET.SE3(_placed(self.chain.links[-1]))])
        self._settings = {
            "mask": None if self.poses else [1, 1, 1, 0, 0, 0],
            "method": "chan",
            "k": self.damping,
            "tol": self.half_squared_error,
        }

    def reached(self, joint_angles: np.ndarray) -> np.ndarray:
        return self._chain.fkine(joint_angles).A

    def answer(self, target: np.ndarray) -> Answer:
        return self._told(self._chain.ik_LM(matrix(target), **self._settings))

    def solved(self, target: np.ndarray, start: np.ndarray) -> Answer:
        return self._told(self._chain.ik_LM(matrix(target), q0=start, **self._settings))

    def _told(self, found: Any) -> Answer:
        return Answer(found.q, bool(found.success), int(found.iterations), int(found.searches))


class RoboticsToolboxExact(RoboticsToolbox):
    """With the settings that were found to be fastest where it is to be exact."""

    title: ClassVar[str] = "Robotics Toolbox ik_LM, Chan, k 0.1"
    tolerance: ClassVar[str] = "half the squared error [m², rad²] 1e-12, which is 1.4 µm"
    damping: ClassVar[float] = 0.1
    half_squared_error: ClassVar[float] = 1e-12


def _placed(link: np.ndarray) -> np.ndarray:
    """The frame of a row of `Chain.links` in the frame before it: (4, 4)."""
    placed = np.eye(4)
    placed[:3, :3] = link[ROTATION:OFFSET].reshape(3, 3)
    placed[:3, 3] = link[OFFSET:PRISMATIC]
    return placed
