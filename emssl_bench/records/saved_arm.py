"""What the file of a model says of it: the arm that it is for, and the errors to expect.

The arm is JSON that is checked before it is an arm again.
A joint that turns without end has no bounds in JSON, which knows no infinity: they are null.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from emssl_bench.exceptions import EmsslBenchError, ModelError
from emssl_bench.records.trial import Trial
from emssl_bench.seeding import Seeds
from emssl_bench.shapes import LARGEST
from robots.changes import Change
from robots.spec import Coordinate, Joint, RobotSpec

MOST_JOINTS = 1_000
LONGEST_TEXT = 10_000
_KEYS = {"name", "joints", "tip_xyz_m", "tip_rpy_rad", "source", "drivers"}
EXPECTED = ("error_mean_cm", "error_p95_cm", "angle_mean_deg", "angle_p95_deg")
"""Errors on the test targets that a model may have; angles are of poses."""
_UNIT = 1e-6
"""That the length of an axis may differ from 1."""


def known(trial: Trial, robot: RobotSpec | None, expected: Mapping[str, float] | None) -> dict[str, Any]:
    """What is written of a model besides what its solutions depend on.

    Args:
        trial: what learned it.
        robot: the arm that the trial was given.
        expected: numbers of its record.
    """
    arm = after_training(trial, robot) if robot else None
    errors = {name: float(expected[name]) for name in EXPECTED if name in expected} if expected else None
    return {"trial": trial.written(), "robot": written(arm) if arm else None, "expected": errors}


def checked(description: Mapping[str, Any], trial: Trial) -> RobotSpec | None:
    """The arm in a description, once it is known to be that of the trial, and the errors to be errors.

    Raises:
        ModelError: it is another, or none; or errors are none.
    """
    errors = description["expected"]
    if errors is not None and not (errors.keys() <= set(EXPECTED) and all(map(_is_error, errors.values()))):
        raise ModelError(f"its expected errors must be of {', '.join(EXPECTED)}, numbers of at least 0")
    if description["robot"] is None:
        return None
    arm = read(description["robot"])
    if arm.digest != trial.settings.arm_digest:
        raise ModelError(f"its robot has the digest {arm.digest}, and its trial is of {trial.settings.arm_digest}")
    return arm


def _is_error(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LARGEST


def written(robot: RobotSpec) -> dict[str, Any]:
    """What `read` makes the arm of again. The path of its file is left out: it is of the machine, not of the arm."""
    found = {key: value for key, value in asdict(robot).items() if key in _KEYS}
    for bounded in (*found["joints"], *found["drivers"]):
        for bound in ("lower", "upper"):
            if math.isinf(bounded[bound]):
                bounded[bound] = None
    return found


def read(written: Any) -> RobotSpec:
    """The arm of which `written` gave this.

    Raises:
        ModelError: it is something else; says what.
    """
    if not isinstance(written, dict) or written.keys() != _KEYS:
        raise ModelError(f"its robot must have {', '.join(sorted(_KEYS))}")
    joints, drivers = written["joints"], written["drivers"]
    if not all(isinstance(each, list | tuple) and len(each) <= MOST_JOINTS for each in (joints, drivers)) or not joints:
        raise ModelError(f"its robot must have a list of 1 to {MOST_JOINTS} joints, and one of drivers")
    try:
        return RobotSpec(
            name=_text(written, "name"),
            joints=tuple(_joint(each) for each in joints),
            tip_xyz_m=_vector(written, "tip_xyz_m"),
            tip_rpy_rad=_vector(written, "tip_rpy_rad"),
            source=_text(written, "source"),
            drivers=tuple(Coordinate(**_bounded(each, Coordinate)) for each in drivers),
        )
    except ModelError:
        raise
    except EmsslBenchError as error:
        raise ModelError(f"its robot is none ({error})") from None


def after_training(trial: Trial, robot: RobotSpec) -> RobotSpec | None:
    """The arm that the trial's model is for: the one it was trained on, or that one after its change.

    None: it is none of the two.
    """
    wanted, change = trial.settings.arm_digest, trial.settings.shown_change
    if robot.digest == wanted:
        return robot
    if not change:
        return None
    changed = Change.parse(change).applied(robot, Seeds(trial.seed).numpy("change"))
    return changed if changed.digest == wanted else None


def _joint(written: Any) -> Joint:
    found = _bounded(written, Joint)
    axis = _vector(written, "axis")
    if abs(math.hypot(*axis) - 1) > _UNIT:
        raise ModelError("the axis of a joint of its robot must have the length 1")
    follows = _text(written, "follows")
    own = {name: _vector(written, name) for name in ("origin_xyz_m", "origin_rpy_rad")}
    own |= {name: _number(written, name) for name in ("multiplier", "offset")}
    return Joint(**{**found, **own, "axis": axis, "follows": follows})


def _bounded(written: Any, cls: type) -> dict[str, Any]:
    """What a joint and a driver have in common."""
    names = {each.name for each in fields(cls)}
    if not isinstance(written, dict) or written.keys() != names:
        raise ModelError(f"a joint of its robot must have {', '.join(sorted(names))}")
    if written["kind"] not in ("revolute", "prismatic"):
        raise ModelError("a joint of its robot must be revolute or prismatic")
    if type(written["bounds_missing"]) is not bool:
        raise ModelError("bounds_missing of a joint of its robot must be true or false")
    lower = -math.inf if written["lower"] is None else _number(written, "lower")
    upper = math.inf if written["upper"] is None else _number(written, "upper")
    if not lower <= upper:
        raise ModelError("a joint of its robot must have its lower bound below the upper one")
    shared = {"name": _text(written, "name"), "kind": written["kind"], "bounds_missing": written["bounds_missing"]}
    return {**shared, "lower": lower, "upper": upper}


def _text(written: Mapping[str, Any], name: str) -> str:
    value = written[name]
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise ModelError(f"{name} of its robot must be text")
    return value


def _number(written: Mapping[str, Any], name: str) -> float:
    value = written[name]
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= LARGEST:
        raise ModelError(f"{name} of its robot must be a number within ±{LARGEST:,.0f}")
    return value


def _vector(written: Mapping[str, Any], name: str) -> tuple[float, float, float]:
    value = written[name]
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise ModelError(f"{name} of its robot must be three numbers")
    x, y, z = (_number({name: each}, name) for each in value)
    return x, y, z
