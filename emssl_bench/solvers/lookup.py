"""The nearest known sample, corrected by a Jacobian that is fitted to its neighbours."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from scipy.spatial import KDTree

from emssl_bench.exceptions import InvalidValue, ModelError
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import LARGEST, JointAngles, Solutions, Targets
from emssl_bench.solvers import saved_settings
from emssl_bench.solvers.base import Solver
from emssl_bench.tasks import POSITION, Task, task

_BLOCK = 2_000
"""Targets at a time, so that memory does not grow with them."""
_RIDGE = 1e-6
"""Keeps the fit solvable where all neighbours lie in one direction; widths of the joint space, squared."""


class LookupSolver(Solver):
    """Known pairs of joint angles and targets, in two KD-trees: by target, and by joint angles.

    The solution starts at the sample whose target is nearest. The samples around it in joint space tell how the
    target moves with the joint angles there, by weighted least squares; one damped step of Gauss-Newton then goes
    towards the target. It learns nothing and never queries the arm. Further solutions of a target start at the second
    nearest sample, the third, and so on.
    """

    dtype = "F64"

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
        self._by_target, self._by_joints = KDTree(self._points), KDTree(self._shares) if neighbours else None

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
        nearest = np.reshape(self._by_target.query(points, held)[1], (len(rows), held))
        nearest = nearest[:, np.arange(samples) % held].ravel()
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
        found = self._by_joints.query(self._shares[samples], self.neighbours + 1)
        distances, around = (np.reshape(each, (len(samples), self.neighbours + 1)) for each in found)  # of one, too
        dq = self._shares[around] - self._shares[samples][:, None]
        dp = self._points[around] - self._points[samples][:, None]
        scale = np.maximum(distances[:, -1:], np.finfo(float).tiny)
        weighted = (dq * np.exp(-2 * (distances / scale) ** 2)[..., None]).swapaxes(1, 2)
        return np.linalg.solve(weighted @ dq + _RIDGE * np.eye(dq.shape[2]), weighted @ dp)

    def nearest(self, targets: Targets, number: int = 0) -> np.ndarray:
        """The sample (n,) whose target is the nearest to each target (n, columns); or the second, for number 1."""
        found = self._by_target.query(self.task.coordinates(targets), number + 1)[1]
        return np.reshape(found, (len(targets), number + 1))[:, number]

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
        """The samples, and all else that the solutions follow from (`SavableSolver`)."""
        return {"targets": self.targets, "joint_angles": self.samples}, {
            "task": self.task.text,
            "samples": len(self.targets),
            "lower": list(self.lower),
            "upper": list(self.upper),
            "neighbours": self.neighbours,
            "damping_m": self.damping_m,
        }

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Self:
        """The solver that `saved` gave these of.

        Raises:
            ModelError: they are not what `saved` gives.
        """
        cls.check_settings(settings)
        if {name: array.shape for name, array in arrays.items()} != cls.shapes(settings):
            raise ModelError("its arrays are not those of so many samples")
        cls.check_arrays(arrays)
        bounds = settings["lower"], settings["upper"]
        own = settings["neighbours"], settings["damping_m"], task(settings["task"])
        return cls(np.array(arrays["targets"]), np.array(arrays["joint_angles"]), *bounds, *own)

    @staticmethod
    def shapes(settings: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
        """The arrays that a lookup of these settings has, and their shapes."""
        rows = settings["samples"]
        return {"targets": (rows, task(settings["task"]).columns), "joint_angles": (rows, len(settings["lower"]))}

    @staticmethod
    def dof(settings: Mapping[str, Any]) -> int:
        """Joint angles in a solution of one with these settings."""
        return len(settings["lower"])

    @staticmethod
    def check_settings(settings: Mapping[str, Any]) -> None:
        """Raises:
        ModelError: something is missing, there is too much, or a value is of the wrong kind or impossible.
        """
        names = ("task", "samples", "lower", "upper", "neighbours", "damping_m")
        saved_settings.check(settings, names, {"samples": 1, "neighbours": 0}, 10**9)
        if settings["neighbours"] >= settings["samples"]:
            raise ModelError("its neighbours must be fewer than its samples")
        lower, upper = settings["lower"], settings["upper"]
        bounds = [*lower, *upper] if isinstance(lower, list) and isinstance(upper, list) else [None]
        if not all(type(each) in (int, float) and abs(each) <= LARGEST for each in [*bounds, settings["damping_m"]]):
            raise ModelError("its lower, upper and damping_m must be numbers")
        if not (len(lower) == len(upper) > 0 and all(low < high for low, high in zip(lower, upper, strict=True))):
            raise ModelError("its lower bounds must be below the upper ones")

    @staticmethod
    def check_arrays(arrays: Mapping[str, np.ndarray]) -> None:
        """Raises:
        ModelError: samples are in another precision, not finite or impossible.
        """
        for name, array in arrays.items():
            if array.dtype != np.float64 or not (np.abs(array) <= LARGEST).all():
                raise ModelError(f"its {name} must be finite numbers in float64")
