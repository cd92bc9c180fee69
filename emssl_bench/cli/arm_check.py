"""Whether the suite can use an arm: what it is made of, and whether independent forward models agree about it."""

import math
from collections.abc import Mapping

from emssl_bench.exceptions import listed, one_line
from emssl_bench.joint_space import LIMITS, JointRange, JointSpace, shown
from robots.spec import Joint, RobotSpec

LONG_M = 20.0
"""Farther than this no joint of an arm slides, but one of a mobile base may."""


def chain(robot: RobotSpec, tip: str) -> str:
    """The arm's joints from base to tip, in lines; its reach is that within its own limits."""
    rows = [("joint", "kind", "axis", "limits", "origin xyz [m]", "origin rpy [rad]")]
    rows += [_row(joint) for joint in robot.joints]
    rows.append((f"tip: {tip}", "", "", "", _numbers(robot.tip_xyz_m), _numbers(robot.tip_rpy_rad)))
    rows = [tuple(map(one_line, row)) for row in rows]  # a name in a file may hold a line end
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    count = len(robot.followers)
    moving = f"{robot.dof} moving joint{'' if robot.dof == 1 else 's'}"
    if count:
        moving += f" and {count} that {'follows' if count == 1 else 'follow'}"
    summary = (
        f"{robot.name}: {moving}, reach {robot.reach_m:.3f} m from the first "
        f"({robot.source}). Fixed joints are folded into the origins."
    )
    return "\n".join([one_line(summary), *lines])


def _row(joint: Joint) -> tuple[str, ...]:
    endless = math.isinf(joint.lower) and math.isinf(joint.upper) and not joint.bounds_missing
    kind = "continuous" if endless else joint.kind
    return (
        joint.name,
        kind,
        _numbers(joint.axis),
        _limits(joint),
        *map(_numbers, (joint.origin_xyz_m, joint.origin_rpy_rad)),
    )


def _limits(joint: Joint) -> str:
    if joint.follows:
        return _followed(joint)
    if joint.bounds_missing:
        return "missing"
    if joint.kind == "prismatic":
        return f"[{joint.lower:g}, {joint.upper:g}] m"
    if math.isinf(joint.lower) and math.isinf(joint.upper):
        return "none"
    return f"[{math.degrees(joint.lower):.1f}, {math.degrees(joint.upper):.1f}]°"


def _followed(joint: Joint) -> str:
    """What a joint follows, and how."""
    offset = joint.offset if joint.kind == "prismatic" else math.degrees(joint.offset)
    plus = f"{offset:+g}{' m' if joint.kind == 'prismatic' else '°'}" if offset else ""
    return f"= {joint.multiplier:g} x {joint.follows}{plus}"


def notes(robot: RobotSpec, held: Mapping[str, float]) -> list[str]:
    """What is to be known about how the file was read, a line each.

    Args:
        robot: the arm.
        held: the joints that could move by their type, but do not, and where they are [rad, or m].
    """
    lines = []
    if held:
        where = listed([f"{name} at {value:.4g}" for name, value in held.items()])
        lines.append(f"Locked, and so folded in like fixed joints [rad, or m]: {where}.")
    outside = [f"{driver.name} (followed by {_followers(robot, driver.name)})" for driver in robot.drivers]
    if outside:
        lines.append(
            f"Outside the chain, but followed by joints of it, so that their angles are chosen: {listed(outside)}."
        )
    missing = [each.name for each in robot.coordinates if each.bounds_missing]
    if missing:
        lines.append(
            f"No limits in the file (both left out, or 0): {listed(missing)}. Such a joint takes --joint-range in "
            "degrees only; one that is locked there should be of type fixed."
        )
    far = [each.name for each in robot.coordinates if each.kind == "prismatic" and each.upper - each.lower > LONG_M]
    if far:
        lines.append(f"Slides over {LONG_M:g} m: {listed(far)}. --base LINK leaves a mobile base out.")
    return lines


def _followers(robot: RobotSpec, name: str) -> str:
    return listed([joint.name for joint in robot.followers if joint.follows == name])


def _numbers(vector: tuple[float, ...]) -> str:
    return " ".join(f"{round(value, 4) + 0.0:g}" for value in vector)  # + 0.0: no minus before a zero


def freedom(robot: RobotSpec, joint_space: JointSpace, joint_range_deg: JointRange) -> str:
    """How much of ±range, on every joint that turns, the arm's limits leave; a line."""
    if joint_range_deg == LIMITS:
        return "Joint space: the arm's own limits."
    share = 1.0
    for joint, lower, upper in zip(robot.coordinates, joint_space.lower, joint_space.upper, strict=True):
        if joint.kind == "revolute":
            share *= (upper - lower) / (2 * math.radians(float(joint_range_deg)))
    left = "all of it" if share == 1 else f"{100 * share:.3g} % of its volume"
    return f"Joint space: {shown(joint_range_deg)} on every joint that turns; the limits leave {left}."
