"""For comparison: methods that learn from labels fine-tune their own solver."""

from typing import ClassVar

from emssl_bench.adaptation.approaches.base import Approach


class FineTuneDirect(Approach):
    """Fine-tune direct regression on pairs measured on the changed arm."""

    name: ClassVar[str] = "direct"

    def learner(self, chosen: str) -> str:
        """See `Approach.learner`: always direct regression."""
        return self.name


class FineTuneDistal(FineTuneDirect):
    """Fine-tune distal supervised learning on pairs measured on the changed arm."""

    name: ClassVar[str] = "distal"
