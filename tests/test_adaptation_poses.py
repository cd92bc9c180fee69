"""Adaptation where targets are poses: what is measured, identified, within reach, recorded."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import robots
from emssl_bench.adaptation.identification import from_measurements, identified, nearest_equivalent, parameter_errors
from emssl_bench.adaptation.measured import NoisyArm
from emssl_bench.experiments import accuracy, adaptation, identification
from emssl_bench.experiments.curve import costs_cm
from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace
from emssl_bench.records import Store, model_files
from emssl_bench.seeding import Seeds
from emssl_bench.solvers.reaching import within_reach
from emssl_bench.tasks import POSITION
from emssl_bench.tasks.pose import POSE, angles_rad
from robots.changes import Change
from tests.adapting import TINY, WITH

CHANGE = Change.parse("links=3")


@pytest.fixture(scope="module")
def adapted(tmp_path_factory):
    """Records of every approach on one change of `planar3`, by approach."""
    planar3 = robots.load("planar3")
    store = Store(tmp_path_factory.mktemp("adapted"))
    bases = accuracy.plan(["emssl-plus", "direct", "distal"], planar3, [90], [0], TINY, {}, "chain", task="pose")
    own = {"measurements": 20, "noise_mm": 0.0, "schedule": "cosine", "samples": 300, "learner": "emssl-plus"}
    trials = adaptation.plan(list(adaptation.APPROACHES), [CHANGE], bases, planar3, **WITH, **own)
    found = {}
    for trial in [*bases, *trials]:
        work = {"accuracy": accuracy.run, "adaptation": adaptation.run}[trial.experiment]
        record, model = work(trial, planar3, store, 1, lambda status: None)
        if model is not None:
            model_files.put(model, trial, store)
        store.save(record)
        assert store.done(trial), "what is written is read back"
        if trial.experiment == "adaptation":
            found[trial.name] = record
    return found


def test_every_approach_records_distance_angle_and_cost(adapted):
    assert set(adapted) == set(adaptation.APPROACHES)
    for record in adapted.values():
        metrics = record.metrics
        for when in ("mean", "unchanged", "before"):
            assert metrics[f"error_{when}_cm"] < metrics[f"cost_{when}_cm"]
            radians = np.radians(metrics[f"angle_{when}_deg"])
            assert metrics[f"cost_{when}_cm"] == pytest.approx(metrics[f"error_{when}_cm"] + 30 * radians)
        assert 0 < metrics["reachable_share"] < 1
    assert adapted["align"].metrics.keys() >= {"error_aligned_cm", "angle_aligned_deg", "cost_aligned_cm"}


def test_one_number_decides_when_to_stop_and_which_model_is_kept(adapted):
    for record in adapted.values():
        costs = costs_cm(record.curve)
        assert costs == record.curve["cost_mean_cm"] != record.curve["error_mean_cm"]
        assert record.metrics["validation_mean_cm"] == min(costs)
        assert record.metrics["reached"] == (min(costs) <= 1.1 * record.metrics["validation_unchanged_cm"])


def test_an_arm_identified_by_poses_is_exact_in_both_and_so_is_what_solves_on_it(adapted):
    for approach in ("identify", "solve"):
        metrics = adapted[approach].metrics
        assert metrics["position_error_mm"] < 0.01
        assert metrics["angle_error_deg"] < 0.001
    assert adapted["solve"].metrics["error_mean_cm"] < 0.01
    assert adapted["solve"].metrics["angle_mean_deg"] < 0.1
    assert adapted["solve"].metrics["success_rate_1mm"] == 1.0


def test_learning_on_the_changed_arm_brings_the_cost_down(adapted):
    costs_cm = adapted["scratch"].curve["cost_mean_cm"]
    assert costs_cm[-1] < costs_cm[0]


def test_a_motor_babbler_adapts_to_poses_too(planar3, tmp_path):
    store = Store(tmp_path)
    (base,) = accuracy.plan(["babbling"], planar3, [90], [0], TINY, {}, "chain", task="pose")
    _, solver = accuracy.run(base, planar3, store, 1, lambda status: None)
    model_files.put(solver, base, store)
    own = {"measurements": 20, "noise_mm": 0.0, "schedule": "cosine", "learner": "babbling"}
    (trial,) = adaptation.plan(["replace"], [CHANGE], [base], planar3, **WITH, **own)
    adapted, _ = adaptation.run(trial, planar3, store, 1, lambda status: None)
    assert adapted.metrics["cost_mean_cm"] < adapted.metrics["cost_before_cm"] / 2
    assert adapted.metrics["reached"] == 1


def measured(arm, count, noise_mm=0.0, seed=0):
    """Joint angles of paper6 and the frames measured there."""
    angles = JointSpace.of(robots.load("paper6"), 90).sample(count, np.random.default_rng(seed))
    return angles, NoisyArm(arm, noise_mm / 1000, np.random.default_rng(seed)).frames(angles)


@pytest.mark.parametrize("text", ["links=5", "calibration=5", "encoders=2", "tool=10"])
def test_six_poses_identify_what_six_positions_do_not(paper6, text):
    truth = ChainArm(Change.parse(text).applied(paper6, np.random.default_rng(0)))
    angles, frames = measured(truth, 6)
    held_out = JointSpace.of(paper6, 90).sample(300, np.random.default_rng(1))
    by_poses, by_positions = identified(paper6, angles, frames, POSE), identified(paper6, angles, frames[:, :3])
    mm = [
        1000 * np.linalg.norm(c.positions(held_out) - truth.positions(held_out), axis=1)
        for c in (by_poses, by_positions)
    ]
    assert mm[0].mean() < 0.1
    assert mm[1].mean() > 0.5
    assert np.degrees(angles_rad(by_poses.frames(held_out), truth.frames(held_out))).max() < 0.1


def test_poses_tell_how_the_tip_is_turned_and_positions_do_not(paper6):
    turned = replace(paper6, tip_rpy_rad=(0.1, -0.2, 0.3))
    truth = ChainArm(turned)
    angles, frames = measured(truth, 30)
    by_poses, by_positions = identified(paper6, angles, frames, POSE), identified(paper6, angles, frames[:, :3])
    assert angles_rad(by_poses.frames(angles), frames).max() < 1e-4
    assert angles_rad(by_positions.frames(angles), frames).min() > 0.3
    assert parameter_errors(ChainArm(paper6), turned)["parameter_error_deg"] == 0
    apart = Rotation.from_euler("xyz", (0.1, -0.2, 0.3)).magnitude()
    expected = np.degrees(apart) / np.sqrt(7)
    assert parameter_errors(ChainArm(paper6), turned, POSE)["parameter_error_deg"] == pytest.approx(expected)


def test_of_arms_with_equal_poses_the_nearest_to_the_true_one_is_compared(paper6):
    changed = CHANGE.applied(paper6, np.random.default_rng(0))
    chain = identified(paper6, *measured(ChainArm(changed), 40), POSE)
    held_out = JointSpace.of(paper6, 90).sample(20, np.random.default_rng(1))
    nearest = nearest_equivalent(chain, changed, held_out, POSE)
    np.testing.assert_allclose(
        POSE.coordinates(nearest.frames(held_out)), POSE.coordinates(chain.frames(held_out)), atol=1e-8
    )
    as_fitted, comparable = (parameter_errors(each, changed, POSE)["parameter_error_mm"] for each in (chain, nearest))
    assert comparable < 0.05 < as_fitted


def test_what_is_measured_is_what_targets_are_made_of(paper6):
    """Poses for poses; for a task without orientations positions, as ever."""

    class Noted(NoisyArm):
        asked = ()

        def frames(self, joint_angles):
            self.asked += ("frames",)
            return super().frames(joint_angles)

        def positions(self, joint_angles):
            self.asked += ("positions",)
            return super().positions(joint_angles)

    for task, kind in ((POSITION, "positions"), (POSE, "frames")):
        arm = Noted(ChainArm(paper6), 0.0, np.random.default_rng(0))
        from_measurements(paper6, arm, JointSpace.of(paper6, 90), 12, Seeds(0), task)
        assert arm.asked == (kind,)


def test_a_pose_is_within_reach_where_the_arm_can_be_turned_so_too(planar3, planar3_chain, rng):
    space = JointSpace.of(planar3, 90)
    frames = planar3_chain.frames(space.sample(200, rng))
    assert within_reach(planar3, space, POSE, frames).all()
    assert within_reach(planar3, space, POSE, frames * [1, 1, 1, -1, -1, -1, -1]).all()
    tilted = frames.copy()
    tilted[:, 3:] = (Rotation.from_quat(frames[:, 3:]) * Rotation.from_euler("x", 5, degrees=True)).as_quat()
    assert within_reach(planar3, space, POSITION, tilted[:, :3]).all()
    assert not within_reach(planar3, space, POSE, tilted).any()
    a_little = frames.copy()
    a_little[:, 3:] = (Rotation.from_quat(frames[:, 3:]) * Rotation.from_euler("x", 0.3, degrees=True)).as_quat()
    assert within_reach(planar3, space, POSE, a_little).all(), "as near as an answer must be"


def test_a_study_of_poses_begins_with_fewer_measurements(planar3, tmp_path):
    bases = [
        base
        for task in ("position", "pose", "pose:metres_a_radian=1.0")
        for base in accuracy.plan(["emssl"], planar3, [90], [0], TINY, {}, "chain", task=task)
    ]
    trials = identification.plan([CHANGE], bases, planar3, **WITH)
    of_position, of_pose, heavy = (trial.settings for trial in trials)
    assert "task" not in of_position.identity(), "it is named as before there was a choice"
    assert (of_pose.task, heavy.task) == ("pose", "pose:metres_a_radian=1.0")
    assert list(of_pose.measurements) == [5, 6, 7, 8, *of_position.measurements]
    trial = replace(trials[1], settings=replace(of_pose, measurements=(5, 30), noise_mm=(0.0, 1.0), held_out=100))
    record, _ = identification.run(trial, planar3, Store(tmp_path), 1, lambda status: None)
    points = list(zip(*(record.curve[k] for k in ("noise_mm", "measurements", "angle_error_deg")), strict=True))
    degrees = {(noise, count): angle for noise, count, angle in points}
    assert degrees[0.0, 30] < 0.01 < degrees[1.0, 30] < degrees[1.0, 5]
    assert degrees[1.0, 30] < 0.5
    assert record.metrics["nominal_position_error_mm"] > 10
