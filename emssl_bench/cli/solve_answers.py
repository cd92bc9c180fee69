"""The ways in which `solve` finds joint angles: a trained model, with or without refinement, or least squares."""

import argparse
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import numpy as np

import robots
from emssl_bench.cli.solve import DEFAULT_RANGE
from emssl_bench.cli.solve_input import Given
from emssl_bench.exceptions import InvalidValue
from emssl_bench.joint_space import JointSpace, shown
from emssl_bench.shapes import JointAngles
from emssl_bench.solvers.reaching import reaching
from emssl_bench.tasks import Task
from robots.spec import RobotSpec

_INSTEAD = {
    "position": "positions and no orientations: give --target X Y Z, or a CSV file without qx, qy, qz and qw",
    "pose": "poses, which have an orientation: give --pose X Y Z QX QY QZ QW, --pose X Y Z --rpy ROLL PITCH YAW, or a "
    "CSV file with qx, qy, qz and qw",
}
"""What a model of a task learned, and how it is asked."""


@dataclass(frozen=True)
class Solved:
    """One answer a target, and what is told of it."""

    robot: RobotSpec
    joint_angles: JointAngles
    """(n, dof) [rad], or [m] on a prismatic joint."""
    error_m: np.ndarray
    """(n,) [m]"""
    error_deg: np.ndarray | None
    """(n,) [degrees], of poses."""
    reached: np.ndarray
    """(n,) of bool"""
    how: str
    """What found them, in a line."""
    queries: np.ndarray | None = None
    """(n,), of the arm, where it was queried."""
    hint: str = ""
    """What would find more exact ones."""


def by_least_squares(options: argparse.Namespace) -> Callable[[Given], Solved]:
    """Damped least squares on an arm whose model is known.

    Raises:
        UnknownName, RobotError, InvalidValue: there is no such arm, or it has no such joint range.
    """
    robot = robots.load(options.robot, options.tip, options.base)
    joint_range = DEFAULT_RANGE if options.joint_range is None else options.joint_range
    space = JointSpace.of(robot, joint_range)

    def solve(given: Given) -> Solved:
        from emssl_bench.solvers.levenberg_marquardt import LevenbergMarquardt

        angles = LevenbergMarquardt(robot, space, given.task).answers(given.targets).joint_angles
        how = f"Least squares on {robot.name} ({robot.dof} joints, {shown(joint_range)})"
        return _measured(robot, space, given, given.task, angles, options, how)

    return solve


def by_model(options: argparse.Namespace) -> Callable[[Given], Solved]:
    """A trained model, refined or not.

    Raises:
        ModelError: it cannot be loaded, or is of another arm than --robot.
        InvalidValue: it learned another task than positions and poses.
    """
    from emssl_bench.records import trained
    from emssl_bench.solvers.guesses import refines_by_queries

    given_arm = robots.load(options.robot, options.tip, options.base) if options.robot else None
    model = trained.load(options.model, given_arm)
    if model.task.name not in _INSTEAD:
        raise InvalidValue(
            f"{options.model}: it learned the task {model.task.name}, and solve has positions and poses."
        )
    space, robot = model.joint_space, model.robot
    assert robot is not None, "joint_space would have said so"
    how = f"Model: {repr(model)[1:-1]}"

    def solve(given: Given) -> Solved:
        if given.task.name != model.task.name:
            raise InvalidValue(f"{options.model}: it learned {_INSTEAD[model.task.name]}.")
        if options.refine == "none":
            asking = ", --refine queries asks the arm" if refines_by_queries(model.solver) else ""
            hint = f"These are the model's own answers: --refine model makes those within reach exact{asking}."
            angles = model.joint_angles(given.targets)
            return _measured(robot, space, given, model.task, angles, options, how, hint)
        if options.refine == "model":
            angles = model.refined(given.targets).joint_angles
            by = f"{how}\nRefined by least squares on the arm's model"
            return _measured(robot, space, given, model.task, angles, options, by)
        from emssl_bench.forward import open_forward

        with closing(open_forward(options.forward, robot)) as arm:
            found = model.refined(given.targets, "queries", arm, options.within / 1000)
        by = f"{how}\nRefined by queries of the arm ({options.forward}), which alone says the error"
        return Solved(robot, found.joint_angles, found.error_m, found.error_deg, found.reached, by, found.queries)

    return solve


def _measured(
    robot: RobotSpec,
    space: JointSpace,
    given: Given,
    task: Task,
    angles: np.ndarray,
    options: argparse.Namespace,
    how: str,
    hint: str = "",
) -> Solved:
    found = reaching(robot, space, task, angles, given.targets)
    reached = found.reached(options.within / 1000)
    return Solved(robot, angles, found.error_m, found.error_deg, reached, how, hint=hint)
