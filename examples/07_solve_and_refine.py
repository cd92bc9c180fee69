"""Ask a trained model for joint angles, hear what they are worth, and make them better.

The model is a lookup of the arm planar3, made in a second. Least squares need the arm's dimensions; queries ask the
arm where it is, as one would a real one, and count.

    python examples/07_solve_and_refine.py
"""

import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np

import emssl_bench
import robots
from emssl_bench.experiments import accuracy
from emssl_bench.experiments.training import run_trial
from emssl_bench.forward import open_forward
from emssl_bench.records import Store

arm = robots.load("planar3")
with tempfile.TemporaryDirectory() as folder:
    size = accuracy.Budget(train_samples=2_800, test_samples=1_200, method={})
    (trial,) = accuracy.plan(["lookup"], arm, [90], [0], size, {}, forward="chain")
    store = Store(Path(folder))
    run_trial(trial, arm, store, workers=1, on_progress=lambda status: None)
    model = emssl_bench.load(store.model_path(trial))
print(model)

with closing(open_forward("chain", arm)) as forward:
    drawn = model.joint_space.sample(200, np.random.default_rng(1))
    targets = forward.positions(drawn)  # (200, 3) [m], all within reach

    answers = model.solve(targets)
    print(f"the model: {answers.reached.sum()} of 200 targets within 1 mm, mean {1000 * answers.error_m.mean():.2f} mm")

    exact = model.refined(targets, by="model")
    print(f"least squares: {exact.reached.sum()} of 200 targets within 1 mm, mean {1000 * exact.error_m.mean():.5f} mm")

    queried = model.refined(targets, by="queries", forward=forward)
    print(f"queries: {queried.reached.sum()} of 200 targets within 1 mm, {queried.queries.mean():.1f} queries each")
