"""How the axes of the figures are ticked."""

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

PLAIN_NUMBERS = FuncFormatter(lambda value, _: f"{value:g}")


def plain_log_scale(panel: Axes) -> None:
    """A logarithmic y axis ticked at 1, 2, 5, 10, 20 and so on, in plain numbers."""
    panel.set_yscale("log")
    panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    panel.yaxis.set_major_formatter(PLAIN_NUMBERS)
    panel.yaxis.set_minor_formatter(NullFormatter())
