"""The solver whose predictions are those of a network."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from emssl_bench.exceptions import Diverged, InvalidValue, ModelError, ShapeError
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.scaling import Normaliser
from emssl_bench.shapes import JointAngles, Solutions, Targets
from emssl_bench.solvers import saved_settings
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.latent import latent_values
from emssl_bench.solvers.mixture import MixtureNetwork
from emssl_bench.solvers.network import SolutionNetwork
from emssl_bench.solvers.networks import described, network_class
from emssl_bench.tasks import POSITION, Task, task
from emssl_bench.tasks.base import Features

LARGEST_NUMBER = 10**15
"""The largest count in a saved model."""
FAR_OUTSIDE = 1e6
"""Distance from the box of the training positions, in boxes, at which predictions need not be finite any more."""

Compute = Callable[[Tensor, Any], Tensor]
"""Of normalised joint angles (b, dof), by inputs (b, inputs) and what else varies them."""


class NetworkSolver(Solver):
    """A network, such as that of Table I, with the scales of its inputs and outputs."""

    dtype = "F32"
    """Of its arrays, as safetensors has it."""

    def __init__(
        self,
        network: SolutionNetwork,
        inputs_scale: Normaliser,
        joints_scale: Normaliser,
        inference_batch: int,
        task: Task = POSITION,
    ):
        self.network = network
        self.task = task
        self.inputs_scale = inputs_scale
        """Of the task's features."""
        self.joints_scale = joints_scale
        self.inference_batch = inference_batch

    @property
    def stochastic(self) -> bool:
        """Whether the network is a generator."""
        return self.network.latent_size > 0

    @property
    def several(self) -> bool:
        """Whether the network is a generator, or has several answers."""
        return self.stochastic or isinstance(self.network, MixtureNetwork)

    def saved(self) -> tuple[Mapping[str, np.ndarray], Mapping[str, Any]]:
        """The weights by name, and everything else that its predictions depend on (`SavableSolver`).

        Raises:
            ModelError: its network is of a class that is none of the suite's.
        """
        return {name: tensor.detach().cpu().numpy() for name, tensor in self.network.named_parameters()}, {
            "task": self.task.text,
            "inputs_scale": asdict(self.inputs_scale),
            "joints_scale": asdict(self.joints_scale),
            "inference_batch": self.inference_batch,
            **described(self.network),
        }

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Self:
        """The solver of which `saved` gave these.

        Raises:
            ModelError: they are not what `saved` gives.
        """
        settings = cls.current(settings)
        saved_settings.check_all(cls, arrays, settings)
        inputs_scale, joints_scale = map(saved_settings.scale, (settings["inputs_scale"], settings["joints_scale"]))
        of_task = task(settings["task"])
        network = network_class(settings).restored(settings, of_task.features_size, joints_scale)
        with ordinary_numerics(), torch.no_grad():
            for name, parameter in network.named_parameters():
                parameter.copy_(torch.from_numpy(np.array(arrays[name])))
        return cls(network, inputs_scale, joints_scale, settings["inference_batch"], of_task)

    @staticmethod
    def current(settings: Mapping[str, Any]) -> dict[str, Any]:
        """Settings of a version that had positions alone, as they are now; others as they are."""
        if "positions_scale" not in settings:
            return dict(settings)
        kept = {name: value for name, value in settings.items() if name != "positions_scale"}
        return {"task": POSITION.name, **kept, "inputs_scale": settings["positions_scale"]}

    @staticmethod
    def shapes(settings: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
        """The weights that a network of these settings has, and their shapes."""
        return network_class(settings).shapes(settings, task(settings["task"]).features_size)

    @staticmethod
    def dof(settings: Mapping[str, Any]) -> int:
        """Joint angles in a solution of one with these settings."""
        return settings["dof"]

    @staticmethod
    def check_settings(settings: Mapping[str, Any]) -> None:
        """Raises:
        ModelError: something is missing, there is too much, or a value is of the wrong kind or impossible.
        """
        cls = network_class(settings)
        whole = {**cls.whole, "inference_batch": 1}
        named = ["network"] if "network" in settings else []
        names = ["task", "inputs_scale", "joints_scale", *named, *whole, *cls.others]
        saved_settings.check(settings, names, whole, LARGEST_NUMBER)
        cls.check(settings)
        saved_settings.check_scale("inputs_scale", settings["inputs_scale"], task(settings["task"]).features_size)
        saved_settings.check_scale("joints_scale", settings["joints_scale"], settings["dof"])
        if (settings["joints_scale"]["low"], settings["joints_scale"]["high"]) != (0, 1):
            raise ModelError("its joints_scale must be from low 0 to high 1, as the network's outputs are")

    @staticmethod
    def check_arrays(arrays: Mapping[str, np.ndarray]) -> None:
        """Raises:
        ModelError: weights are in another precision, or not finite.
        """
        for name, array in arrays.items():
            if array.dtype != np.float32:
                raise ModelError(f"its {name} is {array.dtype} and not float32")
            if not np.isfinite(array).all():
                raise ModelError(f"its {name} is not finite")

    def same_as(self, other: "NetworkSolver") -> bool:
        """Whether both have the same weights and scales, and so the same predictions."""
        mine, others = self.network.state_dict(), other.network.state_dict()
        return (
            mine.keys() == others.keys()
            and all(torch.equal(mine[name].cpu(), others[name].cpu()) for name in mine)
            and (self.task.text, self.inputs_scale, self.joints_scale)
            == (other.task.text, other.inputs_scale, other.joints_scale)
        )

    def solve(self, targets: Targets, samples: int = 1) -> Solutions:
        """Solutions of every target, all the same unless the network is a generator or has several answers, which come
        in the order of their weights, the heaviest first.

        Rounding aside, a solution depends on its target and its sample number alone, and so does the latent vector of
        a generator (`latent_values`). The number of targets in a batch changes the last digits of single precision,
        by some 1e-6 of the joint range.

        Args:
            targets: (n, columns) of the task.
            samples: solutions a target, 1 or more.

        Returns:
            (n, samples, dof) [rad], within the joint space that it was trained for.

        Raises:
            InvalidValue: `samples` is no whole number of at least 1.
            ShapeError: not (n, columns), not finite, or much too far away.
            Diverged: the network's weights are not finite, or so large that its outputs are not.

        Source: Algorithm 1, lines 5 to 9.
        """
        if not isinstance(samples, int | np.integer) or isinstance(samples, bool) or samples < 1:
            raise InvalidValue(f"samples must be a whole number of at least 1, not {samples!r}.")
        rows = self.task.checked(targets)
        features = self.task.features(rows)
        inputs = self._normalised(features)
        if samples != 1:
            inputs = inputs.repeat_interleave(int(samples), dim=0)
        found = self.inferred(inputs, *self._varying(features, int(samples)))
        if not np.isfinite(found).all():
            self._explain(inputs.cpu().numpy(), rows, int(samples))
        return found.reshape(len(rows), int(samples), self.network.dof)

    def _varying(self, features: Features, samples: int) -> tuple[Tensor | None, Compute | None]:
        """What the solutions of a target differ by (n * samples, ...), and what computes them with it."""
        if samples == 1 or not isinstance(self.network, MixtureNetwork):
            return self.latent(features, samples), None
        ranks = torch.arange(samples, dtype=torch.int64, device=next(self.network.parameters()).device)
        return ranks.repeat(len(features)), self.network.ranked

    def to(self, device: torch.device | str) -> None:
        """Moves its networks there."""
        self.network.to(device)

    def latent(self, features: Features, samples: int) -> Tensor | None:
        """Latent values (n * samples, latent_size) of the solutions of targets with these features (n, k), on the
        network's device; None for a network that takes none."""
        if not (size := self.network.latent_size):
            return None
        drawn = latent_values(features, samples, size)
        if self.network.first_latent is not None:
            drawn[:, 0] = self.network.first_latent
        return torch.from_numpy(drawn.reshape(-1, size)).to(next(self.network.parameters()).device)

    def prepared(self, targets: Targets) -> Tensor:
        """Targets (n, columns) as the network takes them: their features normalised, in float32, on its device."""
        return self._normalised(self.task.features(self.task.checked(targets)))

    def _normalised(self, features: Features) -> Tensor:
        with ordinary_numerics():
            normalised = torch.from_numpy(self.inputs_scale.normalise(features))
            return normalised.to(torch.float32).to(next(self.network.parameters()).device)

    def drawn(self, targets: Targets, generator: torch.Generator | None) -> JointAngles:
        """The network's own answers (n, dof) [rad] to targets (n, columns), where it has several one of them each.

        Args:
            targets: (n, columns).
            generator: draws among several answers, by their weights.
        """
        network = self.network
        if not isinstance(network, MixtureNetwork):
            return NetworkSolver.solve(self, targets)[:, 0]
        assert generator, "there are several answers"
        return self.inferred(self.prepared(targets), compute=lambda inputs, _: network.drawn(inputs, generator))

    def inferred(
        self,
        inputs: Tensor,
        latent: Tensor | None = None,
        compute: Compute | None = None,
    ) -> JointAngles:
        """Joint angles (n, dof) [rad], `inference_batch` at a time.

        Args:
            inputs: prepared targets (n, inputs).
            latent: (n, latent_size), if the network is a generator; or what else `compute` takes of each target.
            compute: normalised joint angles of both; by default the network itself.
        """
        compute = compute or self.network
        with ordinary_numerics(), torch.no_grad():
            outputs = torch.empty(len(inputs), self.network.dof, dtype=torch.float32, device=inputs.device)
            for start in range(0, len(inputs), self.inference_batch):
                batch = slice(start, start + self.inference_batch)
                outputs[batch] = compute(inputs[batch], None if latent is None else latent[batch])
            return self.restored_angles(outputs)

    def restored_angles(self, outputs: Tensor) -> JointAngles:
        """Joint angles (n, dof) [rad] of the network's outputs."""
        found = self.joints_scale.restore(outputs.cpu().numpy().astype(np.float64))
        return np.clip(found, self.joints_scale.lower, self.joints_scale.upper)  # rounding, at the very ends

    def _explain(self, inputs: np.ndarray, targets: Targets, samples: int) -> None:
        """Raises:
        ShapeError: a position is so far from all those in training that no network could answer.
        Diverged: the fault is in the network.
        """
        far = ~(np.abs(inputs) <= FAR_OUTSIDE).all(axis=1)
        if far.any():
            row = int(np.flatnonzero(far)[0]) // samples
            raise ShapeError(
                f"targets must lie near those that the network has learned from: row {row} is {targets[row].tolist()}."
            )
        raise Diverged("the network's outputs are not finite: its weights are not, or are much too large.")
