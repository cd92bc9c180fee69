"""Goal babbling: an arm tries to reach targets with what little it knows, and learns from where it gets.

At first a function from targets to joint angles has the home posture everywhere. A body moves towards one target after
another, in small steps. At every step it does what the function says, plus noise that varies slowly, and what it
reaches becomes a sample of the function. With `weighted`, as published, a sample counts more if the arm moved in the
direction that was meant, and if its joints moved little for that; all alike are better on validation. Now and then the
body goes home, lest solutions drift.

The result is a lookup in all samples, as for `babbling`: what differs is where they are. With `answers=maps` it is the
function itself, as published. Samples keep to the few postures that the function has. There they lie denser than random
ones, and most targets are solved more exactly; where the function never gets to, nothing is near.

EMSSL (Algorithm 1) is goal babbling in batches, with a network for the function, and without noise, steps, weights and
home.

Source: Rolf, Steil & Gienger, "Goal babbling permits direct learning of inverse kinematics" (2010), and "Online goal
babbling for rapid bootstrapping of inverse models in high dimensions" (2011). Several bodies that share one function
are ours, so that an arm is queried for many at a time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from baselines.babbling import Babbling
from emssl_bench.methods.base import Problem, Progress, setting
from emssl_bench.methods.network_method import no_pairs
from emssl_bench.methods.phases import busy_with
from emssl_bench.numerics import ordinary_numerics
from emssl_bench.shapes import JointAngles, Targets
from emssl_bench.solvers.local_maps import LocalMaps
from emssl_bench.tasks.base import Features

_DRIFT = 0.1
"""How much noise changes at a step, as a share of it."""
_STEP_HOME = 0.05
"""On the way home, in joint ranges."""
_EFFICIENT_M_PER_RAD = 0.3
"""What the end effector moves for the joints' movement, from which on a sample counts in full."""
_TINY = 1e-12
"""Keeps quotients finite where nothing has moved."""


@dataclass(frozen=True, kw_only=True)
class GoalBabbling(Babbling):
    """Goal babbling: a lookup in queries on the way to targets, as many as EMSSL makes."""

    title: ClassVar[str] = "Goal babbling"
    resumable: ClassVar[bool] = True
    of_task: ClassVar[Mapping[str, Mapping[str, Any]]] = {"pose": {"radius_m": 0.15}}

    answers: Literal["lookup", "maps"] = setting("lookup", "where solutions come from: the samples, or the function")
    bodies: int = setting(32, "bodies that babble side by side, with one function", least=1)
    step_m: float = setting(0.02, "step towards a target [m]", above=0)
    noise: float = setting(0.03, "standard deviation of the noise, as a share of the joint range", least=0)
    home_chance: float = setting(0.1, "probability of going home instead of to the next target", least=0, below=1)
    weighted: bool = setting(False, "samples count by direction and efficiency, as published; if not, all alike")
    radius_m: float = setting(0.05, "distance over which one of the function's linear maps holds [m]", above=0)
    rate: float = setting(0.5, "share of its error that a sample takes away", above=0)

    def _iterate(self, problem: Problem, queries: int) -> Iterator[Progress]:
        bodies = _Bodies(self, problem)
        for _ in problem.checkpoint.iterations(self.iterations, *bodies.changing):
            busy_with("babbling")
            bodies.babble(queries)
            yield Progress(bodies.maps if self.answers == "maps" else self.of_pairs(problem, **bodies.pairs))


