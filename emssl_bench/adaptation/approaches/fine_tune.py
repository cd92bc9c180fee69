"""For comparison: methods that learn from labels fine-tune their own solver."""

from typing import ClassVar

from emssl_bench.adaptation.approaches.base import Approach


class FineTuneDirect(Approach):
    """Fine-tune direct regression on pairs measured on the changed arm."""

    name: ClassVar[str] = "direct"


class FineTuneDistal(Approach):
    """Fine-tune distal supervised learning on pairs measured on the changed arm."""

    name: ClassVar[str] = "distal"
