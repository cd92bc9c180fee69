"""Reference sets: targets, and the solutions that they have.

There are three kinds, each made without any network:

- **rejection**, of positions, for any arm: those of many uniform configurations that lead to within a centimetre of a
  target. They are a sample of the distribution that a generative method learns. Source: approximate Bayesian
  computation, as by Kruse et al. (2021), Benchmarking invertible architectures on inverse problems.
- **branches**, of poses, for arms of six revolute joints: all solutions within the limits, in closed form.
- **self-motion**, of poses, for arms of seven revolute joints: points on the curves of all solutions.

A set is named by the digest of all that decides it.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from scipy.spatial import KDTree

from emssl_bench.exceptions import CannotSolve
from emssl_bench.joint_space import JointRange, JointSpace, plain
from emssl_bench.seeding import Seeds
from emssl_bench.shapes import JointAngles, Targets
from emssl_bench.solvers.branches import Branches, ClosedForm, SelfMotion
from emssl_bench.solvers.kinematics import Chain, CompiledArm
from emssl_bench.solvers.levenberg_marquardt import improved
from emssl_bench.solvers.marquardt import jacobians_of
from emssl_bench.tasks import Task
from emssl_bench.tasks.pose import METRES_A_RADIAN
from robots.spec import RobotSpec

Kind = Literal["rejection", "branches", "self-motion"]
MOVED_M = 0.01
"""How far a target moves, to see how far the solutions move."""
_CANDIDATES = 20
"""Targets that are tried for each that is kept."""
_DIRECTIONS = 16
_LEAST_SIZE = 1e-6
"""Singular value of a direction in which the arm can move [m/rad]."""
_AT_A_TIME = 100_000
"""Configurations, so that memory does not grow with all that is computed of them."""
_ROWS_AT_A_TIME = 64
"""Targets whose neighbours are held at once: where a joint range is narrow, all configurations are near each."""


@dataclass(frozen=True, kw_only=True)
class ReferenceSettings:
    """All that decides a reference set; 0 where the kind does not have it."""

    kind: Kind
    robot_digest: str
    joint_range_deg: JointRange
    count: int = 200
    """Targets."""
    configurations: int = 0
    """Of rejection: uniform configurations among which solutions are looked for."""
    within_m: float = 0
    """Of rejection: how near a solution leads to its target."""
    at_least: int = 0
    """Of rejection: solutions of a target that is kept."""
    at_most: int = 0
    """Of rejection: solutions that are kept of a target."""
    step_deg: float = 0
    """Of self-motion: the grid of the locked joint."""
    apart_deg: float = 0
    """Of self-motion: how far apart points are kept."""
    seed: int = 0

    @property
    def digest(self) -> str:
        """Names the set: equal for equal settings."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:12]

    def written(self) -> dict[str, Any]:
        """For a record: without what the kind does not have."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True)
class Reference:
    """Targets and their solutions."""

    targets: Targets
    """(n, columns)"""
    moved: Targets
    """(n, columns), a centimetre away; not a number where no such target can be reached from a target's solution."""
    needed_deg: np.ndarray
    """(n,), how far the joint that moves most goes on the way there [deg], by least squares; not a number likewise."""
    solutions: tuple[np.ndarray, ...]
    """n sets of joint angles (k, dof) [rad]."""


def planned(
    robot: RobotSpec, of_task: Task, joint_range_deg: JointRange, count: int, configurations: int
) -> ReferenceSettings:
    """The reference set of an arm and a task, once it is known that it can be made.

    Args:
        robot: the arm.
        of_task: what targets are.
        joint_range_deg: the limits of its joints.
        count: targets.
        configurations: of rejection.

    Raises:
        CannotSolve: there is no reference set for such an arm and task; says for which there is.
        MissingDependency: EAIK is needed and not installed.
    """
    shared: dict[str, Any] = {"robot_digest": robot.digest, "joint_range_deg": plain(joint_range_deg), "count": count}
    if not of_task.oriented:
        more = {"configurations": configurations, "within_m": 0.01, "at_least": 64, "at_most": 256}
        return ReferenceSettings(kind="rejection", **shared, **more)
    turning = all(joint.kind == "revolute" for joint in robot.joints) and not robot.followers
    if robot.dof not in (6, 7) or not turning:
        raise CannotSolve(
            f"all solutions of a pose are known for arms of six or seven revolute joints; {robot.shown} has "
            f"{robot.dof} coordinates{'' if turning else ', and not all of its joints turn by themselves'}: "
            "compare its solutions of positions (--task position)."
        )
    closed_form(robot, JointSpace.of(robot, joint_range_deg))
    if robot.dof == 6:
        return ReferenceSettings(kind="branches", **shared)
    return ReferenceSettings(kind="self-motion", **shared, step_deg=SelfMotion.step_deg, apart_deg=SelfMotion.apart_deg)


