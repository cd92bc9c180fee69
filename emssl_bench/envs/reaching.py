"""The task of reaching, whatever the arm: actions, observations, rewards, end of an episode."""

from typing import Any, NamedTuple

import numpy as np
from gymnasium.spaces import Box

from emssl_bench.exceptions import ShapeError
from emssl_bench.forward import ForwardModel
from emssl_bench.joint_space import JointSpace
from emssl_bench.scaling import Normaliser
from emssl_bench.shapes import JointAngles, Targets, checked
from emssl_bench.tasks import POSITION, Task

_DISTANCE = "error_{}_cm"
"""The error that infos tell as "distance_m"."""


class Judged(NamedTuple):
    """What it is worth to have reached something, for many arms."""

    costs_m: np.ndarray
    """(n,) [m], the negative of rewards."""
    told: dict[str, np.ndarray]
    """What infos tell of it, (n,) each."""


class Reaching:
    """The task of reaching targets by choosing joint angles; `ReachTask` is that of one arm, and says its numbers."""

    def __init__(self, task: Task, joint_space: JointSpace, horizon: int):
        """
        Args:
            task: what a target is.
            joint_space: what joint angles there are.
            horizon: steps of an episode.
        """
        self.joint_space, self.horizon = joint_space, horizon
        self._task = task
        none = np.empty((0, task.columns))
        self._only_distance = set(task.errors(none, none)) == {_DISTANCE}
        self._scaling = Normaliser(joint_space.lower, joint_space.upper, -1.0, 1.0)

    @property
    def home(self) -> np.ndarray:
        """(dof,) [rad], where the arm starts: the middle of the joint space, which is the action 0."""
        return self._scaling.restore(np.zeros(self.joint_space.dof))

    @property
    def terminates(self) -> bool:
        """Whether the last step of an episode is a termination; otherwise it is a truncation.

        With one step, the step is the whole task. A learner that added the value of later steps would learn something
        false, so the step *terminates*. With more steps, the arm could go on moving. Only the clock stops it, which is
        no part of the observation: that is *truncation*.
        """
        return self.horizon == 1

    def action_space(self) -> Box:
        return Box(-1.0, 1.0, (self.joint_space.dof,), np.float32)

    def joint_angles(self, actions: Any, count: int) -> JointAngles:
        """Joint angles (count, dof) [rad] of actions (count, dof); beyond [-1, 1] the arm stops at the bound.

        Raises:
            ShapeError: not (count, dof), or not finite.
        """
        rows = checked(actions, self.joint_space.dof, "actions")
        if len(rows) != count:
            raise ShapeError(f"actions must have shape ({count}, {self.joint_space.dof}), not {rows.shape}.")
        return np.clip(self._scaling.restore(rows), self.joint_space.lower, self.joint_space.upper)

    def reached(self, forward: ForwardModel, joint_angles: JointAngles) -> Targets:
        """The targets (n, columns) that joint angles (n, dof) fulfil exactly."""
        return self._task.reached(forward, joint_angles)

    def drawn_targets(self, forward: ForwardModel, count: int, rng: np.random.Generator) -> Targets:
        """Targets (count, columns): what random joint angles, uniform in the joint space, reach."""
        return self.reached(forward, self.joint_space.sample(count, rng))

    def observations(self, targets: Targets, joint_angles: JointAngles, reached: Targets) -> np.ndarray:
        """Observations (n, 2 size + dof) in float32, with the columns of the class."""
        features = self._task.features
        columns = [features(targets), joint_angles, features(reached)]
        return np.concatenate(columns, axis=1, dtype=np.float32, casting="same_kind")

    def judged(self, targets: Targets, reached: Targets) -> Judged:
        """What it is worth to have reached this, for each target."""
        if self._only_distance:
            costs_m = self._task.cost_m(reached, targets)
            return Judged(costs_m, {"distance_m": costs_m})
        errors = self._task.errors(reached, targets)
        places = self._task.positions(reached), self._task.positions(targets)
        told = {"distance_m": POSITION.cost_m(*places)}
        told |= {name.replace("_{}", ""): values for name, values in errors.items() if name != _DISTANCE}
        told |= {f"success_{name}": values for name, values in self._task.successes(errors).items()}
        return Judged(self._task.cost_cm(errors) / 100, told)

    def infos(self, judged: Judged, joint_angles: JointAngles, reached: Targets) -> dict[str, np.ndarray]:
        """What infos hold, a row an arm."""
        infos = judged.told | {"joint_angles": joint_angles.copy(), "position": self._task.positions(reached).copy()}
        frames = self._task.frames(reached)
        return infos if frames is None else infos | {"frame": frames.copy()}

    def pictured(self, target: Targets, reached: Targets) -> tuple[np.ndarray, np.ndarray | None]:
        """What a picture shows of a target (1, columns) and of what is reached (1, columns).

        Returns:
            The position of the target (3,) [m]; and the frames (2, 7) of both, or None where the task has no frames.
        """
        return self._task.positions(target)[0], self._task.frames(np.concatenate([target, reached]))
