"""Which of several solutions an arm is to take that stands somewhere already: the one that is nearest to it.

Nearest is the solution whose largest joint move is smallest. The sum of all moves would do worse: it prefers a
solution on another branch, where one joint moves far and the others hardly, to one where all move a little.
"""

import math

import numpy as np

from emssl_bench.joint_space import ROUNDING
from emssl_bench.shapes import JointAngles, Solutions
from emssl_bench.solvers.judge import whole_turns
from emssl_bench.solvers.kinematics import Chain

_TURN = 2 * math.pi


def endless(chain: Chain) -> np.ndarray:
    """Which joint angles (dof,) of bool go on at their other end, since their range is a whole turn or more."""
    return whole_turns(chain) & (np.ptp(chain.bounds, axis=0) >= _TURN - ROUNDING)


def moves(before: np.ndarray, after: np.ndarray, endless: np.ndarray) -> np.ndarray:
    """How far each joint moves between joint angles (..., dof), after whole turns where these are possible.

    Args:
        before, after: (..., dof) [rad], or [m] on a prismatic joint.
        endless: (dof,) of bool, those that may take the shorter way around.

    Returns:
        (..., dof), 0 or more.
    """
    apart = np.abs(after - before)
    around = np.mod(apart, _TURN)
    return np.where(endless, np.minimum(around, _TURN - around), apart)


def nearest(solutions: np.ndarray, before: np.ndarray, endless: np.ndarray) -> int:
    """The number of the solution whose largest joint move is smallest.

    Args:
        solutions: (k, dof); one that is not a number is the last choice.
        before: (dof,), where the arm stands.
        endless: as of `moves`.
    """
    largest = moves(before, solutions, endless).max(axis=1)
    return int(np.argmin(np.where(np.isnan(largest), np.inf, largest)))


def nearest_along(solutions: Solutions, endless: np.ndarray) -> JointAngles:
    """Of each target's solutions the one nearest to that taken of the target before; of the first target the first.

    Args:
        solutions: (n, k, dof), of targets that follow each other; not a number where there is none.
        endless: as of `moves`.

    Returns:
        (n, dof)
    """
    taken = np.full((len(solutions), solutions.shape[2]), np.nan)
    before = None
    for row, own in zip(taken, solutions, strict=True):
        row[:] = own[0 if before is None else nearest(own, before, endless)]
        if not np.isnan(row).any():
            before = row
    return taken
