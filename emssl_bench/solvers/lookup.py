"""The nearest known sample, corrected by a Jacobian that is fitted to its neighbours."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from emssl_bench.exceptions import InvalidValue, ModelError
from emssl_bench.joint_space import JointSpace
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import JointAngles, Solutions, Targets
from emssl_bench.solvers.arrays import ArraySolver, described, task_and_space
from emssl_bench.solvers.neighbours import k_nearest, tree_of
from emssl_bench.tasks import POSITION, Task, task

_BLOCK = 2_000
"""Targets at a time, so that memory does not grow with them."""
_RIDGE = 1e-6
"""Keeps the fit solvable where all neighbours lie in one direction; widths of the joint space, squared."""


class LookupSolver(ArraySolver):
    """Known pairs of joint angles and targets, in two KD-trees: by target, and by joint angles.

    The solution starts at the sample whose target is nearest. The samples around it in joint space tell how the
    target moves with the joint angles there, by weighted least squares; one damped step of Gauss-Newton then goes
    towards the target. It learns nothing and never queries the arm. Further solutions of a target start at the second
    nearest sample, the third, and so on.
    """

    whole: ClassVar[Mapping[str, int]] = {"samples": 1, "neighbours": 0}
    numbers: ClassVar[tuple[str, ...]] = ("damping_m",)

    def __init__(
        self,
        targets: Targets,
        joint_angles: JointAngles,
        lower: tuple[float, ...],
        upper: tuple[float, ...],
        neighbours: int = 30,
        damping_m: float = 0.003,
        task: Task = POSITION,
    ):
        """
        Args:
            targets: (n, columns), what the samples reach.
            joint_angles: (n, dof) [rad], theirs.
            lower, upper: bounds of the joint space.
            neighbours: samples that the Jacobian is fitted to; 0: no correction.
            damping_m: of the step [m for a whole joint range].
            task: what a target is.
        """
        self.targets, self.samples = targets, joint_angles
        self.lower, self.upper, self.task = tuple(lower), tuple(upper), task
        self.neighbours, self.damping_m = min(neighbours, len(targets) - 1), damping_m
        self._width = np.subtract(upper, lower)
        self._points = task.coordinates(targets)
        self._shares = joint_angles / self._width
        self._by_target, self._by_joints = tree_of(self._points), tree_of(self._shares) if neighbours else None

    @property
    def several(self) -> bool:
        """True: further solutions start at the next nearest samples."""
        return True

    @ordinary_numerics()
    def solve(self, targets: Targets, samples: int = 1) -> Solutions:
        """See `Solver.solve`. Where more are wanted than there are known samples, these are taken again.

        Raises:
            ShapeError: not (n, columns), or not finite.
        """
        rows = self.task.checked(targets)
        if not len(rows):
            return np.empty((0, samples, len(self.lower)))
        points = self.task.coordinates(rows)
        held = min(samples, len(self.targets))
        nearest = k_nearest(self._by_target, points, held)[1][:, np.arange(samples) % held].ravel()
        points = points.repeat(samples, axis=0)
        starts = range(0, len(points), _BLOCK)
        parts = [self._block(points[start : start + _BLOCK], nearest[start : start + _BLOCK]) for start in starts]
        return np.concatenate(parts).reshape(len(rows), samples, -1)

    def _block(self, points: np.ndarray, nearest: np.ndarray) -> JointAngles:
        """The solutions (n, dof) that start at samples (n,) of these numbers, for targets with coordinates (n, k)."""
        shares = self._shares[nearest]
        if self._by_joints is not None:
            shares = shares + self._step(nearest, points - self._points[nearest])
        return np.clip(shares * self._width, self.lower, self.upper)

    def _step(self, nearest: np.ndarray, missing: np.ndarray) -> np.ndarray:
        """The change of joint angles (n, dof), in widths, that makes up for what is missing, (n, k) [m]."""
        jacobian = self._fitted(nearest)
        gram = jacobian.swapaxes(1, 2) @ jacobian + self.damping_m**2 * np.eye(missing.shape[1])
        return (jacobian @ np.linalg.solve(gram, missing[..., None]))[..., 0]

    def _fitted(self, samples: np.ndarray) -> np.ndarray:
        """How targets move with the joint angles (n, dof, k), in widths, at samples (n,) of these numbers."""
        assert self._by_joints is not None
        distances, around = k_nearest(self._by_joints, self._shares[samples], self.neighbours + 1)
        dq = self._shares[around] - self._shares[samples][:, None]
        dp = self._points[around] - self._points[samples][:, None]
        scale = np.maximum(distances[:, -1:], np.finfo(float).tiny)
        weighted = (dq * np.exp(-2 * (distances / scale) ** 2)[..., None]).swapaxes(1, 2)
        return np.linalg.solve(weighted @ dq + _RIDGE * np.eye(dq.shape[2]), weighted @ dp)

    def nearest(self, targets: Targets, number: int = 0) -> np.ndarray:
        """The sample (n,) whose target is the nearest to each target (n, columns); or the second, for number 1."""
        return k_nearest(self._by_target, self.task.coordinates(targets), number + 1)[1][:, number]

    def jacobians(self, samples: np.ndarray) -> np.ndarray:
        """How `Task.coordinates` change with the joint angles, (n, k, dof), fitted around samples (n,).

        Raises:
            InvalidValue: it has no neighbours to fit them to.
        """
        if self._by_joints is None:
            raise InvalidValue("a lookup without neighbours knows no Jacobians.")
        blocks = np.array_split(samples, max(1, len(samples) // _BLOCK))
        return np.concatenate([self._fitted(block) for block in blocks]).swapaxes(1, 2) / self._width

    def saved(self) -> tuple[Mapping[str, np.ndarray], Mapping[str, Any]]:
        own = {"samples": len(self.targets), "neighbours": self.neighbours, "damping_m": self.damping_m}
        arrays = {"targets": self.targets, "joint_angles": self.samples}
        return arrays, {**described(self.task, JointSpace(self.lower, self.upper)), **own}

    @classmethod
    def made(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Self:
        of_task, space = task_and_space(settings)
        own = settings["neighbours"], settings["damping_m"], of_task
        return cls(arrays["targets"], arrays["joint_angles"], space.lower, space.upper, *own)

    @staticmethod
    def shapes(settings: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
        rows = settings["samples"]
        return {"targets": (rows, task(settings["task"]).columns), "joint_angles": (rows, len(settings["lower"]))}

    @classmethod
    def check_settings(cls, settings: Mapping[str, Any]) -> None:
        super().check_settings(settings)
        if settings["neighbours"] >= settings["samples"]:
            raise ModelError("its neighbours must be fewer than its samples")
