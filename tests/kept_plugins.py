"""A plug-in whose solvers can be kept, its code changed, and its trials run in this process."""

import shutil
import sys
import warnings
from pathlib import Path

import torch

from emssl_bench.experiments import accuracy
from emssl_bench.experiments.curve import TrialStatus
from emssl_bench.experiments.training import run_trial
from emssl_bench.methods import registry
from tests.packages import HEAD, LEARN

KEEPING = """
class Constant(Solver):
    def __init__(self, angles):
        self.angles = angles
    def solve(self, targets, samples=1):
        return np.tile(self.angles, (len(targets), samples, 1))
    def saved(self):
        return {"angles": self.angles}, {"told": "yes"}
    @classmethod
    def restored(cls, arrays, settings):
        assert settings == {"told": "yes"}
        return cls(arrays["angles"])
"""
KEPT = f"{HEAD}    {LEARN}\n        yield Progress(Constant(np.array([0.1, 0.2, 0.3])))\n{KEEPING}"
RESUMABLE = f"""{HEAD.replace("return 2", "return 3")}
    resumable: ClassVar[bool] = True
    def learn(self, problem):
        state = {{"angles": np.full(SIZE, 0.1)}}
        for _ in problem.checkpoint.iterations(self.units, state):
            state["angles"] = state["angles"] + STEP
            yield Progress(Constant(state["angles"][:3]))
{KEEPING}"""


def changed(code, was, becomes):
    """Other code of the package `mine`, as a process that starts now finds it."""
    assert was in code
    path = Path(sys.modules["mine"].__file__ if "mine" in sys.modules else next(where("mine.py")))
    path.write_text(code.replace(was, becomes))
    shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)
    sys.modules.pop("mine", None)
    registry._checked.cache_clear()


def where(name):
    """The paths of a file in the folders of modules."""
    return (Path(folder) / name for folder in sys.path if (Path(folder) / name).is_file())


class Listening:
    """Whom a trial's process tells how it stands."""

    def __init__(self):
        self.iterations = []

    def __call__(self, told):
        if isinstance(told, TrialStatus):
            self.iterations.append(told.iteration)


def run_as_a_process_does(trial, robot, store):
    """The trial's record, its iterations and what it warns of; in this process, since a process costs seconds."""
    listening = Listening()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            record = run_trial(trial, robot, store, 1, listening)
        finally:
            torch.set_flush_denormal(False)
    store.save(record)
    return record, listening.iterations, [str(each.message) for each in warned]


def run_one(trial, robot, store):
    record, model = accuracy.run(trial, robot, store, 1, lambda standing: None)
    store.save(record)
    return record, model
