"""The style of each method in every figure of every report: its colour, its marker and its dashes.

They are bound to its name for good: what else a folder holds changes none of them. The colours of ours are told apart
by the colour-blind, and markers and dashes tell them apart in grey.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

Dashes = Any
"""A line style of matplotlib: a text such as "-", or an offset and lengths."""


@dataclass(frozen=True)
class Style:
    """The look of a line."""

    colour: str
    marker: str
    dashes: Dashes

    @property
    def line(self) -> dict[str, Any]:
        """Arguments for matplotlib's `plot`, markers aside."""
        return {"color": self.colour, "linestyle": self.dashes}


METHODS = {
    "direct": Style("#0173b2", "s", (0, (1, 1))),
    "distal": Style("#029e73", "^", (0, (4, 1, 1, 1))),
    "cgan": Style("#56b4e9", "D", (0, (3, 1))),
    "emssl": Style("#d55e00", "o", "-"),
    "emssl-plus": Style("#cc78bc", "P", (0, (7, 1))),
    "distal-exact": Style("0.25", "v", (0, (5, 1, 1, 1, 1, 1))),
    "lookup": Style("#949494", "H", (0, (2, 2))),
    "babbling": Style("#8b0000", "8", (0, (8, 2, 2, 2))),
    "inverted-forward": Style("#0f4cf5", "^", (0, (12, 2))),
    "cemssl": Style("#fb32c0", "P", (0, (3, 2, 1, 2))),
    "mdn": Style("#1b04f6", "1", (0, (1, 3))),
    "flow": Style("#49ae41", "2", (0, (9, 1, 1, 1))),
    "cvae": Style("#953b01", "x", (0, (4, 2, 4, 2, 1, 2))),
    "flow-matching": Style("#5878fb", "+", (0, (2, 4))),
    "ddpg": Style("#1fb868", "s", (0, (8, 3, 1, 3))),
    "dqn": Style("#a91617", "D", (0, (4, 4))),
    "goal-babbling": Style("#5d0331", "3", (0, (6, 3))),
    "constrained-dof": Style("#70b60c", "4", (0, (1, 2, 4, 2))),
    "local-linear": Style("#3a5c6c", "|", (0, (3, 3))),
    "fnn-joints": Style("#716836", "_", (0, (10, 2))),
    "cnn": Style("#0c0185", ".", (0, (2, 1, 2, 3))),
}
"""Styles of our methods; dark grey is for the one that is given the arm's gradient, which is not compared with them."""
APPROACHES = {
    "identify": "#332288",
    "replace": "#de8f05",
    "align": "#e4739a",
    "scratch": "0.25",
    "solve": "#808000",
    "direct": METHODS["direct"].colour,
    "distal": METHODS["distal"].colour,
}
"""Colours of the approaches to a changed arm; markers and dashes are those of what learns."""
_COLOURS = ("#de8f05", "#7f4f24", "#332288", "#808000", "#882255", "#00545c", "#7cae1a", "#e4739a")
_MARKERS = ("X", "p", "*", "h", ">", "d")
_DASHES: tuple[Dashes, ...] = ("-", (0, (5, 2)), (0, (2, 1)), (0, (6, 1, 2, 1)), (0, (3, 1, 1, 1, 1, 1, 1, 1)))
"""For what is none of ours; no colour and no marker is one of ours, nor "<", which marks the paper's values."""


def of_method(name: str) -> Style:
    """The style of a method: ours have theirs, and that of a plug-in follows from its name alone."""
    return METHODS.get(name) or _of_text(name)


def of_model(method: str, variant: str) -> Style:
    """The style of a method with other settings: its colour, with a marker and dashes that follow from the settings."""
    style = of_method(method)
    if not variant:
        return style
    own = _of_text(f"{method} {variant}")
    return Style(style.colour, own.marker, own.dashes)


def of_approach(name: str) -> str:
    """The colour of an approach to a changed arm."""
    return APPROACHES.get(name) or _of_text(name).colour


def of_noise(noise_mm: float) -> str:
    """The colour of what was measured with so much noise: of a scale that reaches from 0.01 mm, and none, to 10 mm."""
    import math

    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    share = (math.log10(noise_mm) + 2) / 3 if noise_mm > 0.01 else 0.0
    return to_hex(colormaps["viridis"](min(0.1 + 0.8 * share, 0.9)))


def _of_text(text: str) -> Style:
    """A colour, a marker and dashes by the hash of a text: where two colours meet, markers or dashes hardly do."""
    bits = hashlib.sha256(text.encode()).digest()
    return Style(_COLOURS[bits[0] % len(_COLOURS)], _MARKERS[bits[1] % len(_MARKERS)], _DASHES[bits[2] % len(_DASHES)])
