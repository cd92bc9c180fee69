"""The optimiser that all network methods share."""

import numpy as np
import torch
from torch import nn

from emssl_bench.network_method import Trainer


def test_the_rate_rises_over_the_warmup_to_what_the_schedule_says():
    """Adam moves a weight, whose gradient stays the same, by its rate."""
    weight = nn.Linear(1, 1, bias=False).double()
    trainer = Trainer(weight, 0.01, "cosine", total_steps=8, warmup=0.5)
    places = [weight.weight.item()]
    for _ in range(8):
        trainer.step(weight(torch.ones(1, 1, dtype=torch.double)).sum())
        places.append(weight.weight.item())
    warmed = np.array([0.25, 0.5, 0.75, 1, 1, 1, 1, 1])
    np.testing.assert_allclose(-np.diff(places), 0.01 * warmed * (1 + np.cos(np.pi * np.arange(8) / 8)) / 2, rtol=1e-5)
