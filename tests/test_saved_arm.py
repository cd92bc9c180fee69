"""The arm and the errors in the file of a model: checked before they are believed, and read back as they were."""

import json
import math
from dataclasses import replace

import pytest

import emssl_bench
import robots
from emssl_bench.exceptions import ModelError
from emssl_bench.records import saved_arm
from tests.models import rewritten, trained


@pytest.fixture
def path(planar3, tmp_path):
    """A model that may be spoiled."""
    return trained(tmp_path, planar3, "lookup")[1]


def test_what_a_file_says_of_its_arm_and_its_errors_is_not_believed(path):
    arm = json.loads(path.with_suffix(".json").read_text())["robot"]
    first, *rest = arm["joints"]

    def with_joint(**changes):
        return {**arm, "joints": [{**first, **changes}, *rest]}

    wrong = [
        ("robot", {}, "its robot must have drivers"),
        ("robot", {**arm, "more": 1}, "its robot must have drivers"),
        ("robot", [], "its description must have"),
        ("robot", {**arm, "joints": []}, "a list of 1 to 1000 joints"),
        ("robot", {**arm, "joints": None}, "a list of 1 to 1000 joints"),
        ("robot", {**arm, "joints": [1]}, "a joint of its robot must have"),
        ("robot", {**arm, "name": 5}, "name of its robot must be text"),
        ("robot", {**arm, "tip_xyz_m": [0, 0]}, "tip_xyz_m of its robot must be three numbers"),
        ("robot", {**arm, "tip_xyz_m": [0.1, 0, 0]}, "its robot has the digest"),
        ("robot", {**arm, "drivers": [{"name": "a"}]}, "a joint of its robot must have"),
        ("robot", with_joint(axis=[0, 0, 2]), "must have the length 1"),
        ("robot", with_joint(kind="ball"), "must be revolute or prismatic"),
        ("robot", with_joint(lower=1, upper=-1), "its lower bound below the upper one"),
        ("robot", with_joint(lower=True), "lower of its robot must be a number"),
        ("robot", with_joint(offset=10**400), "offset of its robot must be a number"),
        ("robot", with_joint(multiplier="1"), "multiplier of its robot must be a number"),
        ("robot", with_joint(bounds_missing=0), "must be true or false"),
        ("robot", with_joint(follows="nobody"), "its robot is none"),
        ("expected", {"error_mean_cm": -1}, "its expected errors must be"),
        ("expected", {"error_mean_cm": "small"}, "its expected errors must be"),
        ("expected", {"error": 1.0}, "its expected errors must be"),
    ]
    for key, value, says in wrong:
        rewritten(path, **{key: value})
        with pytest.raises(ModelError) as raised:
            emssl_bench.load(path)
        assert says in str(raised.value), (key, value)
        assert "\n" not in str(raised.value)
        rewritten(path, robot=arm, expected=None)
    assert emssl_bench.load(path).robot


@pytest.mark.parametrize("name", ["paper6", "ur5", "panda7", "planar3"])
def test_an_arm_is_written_in_json_and_read_back(name):
    arm = robots.load(name)
    again = saved_arm.read(json.loads(json.dumps(saved_arm.written(arm), allow_nan=False)))
    assert again == arm
    assert again.digest == arm.digest


def test_joints_without_end_and_joints_that_follow_are_written_too(tmp_path):
    arm = robots.load("planar3")
    first, second, third = arm.joints
    endless = replace(first, lower=-math.inf, upper=math.inf)
    follower = replace(third, follows=second.name, multiplier=-0.5, offset=0.1)
    arm = replace(arm, joints=(endless, second, follower))
    again = saved_arm.read(json.loads(json.dumps(saved_arm.written(arm), allow_nan=False)))
    assert again == arm
    assert again.digest == arm.digest
