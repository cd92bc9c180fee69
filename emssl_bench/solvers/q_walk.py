"""Walks to targets in small moves of one joint at a time, chosen by a network that values them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar, Self

import numpy as np

from emssl_bench.exceptions import CannotSolve, Diverged, ModelError
from emssl_bench.forward import ForwardModel
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.scaling import Normaliser
from emssl_bench.shapes import JointAngles, Solutions, Targets
from emssl_bench.solvers import saved_settings
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.network import shapes_of
from emssl_bench.tasks import Task, task

_MOST_STEPS, _MOST_LAYERS, _MOST_WIDTH = 10**6, 100, 10**6
"""Of a saved walk."""
_LEAST_SHARE = 0.02
"""A move is never less than this share of the longest."""


class QWalkSolver(Solver):
    """From the middle of the joint space, one joint moves at a time, and the arm says where that leads.

    A network values the 2 dof + 1 moves: to stay, and each joint up or down. The most valuable one is made. Moves are
    shorter near the target. The solution is the nearest of all places on the way; where the arm stays, the way ends.
    """

    queries_arm: ClassVar[bool] = True
    dtype: ClassVar[str] = "F32"

    def __init__(
        self,
        layers: Sequence[np.ndarray],
        inputs_scale: Normaliser,
        joints_scale: Normaliser,
        steps: int,
        longest: float,
        slowing_m: float,
        task: Task,
        forward: ForwardModel | None = None,
    ):
        """
        Args:
            layers: weights (outputs, inputs) and biases (outputs,) of each layer in turn, with ReLU between them.
            inputs_scale: of the task's features.
            joints_scale: of joint angles.
            steps: moves at most.
            longest: of a move, as a share of the joint's range.
            slowing_m: cost [m] below which moves get shorter in proportion to it.
            task: what a target is.
            forward: the arm; without it there are no solutions.
        """
        self.layers = [np.asarray(each) for each in layers]
        self.inputs_scale, self.joints_scale, self.task = inputs_scale, joints_scale, task
        self.steps, self.longest, self.slowing_m = steps, longest, slowing_m
        self.forward = forward
        self._width = np.subtract(joints_scale.upper, joints_scale.lower)

    def with_arm(self, forward: ForwardModel) -> "QWalkSolver":
        """The same solver on this arm."""
        own = self.steps, self.longest, self.slowing_m
        return QWalkSolver(self.layers, self.inputs_scale, self.joints_scale, *own, self.task, forward)

    @staticmethod
    def observation_size(dof: int, features: int) -> int:
        """Columns of what the network is given."""
        return dof + 3 * features

    def observed(self, targets: Targets, joint_angles: JointAngles, reached: Targets) -> np.ndarray:
        """What the network is given (n, observation_size): the target, the joint angles, what they reach, and the
        direction from there to the target, all within about [-1, 1]."""
        aims, there = (self.inputs_scale.normalise(self.task.features(each)) for each in (targets, reached))
        missing = aims - there
        direction = missing / np.maximum(np.linalg.norm(missing, axis=1, keepdims=True), 1e-9)
        joints = 2 * self.joints_scale.normalise(joint_angles) - 1
        return np.concatenate([aims, joints, there, direction], axis=1).astype(np.float32)

    def moved(self, moves: np.ndarray, joint_angles: JointAngles, costs_m: np.ndarray) -> JointAngles:
        """Joint angles (n, dof) [rad] after moves (n,): 0 stays, 2 j + 1 and 2 j + 2 turn joint j up and down.

        Args:
            moves: whole numbers from 0 to 2 dof.
            joint_angles: (n, dof) [rad], before.
            costs_m: (n,) [m], of where the arm is.
        """
        shares = self.longest * np.clip(costs_m / self.slowing_m, _LEAST_SHARE, 1)
        rows = np.flatnonzero(moves)
        joints, signs = (moves[rows] - 1) // 2, np.where(moves[rows] % 2, 1, -1)
        found = joint_angles.copy()
        found[rows, joints] += signs * shares[rows] * self._width[joints]
        return np.clip(found, self.joints_scale.lower, self.joints_scale.upper)

    @ordinary_numerics()
    def solve(self, targets: Targets, samples: int = 1) -> Solutions:
        """See `Solver.solve`; it has one solution of every target.

        Raises:
            CannotSolve: there is no arm to query.
            ShapeError: not (n, columns), or not finite.
            Diverged: the network's weights are not finite, or so large that its outputs are not.
        """
        if self.forward is None:
            raise CannotSolve(
                "it finds solutions by querying the arm at every step, and has no arm: with_arm() gives one."
            )
        rows = self.task.checked(targets)
        home = np.add(self.joints_scale.lower, self.joints_scale.upper)[None] / 2
        angles = home.repeat(len(rows), axis=0)
        reached = self.task.reached(self.forward, home).repeat(len(rows), axis=0)
        costs_m = self.task.cost_m(reached, rows)
        best, least_m, walking = angles.copy(), costs_m.copy(), np.arange(len(rows))
        for _ in range(self.steps):
            moves = self._valued(self.observed(rows[walking], angles[walking], reached[walking])).argmax(axis=1)
            walking, moves = walking[moves > 0], moves[moves > 0]
            if not len(walking):
                break
            angles[walking] = self.moved(moves, angles[walking], costs_m[walking])
            reached[walking] = self.task.reached(self.forward, angles[walking])
            costs_m[walking] = self.task.cost_m(reached[walking], rows[walking])
            nearer = costs_m < least_m
            best[nearer], least_m[nearer] = angles[nearer], costs_m[nearer]
        return best[:, None].repeat(samples, axis=1)

    def _valued(self, observations: np.ndarray) -> np.ndarray:
        """What each move is worth (n, 2 dof + 1); in double precision, so that no batch size changes a choice."""
        found = observations.astype(np.float64)
        for number in range(0, len(self.layers), 2):
            found = np.maximum(found, 0) if number else found
            found = found @ self.layers[number].T.astype(np.float64) + self.layers[number + 1]
        if not np.isfinite(found).all():
            raise Diverged("the network's outputs are not finite: its weights are not, or are much too large.")
        return found

    def saved(self) -> tuple[Mapping[str, np.ndarray], Mapping[str, Any]]:
        """The weights, and all else that the solutions follow from, but for the arm (`SavableSolver`)."""
        names = list(shapes_of(self._widths))
        return dict(zip(names, self.layers, strict=True)), {
            "task": self.task.text,
            "inputs_scale": asdict(self.inputs_scale),
            "joints_scale": asdict(self.joints_scale),
            "hidden_widths": list(self._widths[1:-1]),
            "steps": self.steps,
            "longest": self.longest,
            "slowing_m": self.slowing_m,
        }

    @property
    def _widths(self) -> tuple[int, ...]:
        return (self.layers[0].shape[1], *(len(bias) for bias in self.layers[1::2]))

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Self:
        """The solver of which `saved` gave these; it has no arm.

        Raises:
            ModelError: they are not what `saved` gives.
        """
        saved_settings.check_all(cls, arrays, settings)
        inputs_scale, joints_scale = map(saved_settings.scale, (settings["inputs_scale"], settings["joints_scale"]))
        own = settings["steps"], settings["longest"], settings["slowing_m"], task(settings["task"])
        return cls([np.array(arrays[name]) for name in cls.shapes(settings)], inputs_scale, joints_scale, *own)

    @classmethod
    def shapes(cls, settings: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
        """The weights that a network of these settings has, and their shapes."""
        dof, features = cls.dof(settings), task(settings["task"]).features_size
        return shapes_of((cls.observation_size(dof, features), *settings["hidden_widths"], 2 * dof + 1))

    @staticmethod
    def dof(settings: Mapping[str, Any]) -> int:
        """Joint angles in a solution of one with these settings."""
        return len(settings["joints_scale"]["lower"])

    @staticmethod
    def check_settings(settings: Mapping[str, Any]) -> None:
        """Raises:
        ModelError: something is missing, there is too much, or a value is of the wrong kind or impossible.
        """
        names = ("task", "inputs_scale", "joints_scale", "hidden_widths", "steps", "longest", "slowing_m")
        saved_settings.check(settings, names, {"steps": 1}, _MOST_STEPS)
        saved_settings.check_widths("hidden_widths", settings["hidden_widths"], _MOST_LAYERS, _MOST_WIDTH)
        joints = settings["joints_scale"]
        lower = joints.get("lower") if isinstance(joints, dict) else None
        dof = len(lower) if isinstance(lower, list | tuple) and lower else 1
        saved_settings.check_scale("joints_scale", joints, dof)
        saved_settings.check_scale("inputs_scale", settings["inputs_scale"], task(settings["task"]).features_size)
        if (joints["low"], joints["high"]) != (0, 1):
            raise ModelError("its joints_scale must be from low 0 to high 1")
        for name in ("longest", "slowing_m"):
            if type(settings[name]) not in (int, float) or not 0 < settings[name] <= 1e6:
                raise ModelError(f"its {name} must be a number over 0")

    @staticmethod
    def check_arrays(arrays: Mapping[str, np.ndarray]) -> None:
        """Raises:
        ModelError: weights are in another precision, or not finite.
        """
        for name, array in arrays.items():
            if array.dtype != np.float32 or not np.isfinite(array).all():
                raise ModelError(f"its {name} must be finite numbers in float32")
