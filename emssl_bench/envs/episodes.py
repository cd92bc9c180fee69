"""The episodes of many arms, side by side in arrays, an arm a row."""

from typing import Any

import numpy as np

from emssl_bench.envs.reaching import Judged, Reaching
from emssl_bench.forward import ForwardModel
from emssl_bench.shapes import JointAngles, Targets


class Episodes:
    """An episode of every arm: its target, where the arm is, how many steps it has made, and whether it has ended.

    Masks (count,) of bool say of which arms something is meant.
    """

    def __init__(self, task: Reaching, forward: ForwardModel, count: int):
        """
        Args:
            task: what every arm has to do.
            forward: what joint angles reach, queried for many arms in one batch.
            count: number of arms.
        """
        self._task, self._forward = task, forward
        self._at_home = task.reached(forward, task.home[None])[0]
        self.targets = np.zeros((count, len(self._at_home)))
        self.joint_angles = np.zeros((count, task.joint_space.dof))
        self.reached = np.zeros_like(self.targets)
        self.steps = np.zeros(count, np.int64)
        self.ended = np.zeros(count, np.bool_)
        self._judged: Judged | None = None

    def drawn_targets(self, count: int, rng: np.random.Generator) -> Targets:
        """Targets (count, columns): what random joint angles reach."""
        return self._task.drawn_targets(self._forward, count, rng)

    def begin(self, starting: np.ndarray, targets: Targets) -> None:
        """Starts an episode of each of some arms, at home, with its row of targets."""
        self.targets[starting] = targets
        self.joint_angles[starting] = self._task.home
        self.reached[starting] = self._at_home
        self.steps[starting] = 0
        self.ended[starting] = False
        self._judged = None

    def move(self, moving: np.ndarray, joint_angles: JointAngles) -> None:
        """Moves some arms to their rows of joint angles (count of all arms, dof) [rad]."""
        self.joint_angles[moving] = joint_angles[moving]
        self.reached[moving] = self._task.reached(self._forward, joint_angles[moving])
        self.steps[moving] += 1
        self._judged = None

    def judged(self) -> Judged:
        """What every arm's place is worth."""
        if self._judged is None:
            self._judged = self._task.judged(self.targets, self.reached)
        return self._judged

    def observations(self) -> np.ndarray:
        """What is seen of every arm, a row each, laid out as by `ReachTask`."""
        return self._task.observations(self.targets, self.joint_angles, self.reached)

    def infos(self, told: np.ndarray) -> dict[str, Any]:
        """What `ReachEnv` tells of an arm, batched: beside every key its mask, which says of which arms it is told."""
        values = self._task.infos(self.judged(), self.joint_angles, self.reached)
        return values | {f"_{key}": told.copy() for key in values}

    def final_infos(self, ending: np.ndarray) -> dict[str, Any]:
        """The last observations and infos of episodes that end, under the keys that Gymnasium has for them."""
        # An object array, None where no episode ended, as Gymnasium's own vector environments have it.
        final_observations = np.full(len(ending), None, dtype=object)
        final_observations[ending] = np.fromiter(self.observations()[ending], dtype=object, count=int(ending.sum()))
        return {
            "final_obs": final_observations,
            "_final_obs": ending.copy(),
            "final_info": self.infos(ending),
            "_final_info": ending.copy(),
        }
