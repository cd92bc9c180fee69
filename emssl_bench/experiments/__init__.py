"""What is measured, one file an experiment: how its trials are planned, and how one is run.

To add one, write its file and its line here.
"""

import importlib
from typing import Any

from emssl_bench.exceptions import UnknownName

EXPERIMENTS = {
    "accuracy": "emssl_bench.experiments.accuracy",
    "adaptation": "emssl_bench.experiments.adaptation",
    "answers": "emssl_bench.experiments.answers",
    "identification": "emssl_bench.experiments.identification",
    "paths": "emssl_bench.experiments.paths",
    "sampling": "emssl_bench.experiments.sampling",
    "solvers": "emssl_bench.experiments.solvers",
}
"""The module of each: its `plan` says which trials there are, its `run` runs one."""


def experiment(name: str) -> Any:
    """The module of an experiment.

    Raises:
        UnknownName: no experiment of that name.
    """
    if name not in EXPERIMENTS:
        raise UnknownName("experiment", name, EXPERIMENTS)
    return importlib.import_module(EXPERIMENTS[name])
