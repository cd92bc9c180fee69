"""How the axes of the figures are ticked."""

from typing import Literal

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

PLAIN_NUMBERS = FuncFormatter(lambda value, _: f"{value:g}")


def plain_log_scale(panel: Axes, which: Literal["x", "y"] = "y", decades: bool = False) -> None:
    """A logarithmic axis ticked at 1, 2, 5, 10, 20 and so on, in plain numbers; a short one more closely.

    Of many decades, or where that is asked for, 1, 10 and so on are ticked alone, and of very many only some of them.
    """
    panel.set(**{f"{which}scale": "log"})
    axis = panel.xaxis if which == "x" else panel.yaxis
    low, high = panel.get_xlim() if which == "x" else panel.get_ylim()
    crowded, short = decades or high > (3e3 if which == "x" else 1e4) * low, high < 4 * low
    axis.set_major_locator(LogLocator(subs=(1,) if crowded else (1, 1.5, 2, 3, 4, 5, 7) if short else (1, 2, 5)))
    axis.set_major_formatter(PLAIN_NUMBERS)
    axis.set_minor_formatter(NullFormatter())
