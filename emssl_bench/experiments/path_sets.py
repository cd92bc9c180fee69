"""Paths in the workspace, straight lines and circles, that an arm can follow from end to end.

A path begins where random joint angles lead, and keeps the orientation of there. It is taken if least squares, handed
the last answer at every target and nothing else, reach all of its targets to a micrometre within the joints' limits,
and no joint moves farther in a step than the bound of a flip. So every path lies within reach along its whole length,
and one branch leads along it: a flip is the doing of whoever flips.
"""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from emssl_bench.exceptions import CannotSolve, InvalidValue
from emssl_bench.joint_space import JointSpace
from emssl_bench.shapes import Frames, Positions, Targets
from emssl_bench.solvers.kinematics import Chain
from emssl_bench.solvers.levenberg_marquardt import LevenbergMarquardt
from emssl_bench.solvers.marquardt import frames_of
from emssl_bench.solvers.selection import endless, moves
from emssl_bench.tasks import Task
from robots.spec import RobotSpec

LINE, RADIUS = 0.4, 0.1
"""The length of a line and the radius of a circle, as shares of the arm's reach."""
FEWEST_STEPS, MOST_STEPS = 5, 10_000
"""Of a path."""
_MOST_TRIES = 500
"""Random paths for each that is wanted."""
_PARALLEL = 0.1
"""Sine of the angle between two directions that span no plane."""


def paths(
    shape: str,
    robot: RobotSpec,
    space: JointSpace,
    task: Task,
    count: int,
    step_m: float,
    flip_rad: float,
    generator: np.random.Generator,
) -> list[Targets]:
    """So many paths of a shape, each (n, columns) of the task.

    Args:
        shape: of `SHAPES`.
        robot, space: the arm and its joints' limits.
        task: what a target is.
        count: paths.
        step_m: between targets, along the path [m]; it is shortened so that whole steps make up the path.
        flip_rad: the largest joint move that is no flip [rad, or m].
        generator: of all that is random.

    Raises:
        InvalidValue: a path has fewer than `FEWEST_STEPS` or more than `MOST_STEPS`.
        CannotSolve: too few random paths are within reach.
    """
    chain = Chain.of(robot, space)
    solver = LevenbergMarquardt(robot, space, task, _no_starts(robot.dof), restarts=0)
    found: list[Targets] = []
    for _ in range(_MOST_TRIES * count):
        angles = space.sample(3, generator)
        begin, *others = frames_of(angles, chain.links)
        positions = SHAPES[shape](begin[:3], others[0][:3], others[1][:3], robot.reach_m, step_m)
        if positions is None:
            continue
        frames = begin[None].repeat(len(positions), axis=0)
        frames[:, :3] = positions
        targets = np.ascontiguousarray(frames if task.columns == 7 else positions)
        answers = solver.path(targets, angles[0])
        apart = moves(answers.joint_angles[:-1], answers.joint_angles[1:], endless(chain))
        if answers.reached.all() and apart.max() <= flip_rad:
            found.append(targets)
            if len(found) == count:
                return found
    raise CannotSolve(f"only {len(found)} of {count} paths of the shape {shape} are within reach from end to end.")


def check_step(robot: RobotSpec, shapes: Iterable[str], step_m: float) -> None:
    """
    Raises:
        InvalidValue: steps of this length are too long, or too short, for a path of one of the shapes.
    """
    for shape in shapes:
        _steps({"line": LINE, "circle": 2 * np.pi * RADIUS}[shape] * robot.reach_m, step_m)


def line(begin: np.ndarray, to: np.ndarray, other: np.ndarray, reach_m: float, step_m: float) -> Positions | None:
    """A straight line of 0.4 of the arm's reach, towards another position that it reaches."""
    towards = to - begin
    if np.linalg.norm(towards) < 1e-9:
        return None
    along = np.linspace(0, LINE * reach_m, _steps(LINE * reach_m, step_m) + 1)
    return begin + along[:, None] * towards / np.linalg.norm(towards)


def circle(begin: np.ndarray, to: np.ndarray, other: np.ndarray, reach_m: float, step_m: float) -> Positions | None:
    """A whole circle, its radius 0.1 of the arm's reach, in the plane of three positions that it reaches."""
    first, second = to - begin, other - begin
    sides = np.linalg.norm(first) * np.linalg.norm(second)
    if np.linalg.norm(np.cross(first, second)) <= _PARALLEL * sides:
        return None
    inwards = first / np.linalg.norm(first)
    across = second - (second @ inwards) * inwards
    across /= np.linalg.norm(across)
    radius = RADIUS * reach_m
    turned = np.linspace(0, 2 * np.pi, _steps(2 * np.pi * radius, step_m) + 1)[:, None]
    return begin + radius * (inwards - np.cos(turned) * inwards + np.sin(turned) * across)


SHAPES: Mapping[str, Callable[..., Positions | None]] = {each.__name__: each for each in (line, circle)}


def _steps(length_m: float, step_m: float) -> int:
    steps = length_m / step_m - 1e-9
    if not FEWEST_STEPS - 1 < steps <= MOST_STEPS:
        which = "short" if steps > MOST_STEPS else "long"
        raise InvalidValue(f"steps of {step_m * 100:g} cm are too {which} for a path of {length_m * 100:.3g} cm.")
    return int(np.ceil(steps))


def _no_starts(dof: int) -> Callable[[Frames], np.ndarray]:
    return lambda targets: np.empty((len(targets), 0, dof))
