"""The approaches of adaptation, one file each, in the order of the tables.

To add one, write its file, and its line in one of the two tables here. Names map to strings, so that the command line
knows them at once.
"""

import importlib
from typing import TYPE_CHECKING

from emssl_bench.exceptions import UnknownName

if TYPE_CHECKING:
    from emssl_bench.adaptation.approaches.base import Approach

_OF_ANY_LEARNER = {
    "identify": "identify:Identify",
    "replace": "replace:Replace",
    "align": "align:Align",
    "scratch": "scratch:Scratch",
    "solve": "solve:Solve",
}
"""Approaches that any learner can take."""
_OF_ONE_METHOD = {
    "direct": "fine_tune:FineTuneDirect",
    "distal": "fine_tune:FineTuneDistal",
}
"""Approaches that fine-tune the solver of one method, which they are named after."""
APPROACHES = {**_OF_ANY_LEARNER, **_OF_ONE_METHOD}
FINE_TUNED = tuple(_OF_ONE_METHOD)


def approach(name: str) -> "Approach":
    """The approach of a name.

    Raises:
        UnknownName: no approach has the name.
    """
    if name not in APPROACHES:
        raise UnknownName("approach", name, [*APPROACHES, "all"])
    module, _, attribute = APPROACHES[name].partition(":")
    return getattr(importlib.import_module(f"emssl_bench.adaptation.approaches.{module}"), attribute)()
