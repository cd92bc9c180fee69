"""How much of every joint is asked for: ± degrees, or the arm's own limits; how it is read, said and put in order."""

import math
from typing import Literal

LIMITS: Literal["limits"] = "limits"
"""Every joint within its own limits, as the arm's file has them."""
JointRange = float | Literal["limits"]
"""Half the width of the joint space [deg], e.g. 90 for [-90°, 90°]; or `LIMITS`."""


def shown(joint_range: JointRange) -> str:
    """As tables, figures and the display say it: "±90°", or "own limits"."""
    return "own limits" if joint_range == LIMITS else f"±{joint_range:g}°"


def place(joint_range: JointRange) -> float:
    """What to sort by: the narrowest range first, the arm's own limits last."""
    return math.inf if joint_range == LIMITS else float(joint_range)
