"""Made up for tests: records, an arm, and how processes start and are killed."""

import json
import signal
from contextlib import suppress
from dataclasses import replace

import numpy as np
import psutil
from scipy.spatial.transform import Rotation

from emssl_bench.methods.history import completed
from emssl_bench.records import Record, Trial
from emssl_bench.records.settings import AccuracySettings
from emssl_bench.records.trial import read_trial


def record(method, joint_range_deg, seed=0, error=2.0, train_samples=700, evaluated_on="test", **settings):
    of_trial = AccuracySettings(
        method=method,
        robot_digest="c0f37e043b04",
        joint_range_deg=joint_range_deg,
        train_samples=train_samples,
        test_samples=300,
        forward="bullet",
        device="cpu",
        threads=1,
        hyperparameters=completed({"iterations": 3, "epochs": 5, **settings}, method),
        evaluated_on=evaluated_on,
    )
    metrics = {
        "error_mean_cm": error,
        "error_median_cm": error / 2,
        "error_p95_cm": error * 2,
        "error_max_cm": error * 9,
        "success_rate_1mm": 0.01,
        "success_rate_5mm": 0.1,
        "success_rate_1cm": 0.4,
        "success_rate_5cm": 0.9,
        "fit_seconds": 12.5,
        "forward_calls": 2100,
        "forward_seconds": 0.2,
        "labelled_samples": 700,
        "gradient_steps": 90,
        "other_gradient_steps": 0,
    }
    curve = {
        "iteration": [1, 2, 3],
        "error_mean_cm": [4 * error, 2 * error, error],
        "fit_seconds": [4.0, 8.0, 12.5],
        "forward_calls": [700, 1400, 2100],
        "gradient_steps": [30, 60, 90],
    }
    tables = {
        "error_quantiles": {"share": [0.05, 0.5, 0.95, 1.0], "error_cm": [error / 9, error / 2, error * 2, error * 9]},
        "error_map": {
            "radius_m": [0.05, 0.05, 0.15],
            "height_m": [-0.05, 0.05, 0.05],
            "positions": [100, 150, 50],
            "error_mean_cm": [error / 2, error, error * 2],
        },
        "coverage": {
            "near_cm": [2.5],
            "uncovered_share": [0.2],
            "uncovered_error_cm": [error / 2],
            "branching_share": [0.05],
            "branching_error_cm": [error / 8],
            "covered_share": [0.75],
            "covered_error_cm": [error * 3 / 8],
        },
    }
    if method == "cgan":
        metrics["error_best_of_32_cm"] = error / 4
        del tables["coverage"]
    return Record(
        Trial("paper6", seed, of_trial),
        "done",
        metrics,
        curve,
        tables,
        machine={"cpu": "a CPU", "torch": "2.13.0"},
        commit="abc",
    )


def train_base(base, robot, store):
    """Trains the model that trials of adaptation start from, and puts it where they look for it."""
    from emssl_bench.experiments import accuracy  # here: who only wants records need not wait for torch
    from emssl_bench.records import model_files

    model_files.save(accuracy.run(base, robot, store, 1, lambda standing: None)[1], store.model_path(base), base)


def distance_errors_cm(solver, forward, targets, space):
    """Of positions, (n,) [cm]."""
    from emssl_bench.experiments import evaluation
    from emssl_bench.tasks import POSITION

    return evaluation.evaluate(solver, POSITION, forward, targets, space).cost_cm


def with_settings(record, **changed):
    """The record of a trial with other settings."""
    return replace(record, trial=replace(record.trial, settings=replace(record.trial.settings, **changed)))


def json_like(written):
    """The record as it is read back from JSON."""
    return replace(written, trial=read_trial(json.loads(json.dumps(written.trial.written()))))


def assert_same_frames(found, expected):
    """To 1e-9 m and 1e-9 rad; a quaternion and its negative are one orientation."""
    assert np.linalg.norm(found[:, :3] - expected[:, :3], axis=1).max() <= 1e-9
    np.testing.assert_allclose(np.linalg.norm(found[:, 3:], axis=1), 1, rtol=1e-12)
    between = Rotation.from_quat(found[:, 3:]).inv() * Rotation.from_quat(expected[:, 3:])
    assert between.magnitude().max() <= 1e-9


class Recording:
    """A forward model that keeps what it was asked."""

    def __init__(self, arm):
        self.arm = arm
        self.asked = []

    def positions(self, joint_angles):
        self.asked.append(joint_angles.copy())
        return self.arm.positions(joint_angles)

    def frames(self, joint_angles):
        self.asked.append(joint_angles.copy())
        return self.arm.frames(joint_angles)

    def close(self):
        pass


def heeding_interrupts():
    """For a process about to start: Ctrl-C ends it also where the tests run in the background, which ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def kill_trials():
    """Kills the processes of this one that train a trial, where they still run."""
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):  # it has ended by itself, or by us and is not waited for yet
            if "emssl-bench " in " ".join(child.cmdline()):
                child.kill()


SLIDER = """<robot name="slider"><link name="a"/><link name="b"/><link name="c"/><link name="d"/>
<joint name="turn" type="revolute"><parent link="a"/><child link="b"/><axis xyz="0 0 1"/>
<limit lower="-2" upper="2" effort="1" velocity="1"/><origin xyz="0 0 0.1"/></joint>
<joint name="slide" type="prismatic"><parent link="b"/><child link="c"/><axis xyz="0 0 1"/>
<limit lower="0" upper="0.4" effort="1" velocity="1"/></joint>
<joint name="end" type="fixed"><parent link="c"/><child link="d"/><origin xyz="0.2 0 0"/></joint></robot>"""
"""A turning and a sliding joint, and an end that is off to the side and fixed."""
