"""A small copy of a trained solver, made in seconds: good enough to start a numerical solver from, and compiled."""

import math

import numpy as np
import torch
from torch import nn

from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import Targets
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.compiled import compiled

WIDTH = 64
_STEPS, _BATCH, _RATE = 2500, 512, 3e-3
_CAUCHY = 0.05
"""Scale of the loss, a share of the widest joint's range: branches that differ by more hardly count."""


class Distilled:
    """A network of two hidden layers that has learned a solver's solutions; called, it gives starts."""

    @ordinary_numerics()
    def __init__(self, solver: Solver, targets: Targets, seed: int = 0):
        """
        Args:
            solver: what is copied.
            targets: (n, columns) of its task, on which it is.
            seed: of the weights and the batches.
        """
        angles, self._features = solver.joint_angles(targets), solver.task.features
        features = self._features(targets)
        self._low, self._width = features.min(axis=0), np.maximum(np.ptp(features, axis=0), 1e-9)
        self._middle, self._scale = angles.mean(axis=0), max(float(np.ptp(angles)), 1e-9)
        generator = torch.Generator("cpu").manual_seed(seed)
        x = torch.from_numpy((features - self._low) / self._width * 2 - 1).float()
        y = torch.from_numpy((angles - self._middle) / self._scale).float()
        layers = [_layer(inputs, outputs, generator) for inputs, outputs in _sizes(features.shape[1], angles.shape[1])]
        network = nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2])
        optimiser = torch.optim.Adam(network.parameters(), lr=_RATE)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, _STEPS)
        for _ in range(_STEPS):
            rows = torch.randint(len(x), (_BATCH,), generator=generator, dtype=torch.int64, device="cpu")
            optimiser.zero_grad(set_to_none=True)
            torch.log1p(((network(x[rows]) - y[rows]) / _CAUCHY).square()).sum(dim=1).mean().backward()
            optimiser.step()
            schedule.step()
        parameters = [each for layer in layers for each in (layer.weight, layer.bias)]
        self._weights = [each.detach().double().numpy().copy() for each in parameters]

    def __call__(self, targets: Targets) -> np.ndarray:
        """Starts (n, 1, dof) for targets (n, columns)."""
        inputs = (self._features(targets) - self._low) / self._width * 2 - 1
        return self._middle + self._scale * small_network(inputs, *self._weights)


def _sizes(inputs: int, outputs: int) -> list[tuple[int, int]]:
    return [(inputs, WIDTH), (WIDTH, WIDTH), (WIDTH, outputs)]


def _layer(inputs: int, outputs: int, generator: torch.Generator) -> nn.Linear:
    layer = nn.Linear(inputs, outputs, device="cpu", dtype=torch.float32)
    with torch.no_grad():
        layer.weight.normal_(0, math.sqrt(2 / inputs), generator=generator)
        layer.bias.zero_()
    return layer


@compiled
def small_network(inputs, w1, b1, w2, b2, w3, b3):
    """Outputs (n, 1, outputs) of two hidden layers with ReLU, for inputs (n, k); weights are (outputs, inputs)."""
    n = inputs.shape[0]
    first, second = np.empty(w1.shape[0]), np.empty(w2.shape[0])
    found = np.empty((n, 1, w3.shape[0]))
    for row in range(n):
        for i in range(w1.shape[0]):
            s = b1[i]
            for k in range(w1.shape[1]):
                s += w1[i, k] * inputs[row, k]
            first[i] = max(s, 0.0)
        for i in range(w2.shape[0]):
            s = b2[i]
            for k in range(w2.shape[1]):
                s += w2[i, k] * first[k]
            second[i] = max(s, 0.0)
        for i in range(w3.shape[0]):
            s = b3[i]
            for k in range(w3.shape[1]):
                s += w3[i, k] * second[k]
            found[row, 0, i] = s
    return found
