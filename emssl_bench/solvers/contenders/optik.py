"""OptIK, by optik-py: quasi-Newton optimisation within limits, in Rust, from random starts until one succeeds."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from emssl_bench.joint_space import JointSpace
from emssl_bench.solvers.contenders.arm_file import BASE, TIP, urdf_file
from emssl_bench.solvers.contenders.base import Answer
from emssl_bench.solvers.contenders.peer import Peer, matrix, module
from robots.spec import RobotSpec


class Optik(Peer):
    """Its defaults, from the middle of the joints' ranges; it draws further starts by itself, always the same."""

    title: ClassVar[str] = "OptIK (optik-py), defaults: speed, at most 0.1 s"
    packages: ClassVar[Mapping[str, str]] = {"optik": "optik-py"}
    tolerance: ClassVar[str] = "its cost 1e-6"
    tasks: ClassVar[tuple[str, ...]] = ("pose",)
    slides: ClassVar[bool] = False
    """It would end the process."""

    def open(self, robot: RobotSpec, space: JointSpace) -> None:
        optik = module("optik")
        with urdf_file(robot, space) as path:
            self._robot = optik.Robot.from_urdf_file(path, BASE, TIP)
        self._robot.set_parallelism(1)
        self._config = optik.SolverConfig(**self.settings())

    def settings(self) -> dict[str, Any]:
        """What its solver is told beside its defaults."""
        return {}

    def reached(self, joint_angles: np.ndarray) -> np.ndarray:
        return np.array(self._robot.fk(joint_angles))

    def solved(self, target: np.ndarray, start: np.ndarray) -> Answer | None:
        found = self._robot.ik(self._config, matrix(target), start)
        return None if found is None else Answer(np.array(found[0]), True)


class OptikExact(Optik):
    """With a smaller tolerance, of the cost alone. It solves positions by giving rotations no weight."""

    title: ClassVar[str] = "OptIK (optik-py), speed, at most 0.1 s, cost alone"
    tolerance: ClassVar[str] = "its cost 1e-12"
    tasks: ClassVar[tuple[str, ...]] = ("position", "pose")

    def settings(self) -> dict[str, Any]:
        exact = {"tol_f": 1e-12, "tol_df": -1.0, "tol_dx": -1.0}
        return exact if self.poses else {**exact, "linear_weight": [1, 1, 1], "angular_weight": [0, 0, 0]}
