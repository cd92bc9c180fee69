"""What a task is: what targets are, what a network is given of them, and how far from them an arm is."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from emssl_bench.forward import ForwardModel
from emssl_bench.shapes import JointAngles, Positions, Targets

Errors = Float[np.ndarray, " n"]
Features = Float[np.ndarray, "n features"]


class Task(ABC):
    """A kind of target: a position, a pose, or whatever can be told from where an arm's end effector is."""

    name: ClassVar[str]
    columns: ClassVar[int]
    """Of a target."""
    features_size: ClassVar[int]
    """Of what a network is given of a target."""
    success: ClassVar[Mapping[str, Mapping[str, float]]]
    """Bounds by the name that a success rate has; in each, the largest error by its name in `errors`."""

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
    def cost_cm(self, reached: Targets, targets: Targets) -> Errors:
        """The one number [cm] by which solutions are chosen and learning curves drawn, (n,)."""

    @abstractmethod
    def coordinates(self, targets: Targets) -> Features:
        """Points (n, k) [m] that are as near to each other as the targets are alike: for nearest neighbours."""

    @abstractmethod
    def positions(self, targets: Targets) -> Positions:
        """Where the end effector is when it is at the targets, (n, 3) [m]."""
