"""What a task is: what targets are, what a network is given of them, and how far from them an arm is."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from jaxtyping import Float

from emssl_bench.exceptions import InvalidValue
from emssl_bench.forward import ForwardModel
from emssl_bench.shapes import JointAngles, Positions, Targets

if TYPE_CHECKING:
    from torch import Tensor

    from emssl_bench.forward.chain import ChainArm

Errors = Float[np.ndarray, " n"]
Features = Float[np.ndarray, "n features"]


class Task(ABC):
    """A kind of target: a position, a pose, or whatever can be told from where an arm's end effector is."""

    name: ClassVar[str]
    columns: ClassVar[int]
    """Of a target."""
    metric: ClassVar[bool] = False
    """Whether distances of `coordinates` are what counts, so that all of them are scaled alike for a network; if not,
    each of them is scaled to its own range."""
    cost: ClassVar[str] = "error_{}_cm"
    """The name of `cost_cm`: that of the one of the `errors` that it is, or else a name of its own, "cost_{}_cm"."""
    success: ClassVar[Mapping[str, Mapping[str, float]]]
    """Bounds by the name that a success rate has; in each, the largest error by its name in `errors`."""

    @property
    def text(self) -> str:
        """The name, and the settings that are not as usual: what `tasks.task` makes this task of."""
        own = fields(self) if is_dataclass(self) else ()
        changed = [each.name for each in own if getattr(self, each.name) != each.default]
        given = ",".join(f"{name}={getattr(self, name)}" for name in changed)
        return f"{self.name}:{given}" if given else self.name

    @property
    @abstractmethod
    def features_size(self) -> int:
        """Columns of what a network is given of a target."""

    @abstractmethod
    def reached(self, forward: ForwardModel, joint_angles: JointAngles) -> Targets:
        """The targets (n, columns) that joint angles (n, dof) [rad] fulfil exactly: one query of the arm each."""

    @abstractmethod
    def features(self, targets: Targets) -> Features:
        """What a network is given of targets (n, columns), before it is scaled: equal for equal targets."""

    @abstractmethod
    def errors(self, reached: Targets, targets: Targets) -> Mapping[str, Errors]:
        """How far what is reached is from the targets, (n,) each.

        The name of an error has a place for a statistic, and its unit: "error_{}_cm" gives error_mean_cm and others.
        """

    @abstractmethod
    def cost_cm(self, errors: Mapping[str, Errors]) -> Errors:
        """The one number [cm] by which solutions are chosen and learning curves drawn, (n,), from their `errors`."""

    @property
    def cost_in_words(self) -> str:
        """What `cost_cm` is, for tables and figures."""
        return "distance"

    @abstractmethod
    def coordinates(self, targets: Targets) -> Features:
        """Points (n, k) [m] that are as near to each other as the targets are alike.

        For nearest neighbours, and for what is learned through a forward model.
        """

    def differentiable(self, chain: "ChainArm", joint_angles: "Tensor") -> "Tensor":
        """The `coordinates` (n, k) of what joint angles (n, dof) [rad] reach, with gradients.

        Raises:
            InvalidValue: the task does not say how.
        """
        raise InvalidValue(f"the task {self.name!r} has no gradient through the arm.")

    @abstractmethod
    def positions(self, targets: Targets) -> Positions:
        """Where the end effector is when it is at the targets, (n, 3) [m]."""

    def directions(self, targets: Targets) -> Positions | None:
        """Where the tool points when it is at the targets, unit vectors (n, 3); None where any direction will do."""
        return None
