"""Local linear models: the inverse kinematics is linear around every posture, and one-to-one there.

A target has many solutions, but around one posture a small movement of the end effector has one that moves the joints
least. So models are local in the joint angles, not in the targets: each is fitted, by weighted least squares of changes
of joint angles on changes of what is reached, to the labels around its posture. No mean of two branches comes of that.

A lookup fits a model of the arm at the label that is nearest to a target, when it is asked. Here models of the inverse
are fitted before, at every label or at fewer (`apart`).

Source: D'Souza, Vijayakumar & Schaal, "Learning inverse kinematics" (2001), with locally weighted projection
regression (Vijayakumar & Schaal, 2000). There models are added as the arm moves, and adapt their widths by gradient
descent. Here the distance of the last of so many labels is the width, and a label begins a model if it is not among
those nearest to the posture of another.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.spatial import KDTree

from emssl_bench.methods.base import Method, Problem, Progress, setting
from emssl_bench.methods.phases import busy_with
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.solvers.local_linear import LocalLinearSolver
from emssl_bench.solvers.neighbours import k_nearest, tree_of

_BLOCK = 1_000
"""Models fitted at a time, so that memory does not grow with them."""


@dataclass(frozen=True, kw_only=True)
class LocalLinear(Method):
    """Local linear models: how joint angles change with the target, around many postures."""

    title: ClassVar[str] = "Local linear models"
    of_task: ClassVar[Mapping[str, Mapping[str, Any]]] = {"pose": {"neighbours": 60}}

    neighbours: int = setting(12, "labels that a model is fitted to, those nearest to its posture", least=1)
    apart: int = setting(1, "labels around a posture that begin no model of their own, itself included", least=1)
    ridge_m: float = setting(0.003, "changes of what is reached below which a model trusts little [m]", above=0)

    @property
    def units(self) -> int:
        return 1

    def learn(self, problem: Problem) -> Iterator[Progress]:
        yield Progress(self._fitted(problem))

    @ordinary_numerics()
    def _fitted(self, problem: Problem) -> LocalLinearSolver:
        space, points = problem.joint_space, problem.task.coordinates(problem.targets)
        width = np.subtract(space.upper, space.lower)
        shares = problem.joint_angles / width
        tree = tree_of(shares)
        chosen = _far_apart(tree, min(self.apart, len(shares)))
        slopes = []
        for number, block in enumerate(blocks := np.array_split(chosen, -(-len(chosen) // _BLOCK))):
            busy_with("fitting models", number / len(blocks))
            slopes.append(self._slopes(block, shares, points, tree) * width[:, None])
        postures = {"joint_angles": problem.joint_angles[chosen], "targets": problem.targets[chosen]}
        return LocalLinearSolver({**postures, "slopes": np.concatenate(slopes)}, space, problem.task)

    def _slopes(self, chosen: np.ndarray, shares: np.ndarray, points: np.ndarray, tree: KDTree) -> np.ndarray:
        """The slopes (m, dof, k), in joint ranges, of models around the labels of these numbers (m,)."""
        distances, near = k_nearest(tree, shares[chosen], min(1 + self.neighbours, len(shares)))
        widths = np.maximum(distances[:, -1:], np.finfo(float).tiny)
        weights = np.exp(-2 * (distances / widths) ** 2)[..., None]
        turned, moved = (rows[near] - rows[chosen][:, None] for rows in (shares, points))
        weighted = (moved * weights).swapaxes(1, 2)
        ridge = self.ridge_m**2 * np.eye(points.shape[1])
        return np.linalg.solve(weighted @ moved + ridge, weighted @ turned).swapaxes(1, 2)


def _far_apart(tree: KDTree, apart: int) -> np.ndarray:
    """The numbers of samples of which none is among the `apart` nearest to one before it; first come, first served."""
    around = k_nearest(tree, tree.data, apart)[1]
    covered, chosen = np.zeros(tree.n, dtype=bool), []
    for sample in range(tree.n):
        if not covered[sample]:
            chosen.append(sample)
            covered[around[sample]] = True
    return np.array(chosen)
