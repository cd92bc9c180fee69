"""Networks that draw solutions, made up for tests."""

import math

import torch
from torch import nn

from emssl_bench.joint_space import JointSpace
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.flow import FlowNetwork
from emssl_bench.solvers.flow_matching import FlowMatchingNetwork
from emssl_bench.solvers.mixture_density import MixtureDensityNetwork
from emssl_bench.solvers.network_solver import NetworkSolver

SPACE = JointSpace((-math.pi, -1.0, -0.1), (math.pi, 3.0, 0.3))
COMPONENTS = 4
NETWORKS = {
    "mdn": lambda: MixtureDensityNetwork(3, 3, COMPONENTS, "diagonal", weights()),
    "mdn, full": lambda: MixtureDensityNetwork(3, 3, COMPONENTS, "full", weights()),
    "flow": lambda: FlowNetwork(3, 3, 2, 5, (16, 16), weights()),
    "flow-matching": lambda: FlowMatchingNetwork(3, 3, (32, 32), 4, weights()),
}


def weights():
    return torch.Generator("cpu").manual_seed(0)


def network(name):
    """A network whose solutions are well apart: as made, they hardly depend on the target."""
    made = NETWORKS[name]()
    with torch.no_grad():
        for layer in made.modules():
            if isinstance(layer, nn.Linear):
                layer.weight *= 1.5
    return made


def solver(name):
    scales = Normaliser((-1.0,) * 3, (1.0,) * 3, -1, 1), Normaliser.of_joint_space(SPACE)
    return NetworkSolver(network(name), *scales, 64)
