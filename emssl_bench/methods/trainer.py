"""Gradient descent on one network: Adam, its learning-rate schedule, and batches in random order."""

import copy
import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn

from emssl_bench.methods.phases import busy_with
from emssl_bench.numerics import ordinary_numerics

Schedule = Literal["constant", "cosine"]


class Trainer:
    """Adam on one network, with its learning-rate schedule."""

    def __init__(
        self,
        network: nn.Module,
        learning_rate: float,
        schedule: Schedule = "constant",
        total_steps: int = 0,
        betas: tuple[float, float] = (0.9, 0.999),
        warmup: float = 0.0,
        clip: float = 0.0,
    ):
        """A cosine schedule reaches 0 after `total_steps`, and begins again. Over a share `warmup` of them the rate
        first rises from 0 to what the schedule says. A gradient with a norm over `clip` is cut to it; 0: none is."""
        self.network = network
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.total_steps = total_steps
        self.betas = betas
        self.warmup_steps = warmup * total_steps
        self.clip = clip
        self.steps = 0
        self.restart()

    def restart(self) -> None:
        """Starts a new Adam, without moments; the schedule goes on."""
        self.optimiser = torch.optim.Adam(
            self.network.parameters(), lr=self.learning_rate, betas=self.betas, fused=True
        )

    def state_dict(self) -> dict[str, Any]:
        return {"optimiser": self.optimiser.state_dict(), "steps": self.steps}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.optimiser.load_state_dict(copy.deepcopy(state["optimiser"]))  # it would share its tensors with the state
        self.steps = state["steps"]

    @ordinary_numerics()
    def step(self, loss: Tensor) -> None:
        """Takes a gradient step. Source: Algorithm 1, line 24."""
        self.optimiser.param_groups[0]["lr"] = self.learning_rate * self._share_of_rate()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if self.clip:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)
        self.optimiser.step()
        self.steps += 1

    def _share_of_rate(self) -> float:
        warmed = min(1.0, (self.steps + 1) / max(self.warmup_steps, 1.0))
        if self.schedule == "constant":
            return warmed
        fraction = self.steps % self.total_steps / self.total_steps
        return warmed * (1 + math.cos(math.pi * fraction)) / 2

    def epochs(
        self, count: int, loss: Callable[..., Tensor], batch: int, generator: torch.Generator, *data: Tensor
    ) -> float:
        """Makes `count` passes through the data, as `epoch` does; returns the mean loss of the last."""
        last = 0.0
        for number in range(count):
            busy_with("training", number / count)
            last = self.epoch(loss, batch, generator, *data)
        return last

    @ordinary_numerics()
    def epoch(self, loss: Callable[..., Tensor], batch: int, generator: torch.Generator, *data: Tensor) -> float:
        """Makes one pass through the data, in random order; returns the mean loss.

        Args:
            loss: of one batch, given the rows of each tensor in `data`.
            batch: rows in a step; the last step takes what is left.
            generator: draws the order.
            data: tensors of equally many rows.
        """
        total = torch.zeros((), dtype=torch.float32, device=data[0].device)
        for rows in shuffled_batches(batch, generator, *data):
            value = loss(*rows)
            self.step(value)
            total += value.detach() * len(rows[0])
        return total.item() / len(data[0])

    @ordinary_numerics()
    def some(
        self, count: int, loss: Callable[..., Tensor], batch: int, generator: torch.Generator, *data: Tensor
    ) -> float:
        """Takes `count` steps, in as many passes through the data as they need; returns their mean loss."""
        passes = (shuffled_batches(batch, generator, *data) for _ in itertools.count())
        total = torch.zeros((), dtype=torch.float32, device=data[0].device)
        for rows in itertools.islice(itertools.chain.from_iterable(passes), count):
            value = loss(*rows)
            self.step(value)
            total += value.detach()
        return total.item() / max(count, 1)


def shuffled_batches(batch: int, generator: torch.Generator, *data: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Batches in random order: slices of one permuted copy, which are faster than a DataLoader."""
    order = torch.randperm(len(data[0]), generator=generator, device=generator.device).to(data[0].device)
    shuffled = [tensor[order] for tensor in data]
    for start in range(0, len(order), batch):
        yield tuple(tensor[start : start + batch] for tensor in shuffled)
