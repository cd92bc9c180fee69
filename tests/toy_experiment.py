"""An experiment made up for tests: how far from the base random configurations reach, in one file."""

import numpy as np

from emssl_bench.forward import open_forward
from emssl_bench.joint_space import JointSpace
from emssl_bench.records import Record, Trial
from emssl_bench.seeding import Seeds

NAME = "spread"


def plan(robot, counts):
    settings = {"robot_digest": robot.digest, "joint_range_deg": 90, "forward": "chain", "device": "cpu", "threads": 1}
    return [Trial(NAME, "random", robot.name, 0, {**settings, "count": count}) for count in counts]


def run(trial, robot, store, workers, on_progress):
    arm = open_forward("chain", robot)
    space = JointSpace.of(robot, trial.settings["joint_range_deg"])
    positions = arm.positions(space.sample(trial.settings["count"], Seeds(trial.seed).numpy("spread")))
    return Record(trial, "done", {"distance_mean_m": float(np.linalg.norm(positions, axis=1).mean())}), None
