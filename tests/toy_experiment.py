"""An experiment made up for tests: how far from the base random configurations reach, in one file."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from emssl_bench.forward import open_forward
from emssl_bench.joint_space import JointSpace
from emssl_bench.records import Record, Trial
from emssl_bench.records.settings import Settings, setting
from emssl_bench.seeding import Seeds


@dataclass(frozen=True, kw_only=True)
class SpreadSettings(Settings, experiment="spread"):
    metrics: ClassVar[tuple[str, ...]] = ("distance_mean_m",)
    count: int = setting(lambda value: isinstance(value, int) and value > 0)


def plan(robot, counts):
    shared = {"robot_digest": robot.digest, "device": "cpu", "threads": 1}
    return [Trial(robot.name, 0, SpreadSettings(**shared, count=count)) for count in counts]


def run(trial, robot, store, workers, on_progress):
    arm = open_forward("chain", robot)
    space = JointSpace.of(robot, 90)
    positions = arm.positions(space.sample(trial.settings.count, Seeds(trial.seed).numpy("spread")))
    return Record(trial, "done", {"distance_mean_m": float(np.linalg.norm(positions, axis=1).mean())}), None
