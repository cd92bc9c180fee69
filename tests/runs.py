"""Small runs: their trials, their commands, and a display that keeps what it is told."""

import sys

from emssl_bench.engine import driver
from emssl_bench.engine.processes import Processes
from emssl_bench.experiments import accuracy
from robots.spec import RobotSpec

TINY = accuracy.Budget(400, 150, {"iterations": 2, "epochs": 2, "training_batch": 64})


class Silent:
    """A display that keeps what it is told, but for phases: which of them are told is a matter of time."""

    def __init__(self):
        self.told = []

    def started(self, trial):
        self.told.append(("started", trial.name))

    def placed(self, trial, host):
        pass

    def phased(self, trial, phase):
        pass

    def progressed(self, trial, standing):
        self.told.append((trial.name, standing.iteration))

    def warned(self, trial, text):
        self.told.append(("warned", text))

    def ended(self, record):
        self.told.append(("ended", record.status))


class Interruption(Exception):
    """What ends a trial in the middle."""


def plan(arm, *methods, **more):
    return accuracy.plan(methods, arm, [90], [0], TINY, more.pop("overrides", {}), **more)


def trials_of(arm, *methods):
    """One small trial of each method, by the chain."""
    return plan(arm, *methods, forward="chain")


def run_trials(trials, arms, store, jobs, workers, display):
    """Runs trials as commands do, in processes of this machine; returns their records."""
    arms = [arms] if isinstance(arms, RobotSpec) else arms
    return driver.run_trials(trials, Processes(arms, store.folder, jobs, workers), store, display)


def command(folder, *more):
    """A command that trains two methods in seconds, for a process of its own."""
    tiny = ["--set", *(f"{m}.{k}" for m in ("direct", "emssl") for k in ("iterations=2", "epochs=1"))]
    return [
        *(sys.executable, "-m", "emssl_bench.cli", "run", "--robot", "planar3", "--budget", "smoke"),
        *("--method", "direct", "emssl", "--joint-range", "90", "--out", str(folder), *tiny, *more),
    ]
