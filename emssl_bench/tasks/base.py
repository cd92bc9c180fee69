"""What a task is: what targets are, what a network is given of them, and how far from them an arm is."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike

from emssl_bench.exceptions import InvalidValue
from emssl_bench.forward import ForwardModel
from emssl_bench.shapes import Frames, JointAngles, Positions, Targets, checked, checked_one_or_more

if TYPE_CHECKING:
    from torch import Tensor

    from emssl_bench.forward.chain import ChainArm

Errors = Float[np.ndarray, " n"]
Features = Float[np.ndarray, "n features"]


class Motions(NamedTuple):
    """The m ways in which targets can move, and what changes with each of them."""

    features: Float[np.ndarray, "n features m"]
    coordinates: Float[np.ndarray, "n k m"]
    """Orthonormal columns: each motion moves the coordinates by 1 m, and none is part of another."""


class Task(ABC):
    """A kind of target: a position, a pose, or whatever can be told from where an arm's end effector is."""

    name: ClassVar[str]
    columns: ClassVar[int]
    """Of a target."""
    described: ClassVar[str] = "targets"
    """What messages call its targets."""
    oriented: ClassVar[bool] = False
    """Whether targets have orientations."""
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

    def checked(self, targets: ArrayLike) -> Targets:
        """The targets as (n, columns) of float64.

        Raises:
            ShapeError: they are not (n, columns), not finite, or no targets of this task.
        """
        return checked(targets, self.columns, self.described)

    def checked_one_or_more(self, targets: ArrayLike) -> tuple[Targets, bool]:
        """As `checked`, of targets or of a single one, (columns,); and whether it was a single one."""
        rows, single = checked_one_or_more(targets, self.columns, self.described)
        return self.checked(rows), single

    def normalised(self, targets: Targets) -> Targets:
        """The targets (n, columns) that numbers stand for which nearly are targets, or that were drawn at random."""
        return targets

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

    def feature_bounds(self, nearest: np.ndarray, farthest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Bounds (features_size,), lower and upper, of the features of targets with positions in a box.

        There are none where a task does not say.

        Args:
            nearest, farthest: (3,) [m], two corners of the box.
        """
        return np.full(self.features_size, -np.inf), np.full(self.features_size, np.inf)

    @abstractmethod
    def errors(self, reached: Targets, targets: Targets) -> Mapping[str, Errors]:
        """How far what is reached is from the targets, (n,) each.

        The name of an error has a place for a statistic, and its unit: "error_{}_cm" gives error_mean_cm and others.
        """

    @abstractmethod
    def cost_cm(self, errors: Mapping[str, Errors]) -> Errors:
        """The one number [cm] by which solutions are chosen and learning curves drawn, (n,), from their `errors`."""

    def cost_m(self, reached: Targets, targets: Targets) -> Errors:
        """The cost [m] of what is reached, (n,)."""
        return self.cost_cm(self.errors(reached, targets)) / 100

    def successes(self, errors: Mapping[str, Errors]) -> Mapping[str, Bool[np.ndarray, " n"]]:
        """Whether `errors` are within the bounds of `success`, (n,) for each of its names."""
        return {
            name: np.all([errors[error] <= bound for error, bound in bounds.items()], axis=0)
            for name, bounds in self.success.items()
        }

    @property
    def cost_in_words(self) -> str:
        """What `cost_cm` is, for tables and figures."""
        return "distance"

    @abstractmethod
    def coordinates(self, targets: Targets) -> Features:
        """Points (n, k) [m] that are as near to each other as the targets are alike.

        For nearest neighbours, and for what is learned through a forward model.
        """

    def motions(self, targets: Targets) -> Motions:
        """How features and coordinates change as targets (n, columns) move, for Jacobians by the chain rule.

        Raises:
            InvalidValue: the task does not say how.
        """
        raise InvalidValue(f"the task {self.name!r} does not say how its targets move.")

    def between(self, starts: Targets, ends: Targets, shares: Errors) -> Targets:
        """The targets (n, columns) at shares (n,), from 0 to 1, of the straight ways from starts to ends."""
        return starts + shares[:, None] * (ends - starts)

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

    def frames(self, targets: Targets) -> Frames | None:
        """Where the end effector is at the targets, and how it is turned, (n, 7); None where they do not say that."""
        return None
