"""A benchmark of learned inverse kinematics: EMSSL and its baselines.

>>> import emssl_bench
>>> model = emssl_bench.load("results/local/models/0123456789ab.safetensors")  # doctest: +SKIP
>>> model.solve([0.20, 0.10, 0.30]).joint_angles  # metres in, radians out          # doctest: +SKIP

What a package of yours needs to add a method is here too (docs/extend.md).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emssl_bench.methods.base import Method, Problem, Progress, setting
    from emssl_bench.records.trained import load
    from emssl_bench.solvers.base import Solver

__version__ = "0.2.0"
__all__ = ["Method", "Problem", "Progress", "Solver", "load", "setting"]

_FROM = {
    "load": "emssl_bench.records.trained",
    "Solver": "emssl_bench.solvers.base",
    **dict.fromkeys(("Method", "Problem", "Progress", "setting"), "emssl_bench.methods.base"),
}


def __getattr__(name: str) -> Any:
    # Worker processes import this package too, and torch would cost each of them 1.6 s and 190 MB.
    if name in _FROM:
        return getattr(import_module(_FROM[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
