"""How well a changed arm is identified, by number of measurements and their noise.

`plan` says which trials there are; `run` runs one. Adaptation identifies and evaluates in the same way.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing

import numpy as np

from emssl_bench.adaptation.identification import (
    from_measurements,
    measured_for,
    nearest_equivalent,
    parameter_errors,
)
from emssl_bench.adaptation.measured import NoisyArm
from emssl_bench.experiments.curve import TrialStatus
from emssl_bench.forward import ForwardModel, open_forward
from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.phases import busy_with
from emssl_bench.records import Record, Store, Trial, machine
from emssl_bench.records.settings import AccuracySettings, IdentificationSettings
from emssl_bench.seeding import Seeds
from emssl_bench.shapes import JointAngles, Targets
from emssl_bench.tasks import Task, task
from robots.changes import Change
from robots.spec import RobotSpec

FEWER_POSES = (5, 6, 7, 8)
"""Numbers of measurements that tell something of an arm where they are of poses, and next to nothing of positions."""
COMPARED_AT = 40
"""Of these, to find out which of its link parameters measurements can tell apart."""


def plan(
    changes: Sequence[Change],
    bases: Sequence[Trial],
    robot: RobotSpec,
    forward: str,
    device: str,
    threads: int,
) -> list[Trial]:
    """A trial of identification for every change, and seed, joint range and task of the base models."""
    trials = {}
    for base, change in itertools.product(bases, changes):
        assert isinstance(base.settings, AccuracySettings)
        of, counts = measured_for(task(base.settings.task)), IdentificationSettings.measurements
        settings = IdentificationSettings(
            robot_digest=base.settings.robot_digest,
            joint_range_deg=base.settings.joint_range_deg,
            forward=forward,
            device=device,
            threads=threads,
            change=str(change),
            changed_digest=changed_arm(robot, change, base.seed).digest,
            task=of.text,
            measurements=(*FEWER_POSES, *counts) if of.oriented else counts,
        )
        trial = Trial(robot.name, base.seed, settings)
        trials[trial.digest] = trial
    return list(trials.values())


def run(
    trial: Trial, robot: RobotSpec, store: Store, workers: int, on_progress: Callable[[TrialStatus], None]
) -> tuple[Record, None]:
    """Identifies one changed arm from more and more measurements, with more and more noise.

    Its curve has a point for each of both: measurements, noise_mm, the identified arm's mean position error on
    held-out configurations, of poses also its mean angle, and its errors of link parameters.
    """
    settings, seeds = trial.settings, Seeds(trial.seed)
    assert isinstance(settings, IdentificationSettings)
    described, commit = machine.description(), machine.commit()
    changed_robot = changed_arm(robot, Change.parse(settings.change), trial.seed)
    space = JointSpace.of(robot, settings.joint_range_deg)
    curve: dict[str, list[float]] = defaultdict(list)
    with closing(open_forward(settings.forward, changed_robot, workers, settings.device)) as changed:
        of = task(settings.task)
        unseen = held_out(changed, space, seeds, of, settings.held_out)
        nominal = evaluated(ChainArm(robot), changed_robot, of, *unseen)
        metrics = {f"nominal_{name}": value for name, value in nominal.items()}
        points = list(itertools.product(settings.noise_mm, settings.measurements))
        for number, (noise_mm, count) in enumerate(points):
            busy_with("identifying", number / len(points))
            own = Seeds(seeds.number("identification"))
            measured = NoisyArm(changed, noise_mm / 1000, own.numpy("measurement noise"))
            found = evaluated(from_measurements(robot, measured, space, count, own, of), changed_robot, of, *unseen)
            for name, value in {"measurements": count, "noise_mm": noise_mm, **found}.items():
                curve[name].append(value)
    return Record(trial, "done", metrics, dict(curve), machine=described, commit=commit), None


def changed_arm(robot: RobotSpec, change: Change, seed: int) -> RobotSpec:
    """The changed arm; what is random about its change depends on the seed alone."""
    return change.applied(robot, Seeds(seed).numpy("change"))


def held_out(
    changed: ForwardModel, space: JointSpace, seeds: Seeds, task: Task, count: int = IdentificationSettings.held_out
) -> tuple[JointAngles, Targets]:
    """Configurations that no identification sees, and what they reach of what is measured for a task, without noise."""
    joint_angles = space.sample(count, seeds.numpy("held out"))
    return joint_angles, measured_for(task).reached(changed, joint_angles)


def evaluated(
    chain: ChainArm, truth: RobotSpec, task: Task, joint_angles: JointAngles, reached: Targets
) -> dict[str, float]:
    """How far an identified arm is from the true one, in what it reaches and in what that tells of its links.

    Args:
        chain: the identified arm.
        truth: the true one.
        task: for which it was identified: of poses there is an angle, too.
        joint_angles, reached: as of `held_out`.
    """
    of = measured_for(task)
    ours = of.reached(chain, joint_angles)
    found = {"position_error_mm": np.linalg.norm(of.positions(ours) - of.positions(reached), axis=1) * 1000}
    if of.oriented:
        found["angle_error_deg"] = of.errors(ours, reached)["angle_{}_deg"]
    compared_at = COMPARED_AT // 2 if of.oriented else COMPARED_AT  # a pose tells twice as much
    comparable = nearest_equivalent(chain, truth, joint_angles[:compared_at], of)
    means = {name: float(values.mean()) for name, values in found.items()}
    return {**means, **parameter_errors(comparable, truth, of)}
