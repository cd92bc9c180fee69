"""How far joint angles are from their targets, by the known model of an arm, and what it can reach at all."""

import math
from dataclasses import dataclass

import numpy as np

from emssl_bench.joint_space import JointSpace
from emssl_bench.shapes import JointAngles, Targets
from emssl_bench.solvers.kinematics import Chain, CompiledArm
from emssl_bench.solvers.least_squares import reachable
from emssl_bench.solvers.levenberg_marquardt import LevenbergMarquardt
from emssl_bench.tasks import Task
from robots.spec import RobotSpec

WITHIN_M = 0.001
WITHIN_DEG = 0.57
"""Errors up to which a target is reached."""


@dataclass(frozen=True)
class Reaching:
    """Errors of joint angles, a target each."""

    error_m: np.ndarray
    """(n,) [m]"""
    error_deg: np.ndarray | None
    """(n,) [degrees]; None where targets have no orientation."""

    def reached(self, within_m: float = WITHIN_M) -> np.ndarray:
        """(n,) of bool: the distance is within `within_m`, and an angle within `WITHIN_DEG`."""
        near = self.error_m <= within_m
        return near if self.error_deg is None else near & (self.error_deg <= WITHIN_DEG)


def reaching(robot: RobotSpec, space: JointSpace, task: Task, joint_angles: JointAngles, targets: Targets) -> Reaching:
    """The errors of joint angles (n, dof) for targets (n, columns)."""
    return missed(task, task.reached(CompiledArm(Chain.of(robot, space)), joint_angles), targets)


def missed(task: Task, reached: Targets, targets: Targets) -> Reaching:
    """How far what is reached (n, columns) is from targets (n, columns)."""
    errors = task.errors(reached, targets)
    error_cm = errors["error_{}_cm"] if "error_{}_cm" in errors else task.cost_cm(errors)
    return Reaching(error_cm / 100, errors.get("angle_{}_deg"))


def within_reach(robot: RobotSpec, space: JointSpace, task: Task, targets: Targets) -> np.ndarray:
    """Whether the arm can reach each of the targets (n, columns), as nearly as `Reaching.reached` asks, (n,) of bool.

    A target with an orientation is searched for by `LevenbergMarquardt`, the position of any other by `reachable`.
    What is not found is taken to be out of reach.
    """
    if not task.oriented:
        return reachable(robot, space, task.positions(targets))
    within_rad = math.radians(WITHIN_DEG)
    solver = LevenbergMarquardt(robot, space, task, tolerance_m=WITHIN_M, tolerance_rad=within_rad)
    return solver.answers(targets).reached
