"""SciPy's `least_squares` within limits, on the forward kinematics and the Jacobian of our own solver."""

from typing import ClassVar

import numpy as np
from scipy.optimize import least_squares

from emssl_bench.joint_space import JointSpace
from emssl_bench.solvers.contenders.base import Answer
from emssl_bench.solvers.contenders.peer import Peer, matrix
from emssl_bench.solvers.kernel import fill_jacobian, missing, place
from emssl_bench.solvers.marquardt import frames_of
from emssl_bench.tasks.pose import METRES_A_RADIAN
from robots.spec import RobotSpec

REACHED = 1e-6
"""[m], or [rad] times `METRES_A_RADIAN`: the norm of the error at which an answer is taken."""


class Scipy(Peer):
    """Trust region reflective, with the analytic Jacobian, from the middle of the joints' ranges."""

    title: ClassVar[str] = "SciPy least_squares, trf: 100 evaluations, one start"
    tolerance: ClassVar[str] = "ftol, xtol and gtol 1e-12"
    follows: ClassVar[bool] = True
    most_evaluations: ClassVar[int] = 100
    most_starts: ClassVar[int] = 1

    def open(self, robot: RobotSpec, space: JointSpace) -> None:
        joints = len(robot.joints)
        self._m = 6 if self.poses else 3
        self._axes, self._origins, self._sliding = np.empty((joints, 3)), np.empty((joints, 3)), np.empty(joints)
        self._tip, self._turn, self._error = np.empty(3), np.empty((3, 3)), np.empty(6)
        self._restarts = self.restarts(self.most_starts - 1)

    def reached(self, joint_angles: np.ndarray) -> np.ndarray:
        return matrix(frames_of(joint_angles[None], self.chain.links)[0])

    def solved(self, target: np.ndarray, start: np.ndarray) -> Answer:
        turned, m = matrix(target)[:3, :3].copy(), self._m

        def lacking(angles: np.ndarray) -> np.ndarray:
            self._place(angles)
            missing(self._tip, self._turn, target, turned, m, METRES_A_RADIAN, self._error)
            return -self._error[:m]

        def slope(angles: np.ndarray) -> np.ndarray:
            self._place(angles)
            jacobian = np.empty((6, self.dof))
            fill_jacobian(
                jacobian, m, METRES_A_RADIAN, self.chain.links, self._axes, self._origins, self._sliding, self._tip
            )
            return jacobian[:m]

        best, steps, tries = None, 0, 0
        for each in (np.clip(start, self.lower, self.upper), *self._restarts):
            found = least_squares(
                lacking,
                each,
                slope,  # pyright: ignore[reportArgumentType]  # the stubs know its names alone
                bounds=(self.lower, self.upper),
                ftol=1e-12,
                xtol=1e-12,
                gtol=1e-12,
                max_nfev=self.most_evaluations,
            )
            tries, steps = tries + 1, steps + found.nfev
            if best is None or found.cost < best.cost:
                best = found
            if found.cost <= REACHED**2 / 2:
                break
        assert best is not None
        return Answer(best.x, bool(best.cost <= REACHED**2 / 2), steps, tries)

    def _place(self, angles: np.ndarray) -> None:
        place(angles, self.chain.links, self._axes, self._origins, self._sliding, self._tip, self._turn)


class ScipyRestarts(Scipy):
    """From random configurations, too."""

    title: ClassVar[str] = "SciPy least_squares, trf: 60 evaluations, at most 40 starts"
    most_evaluations: ClassVar[int] = 60
    most_starts: ClassVar[int] = 40
