"""Linear models of the inverse kinematics, each of which holds around one posture."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from emssl_bench.joint_space import JointSpace
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import Solutions, Targets
from emssl_bench.solvers.arrays import ArraySolver, coordinates_size, described, task_and_space
from emssl_bench.solvers.neighbours import tree_of
from emssl_bench.tasks import Task, task


class LocalLinearSolver(ArraySolver):
    """Linear models that say how joint angles must change for a small change of what is reached.

    The solution of a target is that of one model: the one whose posture reaches a point nearest to the target.
    """

    whole: ClassVar[Mapping[str, int]] = {"models": 1}
    numbers: ClassVar[tuple[str, ...]] = ()

    def __init__(self, arrays: Mapping[str, np.ndarray], space: JointSpace, task: Task):
        """
        Args:
            arrays: "joint_angles" (m, dof) [rad], the postures; "targets" (m, columns), what they reach; "slopes"
                (m, dof, k) [rad/m], changes of joint angles for those of the task's coordinates.
            space: where solutions lie.
            task: what a target is.
        """
        self.arrays = {
            name: np.ascontiguousarray(array) for name, array in arrays.items()
        }  # as they are read from files
        self.space, self.task = space, task
        self._points = task.coordinates(self.arrays["targets"])
        self._by_point = tree_of(self._points)

    @ordinary_numerics()
    def solve(self, targets: Targets, samples: int = 1) -> Solutions:
        """See `Solver.solve`; it has one solution of every target.

        Raises:
            ShapeError: not (n, columns), or not finite.
        """
        points = self.task.coordinates(self.task.checked(targets))
        models = self._by_point.query(points)[1] if len(points) else np.empty(0, dtype=int)
        changes = np.einsum("nqk,nk->nq", self.arrays["slopes"][models], points - self._points[models])
        found = np.clip(self.arrays["joint_angles"][models] + changes, self.space.lower, self.space.upper)
        return found[:, None].repeat(samples, axis=1)

    def saved(self) -> tuple[Mapping[str, np.ndarray], Mapping[str, Any]]:
        return self.arrays, {**described(self.task, self.space), "models": len(self._points)}

    @classmethod
    def made(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Self:
        of_task, space = task_and_space(settings)
        return cls(arrays, space, of_task)

    @staticmethod
    def shapes(settings: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
        models, dof, columns = settings["models"], len(settings["lower"]), task(settings["task"]).columns
        of_each = {"joint_angles": (dof,), "targets": (columns,), "slopes": (dof, coordinates_size(settings))}
        return {name: (models, *shape) for name, shape in of_each.items()}
