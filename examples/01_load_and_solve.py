"""Train a solver, load it from its file, and ask it for joint angles.

The arm is planar3, with three joints, and the training is a few seconds long, so expect errors of some centimetres.
The forward model tells where the joint angles bring the end effector, which is how every error is measured.

    python examples/01_load_and_solve.py                      # trains, then loads what it has saved
    python examples/01_load_and_solve.py MODEL.safetensors    # loads a model of planar3 that a run has saved
"""

import sys
import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np
import torch

import emssl_bench
import robots
from emssl_bench.experiments import accuracy
from emssl_bench.experiments.training import run_trial
from emssl_bench.forward import open_forward
from emssl_bench.records import Store


def trained(folder: Path) -> Path:
    """Trains EMSSL plus once, as `emssl-bench run` would, and returns the file of its solver."""
    size = accuracy.Budget(train_samples=2_800, test_samples=1_200, method={"iterations": 5, "epochs": 2})
    settings = {"emssl-plus": {"learning_rate": 0.0003}}
    (trial,) = accuracy.plan(["emssl-plus"], arm, [60], [0], size, settings, forward="chain")  # joints in ±60 degrees
    torch.set_num_threads(trial.settings.threads)  # threads change rounding, so a trial states their number
    store = Store(folder)

    def show(status):
        print(f"iteration {status.iteration} of {status.iterations}: mean error {status.error_mean_cm:.1f} cm")

    run_trial(trial, arm, store, workers=1, on_progress=show)
    return store.model_path(trial)


arm = robots.load("planar3")
with tempfile.TemporaryDirectory() as folder:
    solver = emssl_bench.load(sys.argv[1] if sys.argv[1:] else trained(Path(folder)))

targets = np.array([[0.65, 0.10, 0.0], [0.60, -0.20, 0.0], [0.60, 0.30, 0.0]])  # [m], in the arm's base frame
joint_angles = solver.joint_angles(targets)  # (3, dof) [rad]

with closing(open_forward("chain", arm)) as forward:
    reached = forward.positions(joint_angles)  # (3, 3) [m]
for target, angles, position in zip(targets, joint_angles, reached, strict=True):
    error_cm = 100 * np.linalg.norm(position - target)
    print(f"target {target} m: joint angles {np.degrees(angles).round(1)} degrees, error {error_cm:.1f} cm")
