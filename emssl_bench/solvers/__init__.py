"""Solvers: targets in, joint angles out.

`SAVED` names ours that can be written to a file, for `records`; those of plug-ins are named by their class.
"""

import importlib
from typing import Any

SAVED = {
    "network": "emssl_bench.solvers.network_solver:NetworkSolver",
    "corrected": "emssl_bench.solvers.corrected:CorrectedSolver",
    "inverted": "emssl_bench.solvers.inverted:InvertedSolver",
    "lookup": "emssl_bench.solvers.lookup:LookupSolver",
    "q walk": "emssl_bench.solvers.q_walk:QWalkSolver",
    "walking": "emssl_bench.solvers.walking:WalkingSolver",
    "local-linear": "emssl_bench.solvers.local_linear:LocalLinearSolver",
    "local-maps": "emssl_bench.solvers.local_maps:LocalMaps",
}
"""Each also checks what a file holds before it is read (`check_settings`, `shapes`, `dtype`, `check_arrays`, `dof`)."""


def saved_class(name: str) -> Any:
    """The class of one of `SAVED`."""
    module, _, attribute = SAVED[name].partition(":")
    return getattr(importlib.import_module(module), attribute)
