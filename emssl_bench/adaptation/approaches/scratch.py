"""For comparison: a randomly initialised network is trained on the changed arm."""

from typing import ClassVar

from emssl_bench.adaptation.approaches.base import Approach


class Scratch(Approach):
    """Train from scratch on the changed arm."""

    name: ClassVar[str] = "scratch"
    from_scratch: ClassVar[bool] = True
