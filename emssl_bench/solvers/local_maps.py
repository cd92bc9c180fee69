"""Linear maps from targets to joint angles, each good near one place, blended into one function."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from jaxtyping import Float

from emssl_bench.exceptions import ModelError
from emssl_bench.joint_space import JointSpace
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import JointAngles, Solutions, Targets
from emssl_bench.solvers.arrays import ArraySolver, coordinates_size, described, task_and_space
from emssl_bench.tasks import Task
from emssl_bench.tasks.base import Features

_BLOCK = 1_000
"""Targets at a time, so that memory does not grow with them."""
_LEAST_SHARE = 1e-4
"""A map with less than this of the nearest one's weight is left out."""


class LocalMaps(ArraySolver):
    """A function from targets to joint angles that learns from one sample after another.

    Each map has a centre, an offset (the joint angles there) and a slope. Maps are blended by Gaussian weights. A
    sample farther than the radius from every centre begins a map of its own, which says there what the others said.

    Source: the local linear map of Rolf, Steil & Gienger, "Online goal babbling for rapid bootstrapping of inverse
    models in high dimensions" (2011).
    """

    whole: ClassVar[Mapping[str, int]] = {"maps": 1}
    numbers: ClassVar[tuple[str, ...]] = ("radius_m",)

    def __init__(self, arrays: Mapping[str, np.ndarray], radius_m: float, space: JointSpace, task: Task):
        """
        Args:
            arrays: "centres" (m, k) [m], in the task's coordinates; "offsets" (m, dof) [rad]; "slopes" (m, dof, k)
                [rad/m].
            radius_m: of the Gaussian weights.
            space: where solutions lie.
            task: what a target is.
        """
        self.arrays = dict(arrays)
        """All that is learned."""
        self.radius_m, self.space, self.task = radius_m, space, task

    @classmethod
    def none(cls, coordinates: int, radius_m: float, space: JointSpace, of: Task) -> Self:
        """No map yet, for a task of so many coordinates."""
        none = {"centres": np.empty((0, coordinates)), "offsets": np.empty((0, space.dof))}
        return cls({**none, "slopes": np.empty((0, space.dof, coordinates))}, radius_m, space, of)

    def begin(self, point: Features, joint_angles: JointAngles) -> None:
        """The first map, which has the same joint angles (1, dof) [rad] everywhere; point (1, k), what they reach."""
        slopes = np.zeros((1, joint_angles.shape[1], point.shape[1]))
        self.arrays.update({"centres": point, "offsets": joint_angles, "slopes": slopes})

    @ordinary_numerics()
    def solve(self, targets: Targets, samples: int = 1) -> Solutions:
        """See `Solver.solve`; it has one solution of every target.

        Raises:
            ShapeError: not (n, columns), or not finite.
        """
        points = self.task.coordinates(self.task.checked(targets))
        found = np.concatenate([self.at(each) for each in np.array_split(points, max(1, len(points) // _BLOCK))])
        return np.clip(found, self.space.lower, self.space.upper)[:, None].repeat(samples, axis=1)

    def at(self, points: Features) -> JointAngles:
        """Joint angles (n, dof) [rad] at points (n, k) [m], which may lie outside the joint space."""
        return self._blended(points, self._weights(points)[0])

    def learn(self, points: Features, joint_angles: JointAngles, weights: Float[np.ndarray, " n"], rate: float) -> None:
        """Takes a gradient step towards samples, after new maps for those that are far from all.

        Args:
            points: (n, k) [m], what the samples reach.
            joint_angles: (n, dof) [rad], theirs.
            weights: what each of them counts.
            rate: share of its error that a sample of weight 1 takes away. Samples of one map share its step.
        """
        blend, apart = self._weights(points)
        if (far := apart > 1).any():
            self._grow(points[far], blend[far])
            blend, _ = self._weights(points)
        step = rate * blend / np.maximum(1, blend.sum(axis=0))
        errors = weights[:, None] * (joint_angles - self._blended(points, blend))
        moved = step.T @ errors
        together = (errors[:, :, None] * points[:, None]).reshape(len(points), -1)
        turned = (step.T @ together).reshape(self.arrays["slopes"].shape)
        turned -= moved[:, :, None] * self.arrays["centres"][:, None]
        self.arrays["offsets"] = self.arrays["offsets"] + moved
        self.arrays["slopes"] = self.arrays["slopes"] + turned / self.radius_m**2

    def _weights(self, points: Features) -> tuple[np.ndarray, np.ndarray]:
        """How much of each map counts at points (n, m), and how far the nearest is (n,), in radii and squared."""
        centres = self.arrays["centres"]
        squares = (points**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1) - 2 * points @ centres.T
        squares /= self.radius_m**2
        nearest = squares.min(axis=1)
        weights = np.exp(nearest[:, None] - squares)
        weights[weights < _LEAST_SHARE] = 0
        return weights / weights.sum(axis=1, keepdims=True), nearest

    def _blended(self, points: Features, blend: np.ndarray) -> JointAngles:
        slopes, centres = self.arrays["slopes"], self.arrays["centres"]
        constants = self.arrays["offsets"] - np.einsum("mqk,mk->mq", slopes, centres)
        return blend @ constants + np.einsum("nqk,nk->nq", self._slopes(blend), points)

    def _slopes(self, blend: np.ndarray) -> np.ndarray:
        slopes = self.arrays["slopes"]
        return (blend @ slopes.reshape(len(slopes), -1)).reshape(len(blend), *slopes.shape[1:])

    def _grow(self, points: Features, blend: np.ndarray) -> None:
        """Adds maps at points (n, k) that are far from all others, and from each other."""
        chosen: list[int] = []
        for row, point in enumerate(points):
            if (np.linalg.norm(points[chosen] - point, axis=1) > self.radius_m).all():
                chosen.append(row)
        points, blend = points[chosen], blend[chosen]
        new = {"centres": points, "offsets": self._blended(points, blend), "slopes": self._slopes(blend)}
        self.arrays.update({name: np.concatenate([self.arrays[name], rows]) for name, rows in new.items()})

    def saved(self) -> tuple[Mapping[str, np.ndarray], Mapping[str, Any]]:
        own = {"maps": len(self.arrays["centres"]), "radius_m": self.radius_m}
        return self.arrays, {**described(self.task, self.space), **own}

    @classmethod
    def made(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Self:
        of_task, space = task_and_space(settings)
        return cls(arrays, settings["radius_m"], space, of_task)

    @classmethod
    def check_settings(cls, settings: Mapping[str, Any]) -> None:
        super().check_settings(settings)
        if settings["radius_m"] <= 0:
            raise ModelError("its radius_m must be over 0")

    @staticmethod
    def shapes(settings: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
        maps, dof, size = settings["maps"], len(settings["lower"]), coordinates_size(settings)
        return {"centres": (maps, size), "offsets": (maps, dof), "slopes": (maps, dof, size)}
