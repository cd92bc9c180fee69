"""Approach 2 of the paper: the changed arm itself takes the forward model's place."""

from typing import ClassVar

from emssl_bench.adaptation.approaches.base import Approach


class Replace(Approach):
    """Retrain on the changed arm.

    Source: Section III-C, "replace the forward model with the real arm".
    """

    name: ClassVar[str] = "replace"
