"""Ways to sample: joint angles that the network predicts for targets, and what they reach.

Lines 5 to 16 of Algorithm 1, in the variants that the paper's Table III compares and two of our own. They give
the same numbers up to rounding; what differs is the time.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from emssl_bench.forward import ForwardModel
from emssl_bench.shapes import JointAngles, Targets
from emssl_bench.solvers.network_solver import NetworkSolver

OVERLAPPED_ROWS = 4096


@dataclass
class Stopwatch:
    """Seconds by what they were spent on."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timing(self, what: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[what] = self.seconds.get(what, 0.0) + time.perf_counter() - start


def one_by_one(
    model: NetworkSolver, forward: ForwardModel, targets: Targets, watch: Stopwatch
) -> tuple[JointAngles, Targets]:
    """For each target one inference, then one forward call: no acceleration."""
    joint_angles = np.empty((len(targets), model.network.dof))
    reached = np.empty((len(targets), model.task.columns))
    with watch.timing("inference"):
        inputs = model.prepared(targets)  # once, as in the other strategies
    for i in range(len(targets)):
        with watch.timing("inference"):
            joint_angles[i : i + 1] = model.inferred(inputs[i : i + 1])
        with watch.timing("forward"):
            reached[i : i + 1] = model.task.reached(forward, joint_angles[i : i + 1])
    return joint_angles, reached


def in_turn(
    model: NetworkSolver, forward: ForwardModel, targets: Targets, watch: Stopwatch
) -> tuple[JointAngles, Targets]:
    """First all inferences, `model.inference_batch` at a time, then all forward calls."""
    with watch.timing("inference"):
        joint_angles = model.joint_angles(targets)
    with watch.timing("forward"):
        reached = model.task.reached(forward, joint_angles)
    return joint_angles, reached


def overlapped(
    model: NetworkSolver, forward: ForwardModel, targets: Targets, watch: Stopwatch
) -> tuple[JointAngles, Targets]:
    """The network infers the next rows while the forward model's processes compute the last ones."""
    joint_angles = np.empty((len(targets), model.network.dof))
    reached = np.empty((len(targets), model.task.columns))

    def compute(rows: slice) -> None:
        with watch.timing("forward"):
            reached[rows] = model.task.reached(forward, joint_angles[rows])

    with ThreadPoolExecutor(max_workers=1) as background:  # waiting for processes leaves the interpreter free
        pending = []
        for start in range(0, len(targets), OVERLAPPED_ROWS):
            rows = slice(start, start + OVERLAPPED_ROWS)
            with watch.timing("inference"):
                joint_angles[rows] = model.joint_angles(targets[rows])
            pending.append(background.submit(compute, rows))
        for done in pending:
            done.result()
    return joint_angles, reached
