"""The kinds of networks that a `NetworkSolver` can have its solutions from, by name; each is imported when it is used.

A saved model names its kind, except the two that there were before kinds had names.
"""

import importlib
from collections.abc import Mapping
from typing import Any

from emssl_bench.exceptions import ModelError
from emssl_bench.solvers.network import SolutionNetwork

NETWORKS = {
    "inverse": "emssl_bench.solvers.network:InverseNetwork",
    "mixture": "emssl_bench.solvers.mixture:MixtureNetwork",
    "mixture density": "emssl_bench.solvers.mixture_density:MixtureDensityNetwork",
    "flow": "emssl_bench.solvers.flow:FlowNetwork",
    "flow matching": "emssl_bench.solvers.flow_matching:FlowMatchingNetwork",
    "convolutional": "emssl_bench.solvers.convolutional:ConvolutionalNetwork",
}
_UNNAMED = ("inverse", "mixture")
_NAMED = [name for name in NETWORKS if name not in _UNNAMED]


def described(network: SolutionNetwork) -> dict[str, Any]:
    """The settings of a network, and the name of its kind.

    Raises:
        ModelError: it is of another class than those known, which `network_class` could not find.
    """
    found = f"{type(network).__module__}:{type(network).__qualname__}"
    kind = next((name for name, place in NETWORKS.items() if place == found), None)
    if kind is None:
        raise ModelError(f"its network is a {type(network).__name__}, which is none of the suite's")
    return network.settings if kind in _UNNAMED else {"network": kind, **network.settings}


def network_class(settings: Mapping[str, Any]) -> type[SolutionNetwork]:
    """The class of the network that `described` gave these settings of.

    Raises:
        ModelError: there is no such kind.
    """
    kind = settings.get("network", "mixture" if "components" in settings else "inverse")
    if "network" in settings and kind not in _NAMED:
        raise ModelError(f"its network must be one of {', '.join(_NAMED)}, or not be named")
    module, _, attribute = NETWORKS[kind].partition(":")
    return getattr(importlib.import_module(module), attribute)
