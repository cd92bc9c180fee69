"""What every method that trains the network of Table I shares: settings, and an optimiser with a schedule."""

import copy
import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from emssl_bench.arrays import JointAngles, Positions
from emssl_bench.data import JointSpace, Normaliser, TrainingData
from emssl_bench.forward import ForwardModel
from emssl_bench.method import Method, busy_with, setting
from emssl_bench.network import Initialisation, InverseNetwork, NetworkInverse
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.seeding import Seeds

Schedule = Literal["constant", "cosine"]


@dataclass(frozen=True, kw_only=True)
class NetworkMethod(Method):
    """A method that trains the inverse network by gradient descent, for `iterations` times `epochs` epochs."""

    resumable: ClassVar[bool] = True

    iterations: int = setting(200, "units of work: sampling rounds, or as many times `epochs` on fixed data", least=1)
    epochs: int = setting(10, "passes through the data in each iteration", least=1)
    training_batch: int = setting(128, "samples in a gradient step", least=1)
    inference_batch: int = setting(512, "positions inferred at a time", least=1)
    learning_rate: float = setting(0.0015, "of Adam, at the start", above=0)
    schedule: Schedule = setting("constant", "of the learning rate over all gradient steps: constant, or cosine to 0")
    initialisation: Initialisation = setting("he_uniform", "of the weights")
    output_spread: float = setting(
        0.5, "standard deviation of a fresh network's outputs before the sigmoid; 0: as the weights have it", least=0
    )
    output_offset: float = setting(
        0.0, "a fresh network's mean outputs before the sigmoid are drawn from plus or minus this", least=0
    )

    @property
    def units(self) -> int:
        return self.iterations

    def new_model(self, data: TrainingData, seeds: Seeds, device: str, latent_size: int = 0) -> NetworkInverse:
        """A fresh inverse model, scaled to the data's positions and joint space.

        Source: Algorithm 1, line 1, "initialize randomly": docs/tuning.md says why that needs care.
        """
        generator = seeds.torch("weights")
        network = InverseNetwork(data.joint_space.dof, self.initialisation, generator, latent_size)
        scales = self.positions_scale(data.positions), Normaliser.of_joint_space(data.joint_space)
        model = NetworkInverse(network, *scales, self.inference_batch)
        if self.output_spread:
            network.spread_outputs(model.prepared(data.positions), self.output_spread, self.output_offset, generator)
        network.to(device)
        return model

    def positions_scale(self, positions: Positions) -> Normaliser:
        """How the network takes positions (n, 3) [m]: the box around those to reach as [-1, 1]."""
        return Normaliser.of_positions(positions)

    def new_trainer(self, model: NetworkInverse, total_steps: int) -> "Trainer":
        """A fresh Adam on the model's network, at the method's rate and schedule over so many gradient steps."""
        return Trainer(model.network, self.learning_rate, self.schedule, total_steps)

    def total_steps(self, samples: int, epochs: int | None = None) -> int:
        """Gradient steps of so many epochs, by default those of the whole training, on so many samples each."""
        epochs = self.iterations * self.epochs if epochs is None else epochs
        return epochs * math.ceil(samples / self.training_batch)


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
    ):
        """A cosine schedule reaches 0 after `total_steps`, and begins again. Over a share `warmup` of them the rate
        first rises from 0 to what the schedule says."""
        self.network = network
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.total_steps = total_steps
        self.betas = betas
        self.warmup_steps = warmup * total_steps
        self.steps = 0
        self.restart()

    def restart(self) -> None:
        """A fresh Adam: its moments forgotten, the schedule going on."""
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
        """One gradient step. Source: Algorithm 1, line 24."""
        self.optimiser.param_groups[0]["lr"] = self.learning_rate * self._share_of_rate()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
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
        """`count` passes, each as `epoch` does it; returns the mean loss of the last."""
        last = 0.0
        for number in range(count):
            busy_with("training", number / count)
            last = self.epoch(loss, batch, generator, *data)
        return last

    @ordinary_numerics()
    def epoch(self, loss: Callable[..., Tensor], batch: int, generator: torch.Generator, *data: Tensor) -> float:
        """One pass through the data, in random order; returns the mean loss.

        Args:
            loss: of one batch, given the rows of each tensor in `data`.
            batch: rows in a step; the last step takes what is left.
            generator: of the order.
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
        """`count` steps, passing through the data as often as that takes; returns their mean loss."""
        passes = (shuffled_batches(batch, generator, *data) for _ in itertools.count())
        total = torch.zeros((), dtype=torch.float32, device=data[0].device)
        for rows in itertools.islice(itertools.chain.from_iterable(passes), count):
            value = loss(*rows)
            self.step(value)
            total += value.detach()
        return total.item() / max(count, 1)


def shuffled_batches(batch: int, generator: torch.Generator, *data: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Batches in random order: one permuted copy sliced in order, which a DataLoader takes longer to do."""
    order = torch.randperm(len(data[0]), generator=generator, device=generator.device).to(data[0].device)
    shuffled = [tensor[order] for tensor in data]
    for start in range(0, len(order), batch):
        yield tuple(tensor[start : start + batch] for tensor in shuffled)


def tensors(model: NetworkInverse, joint_angles: JointAngles, positions: Positions) -> tuple[Tensor, Tensor]:
    """Normalised positions (n, 3) and joint angles (n, dof) in float32, on the network's device."""
    inputs = model.prepared(positions)
    with ordinary_numerics():
        targets = torch.from_numpy(model.joints_scale.normalise(joint_angles)).to(torch.float32)
        return inputs, targets.to(inputs.device)


def squared_error(model: NetworkInverse) -> Callable[[Tensor, Tensor], Tensor]:
    """The mean squared error of normalised joint angles, of a batch of `tensors`."""
    return lambda inputs, targets: mse_loss(model.network(inputs), targets)


class Babble:
    """Pairs measured at random joint angles, for methods that learn from labels when the arm has changed."""

    def __init__(self, space: JointSpace, arm: ForwardModel, seeds: Seeds):
        self._space, self._arm = space, arm
        self.random = seeds.numpy("babble")
        self.pairs = {"joint_angles": np.empty((0, space.dof)), "positions": np.empty((0, 3))}
        """All measured so far, joint_angles (n, dof) [rad] and positions (n, 3) [m]."""

    def more(self, count: int) -> dict[str, np.ndarray]:
        """Measures `count` more, and returns all measured so far."""
        joint_angles = self._space.sample(count, self.random)
        measured = {"joint_angles": joint_angles, "positions": self._arm.positions(joint_angles)}
        for name, rows in measured.items():
            self.pairs[name] = np.concatenate([self.pairs[name], rows])
        return self.pairs
