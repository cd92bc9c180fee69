"""What the methods of reinforcement learning share: stable-baselines3, which learns on the environments of the suite.

Each step of an environment is a query of the arm, and every method has as many as EMSSL. An episode reaches for a
training target; rewards are the negative of the task's cost, or its decrease.

stable-baselines3 keeps its state in pickles, which the suite never reads: an interrupted trial starts over.

It needs stable-baselines3: pip install 'emssl-bench[rl]'.

Source: Raffin et al., "Stable-Baselines3: reliable reinforcement learning implementations" (2021).
"""

import math
import random
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from emssl_bench.methods.base import Method, Problem, Progress, setting
from emssl_bench.methods.phases import busy_with
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.solvers.base import Solver

REWARD_M = 0.1
"""The cost [m] that is a reward of one: rewards are then neither tiny nor large."""
ADAM = {"optimizer_kwargs": {"fused": True}}
"""Of a policy: the implementation that the suite uses itself, as the fastest."""


@dataclass(frozen=True, kw_only=True)
class ReinforcementLearning(Method):
    """A method that learns by trial and error, from rewards alone."""

    uses_joint_angles: ClassVar[bool] = False
    requires: ClassVar[Mapping[str, str]] = {"stable_baselines3": "rl"}
    loss_name: ClassVar[str]
    """What stable-baselines3 calls the loss."""

    iterations: int = setting(200, "units of work, each with as many steps of the arms as there are targets", least=1)
    arms: int = setting(28, "arms that are moved side by side, or fewer, so that the targets can be divided", least=1)
    updates: int = setting(1, "gradient steps after each step of the arms", least=1)
    training_batch: int = setting(128, "steps of the arms in a gradient step", least=1)
    learning_rate: float = setting(0.001, "initial learning rate of Adam, annealed to 0 by a cosine", above=0)
    random_share: float = setting(
        0.05, "share of all steps that are random, before anything is learned", least=0, below=1
    )

    @property
    def units(self) -> int:
        return self.iterations

    def learn(self, problem: Problem) -> Iterator[Progress]:
        size, state = len(problem.targets), GlobalState(problem.seeds.number("reinforcement"))
        with state.own():
            model, solver = self.begun(problem, arms_for(size, self.arms))
        for iteration in range(self.iterations):
            busy_with("learning by trial and error")
            with state.own():
                self.annealed(model, iteration / self.iterations)
                model.learn(size, log_interval=None, reset_num_timesteps=False)
            loss = model.logger.name_to_value.get(self.loss_name)
            yield Progress(self.solver_of(model, solver), {"gradient_steps": model._n_updates}, loss)

    @abstractmethod
    def begun(self, problem: Problem, count: int) -> tuple[Any, Any]:
        """The algorithm with its environment of `count` arms, and a solver for what it learns."""

    @abstractmethod
    def solver_of(self, model: Any, solver: Any) -> Solver:
        """The solver with what has been learned."""

    def annealed(self, model: Any, share: float) -> None:
        """Sets what changes while learning, after a share of it."""
        rate = self.learning_rate * (1 + math.cos(math.pi * share)) / 2
        model.lr_schedule = lambda _: rate

    def shared(self, problem: Problem, count: int) -> dict[str, Any]:
        """Arguments that both algorithms have."""
        total = self.iterations * len(problem.targets)
        return {
            "learning_rate": self.learning_rate,
            "buffer_size": total,
            "learning_starts": round(self.random_share * total),
            "batch_size": self.training_batch,
            "train_freq": 1,
            "gradient_steps": self.updates,
            "device": problem.device,
        }


def arms_for(targets: int, most: int) -> int:
    """The most arms up to `most` that divide the targets, so that an iteration has a query for each."""
    return next(count for count in range(min(most, targets), 0, -1) if targets % count == 0)


class GlobalState:
    """What a package takes from the process: here the global generators are streams of its own, and torch is as ever.

    Afterwards all is as it was before.
    """

    def __init__(self, seed: int):
        self._seed = seed
        self._generators: tuple[Any, ...] | None = None

    @contextmanager
    def own(self) -> Iterator[None]:
        others, dtype = self._taken(), torch.get_default_dtype()
        if self._generators is None:
            random.seed(self._seed)
            np.random.seed(self._seed % 2**32)  # noqa: NPY002
            torch.set_rng_state(torch.Generator("cpu").manual_seed(self._seed).get_state())
        else:
            self._put(self._generators)
        torch.set_default_dtype(torch.float32)
        try:
            with ordinary_numerics(), _on_cpu():
                yield
        finally:
            torch.set_default_dtype(dtype)
            self._generators = self._taken()
            self._put(others)

    @staticmethod
    def _taken() -> tuple[Any, ...]:
        return random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002

    @staticmethod
    def _put(states: tuple[Any, ...]) -> None:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        torch.set_rng_state(states[2])


def _on_cpu() -> AbstractContextManager[object]:
    """New tensors are on the CPU. To say so costs every operation some time, so it is said only where it is not so."""
    device = torch.device("cpu")
    return nullcontext() if torch.get_default_device() == device else device
