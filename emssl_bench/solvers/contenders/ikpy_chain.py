"""ikpy: SciPy's `least_squares` within limits, on its own forward kinematics in NumPy."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from emssl_bench.joint_space import JointSpace
from emssl_bench.solvers.contenders.arm_file import BASE, urdf_file
from emssl_bench.solvers.contenders.base import Answer
from emssl_bench.solvers.contenders.peer import Peer, matrix, module
from robots.spec import RobotSpec


class Ikpy(Peer):
    """Its defaults, from the middle of the joints' ranges."""

    title: ClassVar[str] = "ikpy, defaults"
    packages: ClassVar[Mapping[str, str]] = {"ikpy": "ikpy"}
    tolerance: ClassVar[str] = "SciPy's ftol, xtol and gtol 1e-8"

    def open(self, robot: RobotSpec, space: JointSpace) -> None:
        active = [False, *[True] * self.dof, False]  # it counts the base and the end effector as links
        with urdf_file(robot, space) as path:
            self._chain = module("ikpy.chain").Chain.from_urdf_file(
                path, base_elements=[BASE], active_links_mask=active
            )

    def reached(self, joint_angles: np.ndarray) -> np.ndarray:
        return self._chain.forward_kinematics([0, *joint_angles, 0])

    def solved(self, target: np.ndarray, start: np.ndarray) -> Answer:
        frame = matrix(target)
        orientation = {"target_orientation": frame[:3, :3], "orientation_mode": "all"} if self.poses else {}
        found = self._chain.inverse_kinematics(
            frame[:3, 3], initial_position=np.array([0, *np.clip(start, self.lower, self.upper), 0]), **orientation
        )
        return Answer(np.array(found[1:-1]))
