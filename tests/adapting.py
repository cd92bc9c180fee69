"""Small trials of adaptation, and measurements of a changed arm."""

import numpy as np

from emssl_bench.adaptation.measured import NoisyArm
from emssl_bench.experiments import accuracy
from emssl_bench.joint_space import JointSpace
from emssl_bench.seeding import Seeds

TINY = accuracy.Budget(400, 150, {"iterations": 4, "epochs": 2, "training_batch": 64})
WITH = {"forward": "chain", "device": "cpu", "threads": 1}


def measure(robot, arm, count, noise_mm=0.0, seed=0):
    """Joint angles and the positions [m] measured there."""
    angles = JointSpace.of(robot, 90).sample(count, Seeds(seed).numpy("measurements"))
    return angles, NoisyArm(arm, noise_mm / 1000, np.random.default_rng(seed)).positions(angles)
