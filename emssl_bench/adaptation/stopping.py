"""The rule that ends an adaptation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class StopRule:
    """The rule that ends adaptation, the same for every approach: near the error on the unchanged arm, or no gain.

    An error is the one number [cm] that stands for all that the task tells apart.
    """

    unchanged_cm: float
    within: float = 1.1
    patience: int = 3

    def reached(self, error_cm: float) -> bool:
        return error_cm <= self.within * self.unchanged_cm

    def ends(self, errors_cm: Sequence[float]) -> bool:
        """Whether no further iteration is due, after errors [cm] from before adaptation, if any, to now."""
        if not errors_cm:
            return False
        since_best = len(errors_cm) - 1 - int(np.argmin(errors_cm))
        return self.reached(errors_cm[-1]) or since_best >= self.patience
