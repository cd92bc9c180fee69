"""Linear models of the inverse kinematics, each of which holds around one posture."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from emssl_bench.joint_space import JointSpace
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import JointAngles, Solutions, Targets
from emssl_bench.solvers.arrays import ArraySolver, coordinates_size, described, task_and_space
from emssl_bench.solvers.neighbours import k_nearest, tree_of
from emssl_bench.tasks import Task, task

_BLOCK = 2_000
"""Targets at a time, so that memory does not grow with them."""
_BLENDED = 8
"""Models that are blended: farther ones weigh next to nothing."""


class LocalLinearSolver(ArraySolver):
    """Linear models that say how joint angles must change for a small change of what is reached.

    A solution starts at the posture, of those that models were made around, that reaches a point nearest to the
    target. It goes from there to the target in equal steps. Each step is that of the models around the joint angles
    that it has come to, blended by Gaussian weights.
    """

    whole: ClassVar[Mapping[str, int]] = {"models": 1, "steps": 1}
    numbers: ClassVar[tuple[str, ...]] = ()

    def __init__(self, arrays: Mapping[str, np.ndarray], steps: int, space: JointSpace, task: Task):
        """
        Args:
            arrays: "joint_angles" (m, dof) [rad], the postures; "targets" (m, columns), what they reach; "slopes"
                (m, dof, k), changes of joint angles, in joint ranges, for those of the task's coordinates [1/m];
                "widths" (m,), how far models hold, in joint ranges.
            steps: from a posture to a target.
            space: where solutions lie.
            task: what a target is.
        """
        self.arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        self.steps, self.space, self.task = steps, space, task
        self._range = np.subtract(space.upper, space.lower)
        self._postures = self.arrays["joint_angles"] / self._range
        self._points = task.coordinates(self.arrays["targets"])
        self._by_posture, self._by_point = tree_of(self._postures), tree_of(self._points)

    @ordinary_numerics()
    def solve(self, targets: Targets, samples: int = 1) -> Solutions:
        """See `Solver.solve`; it has one solution of every target.

        Raises:
            ShapeError: not (n, columns), or not finite.
        """
        rows = self.task.checked(targets)
        found = np.concatenate([self._block(each) for each in np.array_split(rows, max(1, len(rows) // _BLOCK))])
        return found[:, None].repeat(samples, axis=1)

    def _block(self, targets: Targets) -> JointAngles:
        points = self.task.coordinates(targets)
        start = k_nearest(self._by_point, points, 1)[1][:, 0]
        postures, step = self._postures[start], (points - self._points[start]) / self.steps
        for _ in range(self.steps):
            postures = postures + np.einsum("nqk,nk->nq", self._slopes(postures), step)
        return np.clip(postures * self._range, self.space.lower, self.space.upper)

    def _slopes(self, postures: np.ndarray) -> np.ndarray:
        """Of the models around postures (n, dof), blended: (n, dof, k)."""
        distances, near = k_nearest(self._by_posture, postures, min(_BLENDED, len(self._postures)))
        exponents = -2 * (distances / self.arrays["widths"][near]) ** 2
        weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
        return np.einsum("nb,nbqk->nqk", weights / weights.sum(axis=1, keepdims=True), self.arrays["slopes"][near])

    def saved(self) -> tuple[Mapping[str, np.ndarray], Mapping[str, Any]]:
        own = {"models": len(self._postures), "steps": self.steps}
        return self.arrays, {**described(self.task, self.space), **own}

    @classmethod
    def made(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Self:
        of_task, space = task_and_space(settings)
        return cls(arrays, settings["steps"], space, of_task)

    @staticmethod
    def shapes(settings: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
        models, dof, columns = settings["models"], len(settings["lower"]), task(settings["task"]).columns
        of_each = {"joint_angles": (dof,), "targets": (columns,), "widths": ()}
        of_each["slopes"] = (dof, coordinates_size(settings))
        return {name: (models, *shape) for name, shape in of_each.items()}
