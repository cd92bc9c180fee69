"""The judge of all solvers: one float64 forward model, and the joints' limits."""

from dataclasses import dataclass

import numpy as np

from emssl_bench.shapes import JointAngles, Targets
from emssl_bench.solvers.kinematics import PLACE, PRISMATIC, TIMES, Chain
from emssl_bench.solvers.marquardt import frames_of
from emssl_bench.tasks import Task
from emssl_bench.tasks.pose import angles_rad

INSIDE = 1e-6
"""That an answer may lie outside the limits [rad, or m]."""
_TURN = 2 * np.pi


@dataclass(frozen=True)
class Verdict:
    """What answers are worth; `answered` tells where there is one."""

    error_mm: np.ndarray
    """(n,), not a number where there is no answer."""
    error_deg: np.ndarray
    """(n,); 0 for positions."""
    inside: np.ndarray
    """(n,) of bool: within the limits, after whole turns."""
    answered: np.ndarray
    """(n,) of bool."""

    def within(self, mm: float, degrees: float) -> np.ndarray:
        """Whether each answer (n,) is inside the limits and both its errors are within these."""
        return self.inside & (self.error_mm <= mm) & (self.error_deg <= degrees)


def judged(chain: Chain, joint_angles: JointAngles, targets: Targets, task: Task) -> Verdict:
    """Judges answers.

    Args:
        chain: the arm, and the limits of its joints.
        joint_angles: (n, dof), not a number where there is no answer.
        targets: (n, columns) of the task.
        task: what they are.
    """
    answered = np.asarray(np.isfinite(joint_angles).all(axis=1))
    brought = brought_inside(chain, np.where(answered[:, None], joint_angles, chain.bounds.mean(axis=0)))
    inside = ((brought >= chain.bounds[0] - INSIDE) & (brought <= chain.bounds[1] + INSIDE)).all(axis=1)
    reached = frames_of(brought, chain.links)
    error_mm = np.linalg.norm(reached[:, :3] - targets[:, :3], axis=1) * 1000
    error_deg = np.degrees(angles_rad(reached, targets)) if task.columns == 7 else np.zeros(len(targets))
    error_mm[~answered] = error_deg[~answered] = np.nan
    return Verdict(error_mm, error_deg, inside & answered, answered)


def brought_inside(chain: Chain, joint_angles: JointAngles) -> JointAngles:
    """Joint angles (n, dof) within the limits by whole turns, where that is possible and changes no position."""
    lower, upper = chain.bounds
    outside = (joint_angles < lower - INSIDE) | (joint_angles > upper + INSIDE)
    turned = joint_angles + _TURN * np.ceil((lower - INSIDE - joint_angles) / _TURN)
    return np.where(outside & whole_turns(chain), turned, joint_angles)


def whole_turns(chain: Chain) -> np.ndarray:
    """Which joint angles (dof,) of bool change no position by a whole turn.

    That is so for a coordinate that turns one joint, and for one that turns others by whole multiples.
    """
    turning = np.ones(chain.dof, dtype=bool)
    for row in chain.links[:-1]:
        turning[int(row[PLACE])] &= not row[PRISMATIC] and row[TIMES] == round(row[TIMES])
    return turning