class _Bodies:
    """Bodies that babble side by side: what each of them does, what all have measured, and their function."""

    def __init__(self, method: GoalBabbling, problem: Problem):
        self._method, self._problem, self._task, self._space = method, problem, problem.task, problem.joint_space
        self._width = np.subtract(self._space.upper, self._space.lower)
        points = self._task.coordinates(problem.targets)
        self._middle, self._extent = points.mean(axis=0), max(_TINY, np.ptp(points, axis=0).max() / 2)
        self._random, self.pairs = problem.seeds.numpy("goals"), no_pairs(problem)
        self.maps = LocalMaps.none(len(self._middle), method.radius_m, self._space, self._task)
        names = ("joint_angles", "reached", "aim", "goal", "homing", "noise")
        self._each: dict[str, Any] = dict.fromkeys(names, np.empty(0))
        """By body: posture, what it reaches, the target of this step, and that of the path; whether it goes home
        instead; and its noise, an affine function of the aim."""
        self.changing = self._random, self.pairs, self.maps.arrays, self._each

    @ordinary_numerics()
    def babble(self, queries: int) -> None:
        """Makes so many queries, and learns from each."""
        left = queries
        if not len(self.pairs["targets"]):
            self._begin()
            left -= 1
        measured = [dict(self.pairs)]
        while left:
            measured.append(self._step(min(left, self._method.bodies)))
            left -= len(measured[-1]["targets"])
        self.pairs.update({name: np.concatenate([each[name] for each in measured]) for name in self.pairs})

    def _begin(self) -> None:
        """All are at home, the middle of the joint space, which is queried: the first of the pairs."""
        home, count = np.add(self._space.lower, self._space.upper)[None] / 2, self._method.bodies
        self.pairs.update({"joint_angles": home, "targets": self._problem.query(home)})
        self.maps.begin(self._task.coordinates(self.pairs["targets"]), home)
        at_home = self.pairs["targets"].repeat(count, axis=0)
        self._each.update(
            {
                "joint_angles": home.repeat(count, axis=0),
                **dict.fromkeys(("reached", "aim"), at_home),
                "goal": self._goals(count),
                "homing": np.zeros(count, dtype=bool),
                "noise": self._noise((count, self._space.dof, 1 + len(self._middle))),
            }
        )

    def _step(self, count: int) -> dict[str, np.ndarray]:
        """The first so many bodies move, and learn; returns the pairs that they measure."""
        each = {name: rows[:count] for name, rows in self._each.items()}
        home, at_home = (self.pairs[name][:1] for name in ("joint_angles", "targets"))
        aim, arrived = self._next_aims(each["aim"], each["goal"])
        homing, point = each["homing"], self._task.coordinates(aim)

        meant = self.maps.at(point) + self._noise_at(each["noise"], point) * self._width
        to_home = (home - each["joint_angles"]) / self._width
        far = np.maximum(1, np.linalg.norm(to_home, axis=1, keepdims=True) / _STEP_HOME)
        meant = np.where(homing[:, None], each["joint_angles"] + to_home / far * self._width, meant)
        joint_angles = np.clip(meant, self._space.lower, self._space.upper)
        reached = self._problem.query(joint_angles)

        weights = self._weights(each, joint_angles, reached, point)
        self.maps.learn(self._task.coordinates(reached), joint_angles, weights, self._method.rate)

        back = homing & (far[:, 0] == 1)
        ended = back | (arrived & ~homing)
        leaves = ended & ~back & (self._random.random(count) < self._method.home_chance)
        now = {
            "joint_angles": joint_angles,
            "reached": reached,
            "aim": np.where(back[:, None], at_home, aim),
            "goal": np.where(ended[:, None], self._goals(count), each["goal"]),
            "homing": (homing & ~back) | leaves,
            "noise": (each["noise"] + _DRIFT * self._noise(each["noise"].shape)) / np.hypot(1, _DRIFT),
        }
        self._each.update({name: np.concatenate([rows, self._each[name][count:]]) for name, rows in now.items()})
        return {"joint_angles": joint_angles, "targets": reached}

    def _next_aims(self, aims: Targets, goals: Targets) -> tuple[Targets, np.ndarray]:
        """A step on the ways (n, columns) from aims to goals, and at which of them (n,) it arrives."""
        left = np.linalg.norm(self._task.coordinates(goals) - self._task.coordinates(aims), axis=1)
        steps = np.maximum(1, left / self._method.step_m)
        return self._task.between(aims, goals, 1 / steps), steps == 1

    def _weights(
        self, before: Mapping[str, np.ndarray], joint_angles: JointAngles, reached: Targets, aim: Features
    ) -> np.ndarray:
        """What samples (n,) count: by how far the end effector has moved for the movement of the joints, and by how
        much of that was in the direction that was meant."""
        if not self._method.weighted:
            return np.ones(len(reached))
        moved, meant = (
            there - self._task.coordinates(before[name])
            for name, there in (("reached", self._task.coordinates(reached)), ("aim", aim))
        )
        turned = np.linalg.norm(joint_angles - before["joint_angles"], axis=1)
        length, meant_length = np.linalg.norm(moved, axis=1), np.linalg.norm(meant, axis=1)
        efficiency = np.minimum(1, length / np.maximum(_EFFICIENT_M_PER_RAD * turned, _TINY))
        direction = (1 + (moved * meant).sum(axis=1) / np.maximum(length * meant_length, _TINY)) / 2
        return efficiency * np.where(before["homing"], 1, direction)

    def _goals(self, count: int) -> Targets:
        return self._problem.targets[self._random.integers(len(self._problem.targets), size=count)]

    def _noise(self, shape: tuple[int, ...]) -> np.ndarray:
        return self._method.noise * self._random.normal(size=shape)

    def _noise_at(self, noise: np.ndarray, points: Features) -> np.ndarray:
        """The noise (n, dof) of bodies at points (n, k), in joint ranges."""
        scaled = (points - self._middle) / self._extent
        return noise[:, :, 0] + np.einsum("nqk,nk->nq", noise[:, :, 1:], scaled)
