"""Whether PyBullet and pinocchio have the end effector where, and as, the torch chain has it."""

import importlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emssl_bench.exceptions import MissingDependency, RobotError
from emssl_bench.forward.c_numbers import decimal_point
from emssl_bench.forward.quiet import without_console_bridge
from emssl_bench.joint_space import JointSpace
from emssl_bench.seeding import Seeds
from emssl_bench.shapes import FRAME_COLUMNS, Frames, JointAngles, Positions
from emssl_bench.tasks.pose import angles_rad
from robots import urdf
from robots.spec import RobotSpec

DRAWN = 20_000


BOUND_M = BOUND_RAD = 1e-9
"""Models that compute in double precision and differ by more than this differ in what they compute."""


COMPARED = 3_000


@dataclass(frozen=True)
class Agreement:
    """How far a forward model is from the torch chain, or why it was not asked."""

    model: str
    reads: str
    """What it was given to read: the arm's file, or what the suite makes of it."""
    difference_m: float = math.nan
    """The greatest distance over all configurations compared."""
    difference_rad: float = math.nan
    """The greatest angle."""
    reason: str = ""
    """Why it was not compared, where it was not."""

    @property
    def compared(self) -> bool:
        return not self.reason

    @property
    def disagrees(self) -> bool:
        return self.compared and not (self.difference_m <= BOUND_M and self.difference_rad <= BOUND_RAD)

    def __str__(self) -> str:
        if self.reason:
            return f"{self.model}: not compared, {self.reason}"
        bounds = f"{BOUND_M:g} m and {BOUND_RAD:g} rad"
        verdict = f"not within {bounds}: THEY DISAGREE" if self.disagrees else f"within {bounds}"
        return (
            f"{self.model} (from {self.reads}) and the torch chain: at most {self.difference_m:.1e} m and "
            f"{self.difference_rad:.1e} rad apart in {COMPARED:,} configurations, {verdict}"
        )


def reached(robot: RobotSpec, joint_space: JointSpace) -> Positions:
    """(DRAWN, 3) [m], the positions that random joint angles in the space reach, by the torch chain.

    Raises:
        RobotError: always to the same place.
    """
    from emssl_bench.forward.chain import ChainArm

    positions = ChainArm(robot).positions(joint_space.sample(DRAWN, Seeds(0).numpy("workspace")))
    if np.ptp(positions, axis=0).max() <= BOUND_M:
        raise RobotError(f"{robot.shown} turns about its end effector, which stays where it is.")
    return positions


def compared(
    robot: RobotSpec, path: Path, tip: str, joint_space: JointSpace, base: str | None = None
) -> list[Agreement]:
    """PyBullet and, where it is installed, pinocchio against the float64 torch chain, at random joint angles.

    Args:
        robot: the arm as the suite has read it.
        path: its file, which pinocchio reads by itself.
        tip: its end effector in the file.
        joint_space: where joint angles are drawn.
        base: the link that it begins with; by default the file's first.
    """
    from emssl_bench.forward.chain import ChainArm

    joint_angles = joint_space.sample(COMPARED, Seeds(0).numpy("check"))
    expected = ChainArm(robot).frames(joint_angles)
    return [_bullet(robot, joint_angles, expected), _pinocchio(robot, path, tip, joint_angles, expected, base)]


def _bullet(robot: RobotSpec, joint_angles: JointAngles, expected: Frames) -> Agreement:
    from emssl_bench.forward.bullet import BulletArm

    model, reads = "PyBullet", "the kinematics the suite writes for it"
    try:
        arm = BulletArm(robot)
    except (MissingDependency, RobotError) as error:
        return Agreement(model, reads, reason=str(error))
    try:
        return Agreement(model, reads, *_differences(arm.frames(joint_angles), expected))
    finally:
        arm.close()


def _pinocchio(
    robot: RobotSpec, path: Path, tip: str, joint_angles: JointAngles, expected: Frames, base: str | None
) -> Agreement:
    model, reads = "pinocchio", "the file itself"
    try:
        pinocchio = importlib.import_module("pinocchio")
    except ImportError:
        return Agreement(model, reads, reason="it is not installed (pip install pin).")
    try:
        found = pinocchio_frames(pinocchio, robot, path, tip, joint_angles, base)
    except (ValueError, RuntimeError) as error:  # it is stricter about what it does not need
        return Agreement(model, reads, reason=f"it cannot read the file: {' '.join(str(error).split())}")
    return Agreement(model, reads, *_differences(found, expected))


def pinocchio_frames(
    pinocchio: Any, robot: RobotSpec, path: Path, tip: str, joint_angles: JointAngles, base: str | None = None
) -> Frames:
    """Frames (n, 7) of the link `tip`, seen from `base`, by pinocchio, which reads the file itself.

    It takes every joint for one that moves freely: those that follow others, and those that are locked, are put where
    they belong.

    Raises:
        ValueError, RuntimeError: it cannot read it.
    """
    with without_console_bridge(), decimal_point():
        model = pinocchio.buildModelFromUrdf(str(path))
    data, frame = model.createData(), model.getFrameId(tip, pinocchio.FrameType.BODY)
    start = None if base is None else model.getFrameId(base, pinocchio.FrameType.BODY)
    configuration = pinocchio.neutral(model)  # of every joint in the file, those of other branches too

    def put(name: str, angle: float) -> None:
        joint = model.joints[model.getJointId(name)]
        turns_freely = joint.nq == 2  # a continuous joint, which it has as a point on the unit circle
        configuration[joint.idx_q : joint.idx_q + joint.nq] = (
            (math.cos(angle), math.sin(angle)) if turns_freely else (angle,)
        )

    for name, angle in urdf.held(path, tip, base).items():
        put(name, angle)
    frames = np.empty((len(joint_angles), FRAME_COLUMNS))
    for index, row in enumerate(robot.of_every_joint(joint_angles)):
        for joint, angle in zip(robot.joints, row, strict=True):
            put(joint.name, angle)
        pinocchio.forwardKinematics(model, data, configuration)
        placement = pinocchio.updateFramePlacement(model, data, frame)
        if start is not None:
            placement = pinocchio.updateFramePlacement(model, data, start).actInv(placement)
        frames[index] = pinocchio.SE3ToXYZQUAT(placement)
    return frames


def _differences(found: Frames, expected: Frames) -> tuple[float, float]:
    """The greatest distance [m] and the greatest angle [rad]."""
    distances = np.linalg.norm(found[:, :3] - expected[:, :3], axis=1)
    return float(distances.max()), float(angles_rad(found, expected).max())
