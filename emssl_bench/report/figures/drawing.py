"""The look of all figures: fonts, lines and how axes are ticked."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import matplotlib
import seaborn
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

_LOOK: dict[Any, Any] = {
    **seaborn.axes_style("whitegrid"),
    **seaborn.plotting_context("paper", font_scale=1.1),
    # The font comes with matplotlib, so that figures are the same on every machine.
    "font.family": "DejaVu Sans",
    # A fixed place of titles. Otherwise matplotlib measures all ticks of a panel to find one, for every file.
    "axes.titley": 1.0,
    # A dollar in the name of an arm or a link is a dollar.
    "text.parse_math": False,
}
PLAIN_NUMBERS = FuncFormatter(lambda value, _: f"{value:,.10g}")


class WholeNumbers(LogLocator):
    """Ticks of a logarithmic axis of what is counted: none between 1 and 2, and none below 1."""

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        return [tick for tick in super().tick_values(vmin, vmax) if tick >= 1 and tick == round(tick)]


@contextmanager
def drawing() -> Iterator[None]:
    """The look of every figure, as a decorator of the function that draws one."""
    with matplotlib.rc_context(_LOOK):
        yield


def plain_log_scale(panel: Axes, which: Literal["x", "y"] = "y", decades: bool = False, whole: bool = False) -> None:
    """Makes an axis logarithmic, ticked at 1, 2, 5, 10, 20 and so on in plain numbers.

    A short axis is ticked more closely. A long one is ticked at powers of ten alone, and so is any where `decades` asks
    for that. With `whole`, only whole numbers are ticked. Minor ticks would show nothing and take most of the time of
    drawing.
    """
    panel.set(**{f"{which}scale": "log"})
    axis = panel.xaxis if which == "x" else panel.yaxis
    low, high = panel.get_xlim() if which == "x" else panel.get_ylim()
    crowded, short = decades or high > (3e3 if which == "x" else 1e4) * low, high < (10 if whole else 4) * low
    subs = (1,) if crowded else (1, 1.5, 2, 3, 4, 5, 7) if short else (1, 2, 5)
    axis.set_major_locator(WholeNumbers(subs=subs) if whole else LogLocator(subs=subs))
    axis.set_major_formatter(PLAIN_NUMBERS)
    axis.set_minor_locator(NullLocator())