def closed_form(robot: RobotSpec, space: JointSpace) -> ClosedForm:
    """All solutions of poses of an arm of six or seven revolute joints.

    Raises:
        CannotSolve: there is no closed form of this arm.
        MissingDependency: EAIK is not installed.
    """
    return (Branches if robot.dof == 6 else SelfMotion)(robot, space)


def make(settings: ReferenceSettings, robot: RobotSpec, of_task: Task) -> Reference:
    """Makes a reference set.

    Raises:
        CannotSolve: as of `planned`; or no target has as many solutions as it should have.
    """
    space = JointSpace.of(robot, settings.joint_range_deg)
    generator = Seeds(settings.seed).numpy(f"reference {settings.kind}")
    arm = CompiledArm(Chain.of(robot, space))
    if settings.kind == "rejection":
        own, targets, solutions = _by_rejection(settings, space, of_task, arm, generator)
    else:
        own = space.sample(settings.count, generator)
        targets = of_task.reached(arm, own)
        solutions = closed_form(robot, space).solutions(targets)
        held = [row for row, each in enumerate(solutions) if len(each)]  # all, but where rounding is worst
        own, targets, solutions = own[held], targets[held], [solutions[row] for row in held]
    moved, needed_deg = _moved(robot, space, of_task, own, targets, generator)
    return Reference(targets, moved, needed_deg, tuple(solutions))


def _by_rejection(
    settings: ReferenceSettings, space: JointSpace, of_task: Task, arm: CompiledArm, generator: np.random.Generator
) -> tuple[JointAngles, Targets, list[np.ndarray]]:
    """Configurations, the targets that they reach, and the solutions of each."""
    candidates = space.sample(_CANDIDATES * settings.count, generator)
    targets = of_task.reached(arm, candidates)
    points = of_task.coordinates(targets)
    near: list[list[np.ndarray]] = [[] for _ in candidates]
    counts, open_rows = np.zeros(len(candidates), int), np.arange(len(candidates))
    for start in range(0, settings.configurations, _AT_A_TIME):
        angles = space.sample(min(_AT_A_TIME, settings.configurations - start), generator)
        tree = KDTree(of_task.coordinates(of_task.reached(arm, angles)))
        for rows in np.array_split(open_rows, len(open_rows) // _ROWS_AT_A_TIME + 1):
            found = tree.query_ball_point(points[rows], settings.within_m, return_sorted=True)
            for row, own in zip(rows, found, strict=True):
                near[row].append(angles[own[: settings.at_most - counts[row]]])
                counts[row] += len(near[row][-1])
        open_rows = open_rows[counts[open_rows] < settings.at_most]
    kept = np.flatnonzero(counts >= settings.at_least)[: settings.count]
    if not len(kept):
        within = f"of {settings.configurations:,} configurations within {100 * settings.within_m:g} cm"
        raise CannotSolve(
            f"none of {len(candidates):,} targets has {settings.at_least} {within}, {counts.max()} at most: give more "
            "--configurations."
        )
    return candidates[kept], targets[kept], [np.concatenate(near[row]) for row in kept]


def _moved(
    robot: RobotSpec,
    space: JointSpace,
    of_task: Task,
    own: JointAngles,
    targets: Targets,
    generator: np.random.Generator,
) -> tuple[Targets, np.ndarray]:
    """Each target a centimetre away in a random direction in which the arm can follow, and how far joints then move.

    Directions are even in the space, or in the plane or line in which alone the arm can move from where it is.

    Args:
        robot, space, of_task: as of the reference set.
        own: (n, dof), configurations that reach the targets.
        targets: (n, columns), with the position first.
        generator: draws directions.
    """
    found, needed_deg = np.full_like(targets, np.nan), np.full(len(targets), np.nan)
    revolute = revolute_joints(robot)
    sideways, sizes, _ = np.linalg.svd(jacobians_of(own, Chain.of(robot, space).links, 3, METRES_A_RADIAN))
    sideways = sideways * (sizes > _LEAST_SIZE)[:, None, :]
    for _ in range(_DIRECTIONS):
        left = np.flatnonzero(np.isnan(needed_deg))
        ways = (sideways @ generator.normal(size=(len(targets), 3, 1)))[left, :, 0]
        away = targets[left]
        away[:, :3] += MOVED_M * ways / np.linalg.norm(ways, axis=1)[:, None]
        answers = improved(robot, space, of_task, away, own[left])
        reached = left[answers.reached]
        found[reached] = away[answers.reached]
        moves = np.abs(answers.joint_angles[answers.reached] - own[reached])[:, revolute]
        needed_deg[reached] = np.degrees(moves.max(axis=1, initial=0.0))
    return found, needed_deg


def revolute_joints(robot: RobotSpec) -> np.ndarray:
    """Which joint angles (dof,) are angles."""
    return np.array([joint.kind == "revolute" for joint in robot.coordinates])
