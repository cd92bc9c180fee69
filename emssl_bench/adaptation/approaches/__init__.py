"""The approaches of adaptation, one file each, in the order of the tables.

To add one, write its file and its line here. Names map to strings, so that the command line knows them at once.
"""

import importlib
from typing import TYPE_CHECKING

from emssl_bench.exceptions import UnknownName

if TYPE_CHECKING:
    from emssl_bench.adaptation.approaches.base import Approach

APPROACHES = {
    "identify": "identify:Identify",
    "replace": "replace:Replace",
    "align": "align:Align",
    "scratch": "scratch:Scratch",
    "direct": "fine_tune:FineTuneDirect",
    "distal": "fine_tune:FineTuneDistal",
}
FINE_TUNED = tuple(name for name, path in APPROACHES.items() if path.startswith("fine_tune:"))
"""Approaches that are named after the method whose solver they fine-tune; the others are the chosen learner's."""


def approach(name: str) -> "Approach":
    """The approach of a name.

    Raises:
        UnknownName: there is none.
    """
    if name not in APPROACHES:
        raise UnknownName("approach", name, [*APPROACHES, "all"])
    module, _, attribute = APPROACHES[name].partition(":")
    return getattr(importlib.import_module(f"emssl_bench.adaptation.approaches.{module}"), attribute)()
