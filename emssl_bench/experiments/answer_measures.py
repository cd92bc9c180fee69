"""What is measured of several solutions of every target, beside all solutions that there are."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from emssl_bench.exceptions import ShapeError
from emssl_bench.experiments import solution_sets
from emssl_bench.experiments.evaluation import Errors, summarised
from emssl_bench.experiments.references import Reference, revolute_joints
from emssl_bench.joint_space import JointSpace
from emssl_bench.records.settings import AnswersSettings
from emssl_bench.shapes import Solutions, Targets
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.kinematics import Chain, CompiledArm, joint_points
from emssl_bench.solvers.levenberg_marquardt import improved
from emssl_bench.tasks import Task
from robots.spec import RobotSpec

SAME_DEG = 1.0
"""How near a refined solution must be to a branch, in every joint, to be on it."""
DRAWN_TARGETS, DRAWN_SOLUTIONS, DRAWN_ARMS = 2, 64, 12
"""Of what a record keeps, so that solutions can be drawn."""


def solved(model: Solver, targets: Targets, samples: int, dof: int) -> Solutions:
    """The solutions (n, samples, dof) of a model that may be anybody's.

    Raises:
        ShapeError: they have another shape, or are not finite.
    """
    found = np.asarray(model.solve(targets.copy(), samples), dtype=float)
    if found.shape != (len(targets), samples, dof):
        raise ShapeError(
            f"solve must return (targets, samples, joints), {(len(targets), samples, dof)}, not {found.shape}."
        )
    if not np.isfinite(found).all():
        raise ShapeError("solve must return joint angles that are finite.")
    return found


@dataclass(frozen=True)
class Measured:
    """What is measured of solutions (n, samples, dof) of the targets of a reference set."""

    robot: RobotSpec
    task: Task
    settings: AnswersSettings
    reference: Reference

    @property
    def space(self) -> JointSpace:
        return JointSpace.of(self.robot, self.settings.joint_range_deg)

    @property
    def chain(self) -> Chain:
        return Chain.of(self.robot, self.space)

    def errors(self, solutions: Solutions, targets: Targets) -> Mapping[str, np.ndarray]:
        """All errors of all samples (n * samples,), and their cost, by name."""
        rows = np.ascontiguousarray(solutions.reshape(-1, solutions.shape[-1]))
        reached = self.task.reached(CompiledArm(self.chain), rows)
        errors = self.task.errors(reached, targets.repeat(solutions.shape[1], axis=0))
        return {**errors, self.task.cost: self.task.cost_cm(errors)}

    def of_samples(self, solutions: Solutions) -> dict[str, float]:
        """Of the samples one by one: their errors, and how many are outside the limits or on one."""
        limits = np.array(self.space.lower), np.array(self.space.upper)
        return {
            "targets": len(solutions),
            **summarised(Errors(self.errors(solutions, self.reference.targets), self.task.cost), self.task),
            "outside_rate": float(solution_sets.outside(solutions, *limits).mean()),
            "at_limit_rate": float(solution_sets.at_limit(solutions, *limits).mean()),
        }

    def jumps(self, solutions: Solutions, model: Solver) -> dict[str, float]:
        """How far the joint that moves most goes where the target moves a centimetre, sample number by sample number.

        Nothing where no target can be moved, or no joint turns.
        """
        there = np.isfinite(self.reference.needed_deg)
        revolute = revolute_joints(self.robot)
        if not (there.any() and revolute.any()):
            return {}
        after = solved(model, self.reference.moved[there], solutions.shape[1], self.robot.dof)
        moves_deg = solution_sets.largest_moves_deg(solutions[there], after, revolute)
        return {
            "jump_mean_deg": float(moves_deg.mean()),
            "jump_median_deg": float(np.median(moves_deg)),
            "jump_p95_deg": float(np.quantile(moves_deg, 0.95)),
            "jump_needed_median_deg": float(np.median(self.reference.needed_deg[there])),
        }

    def by_samples(self, solutions: Solutions) -> dict[str, list[float]]:
        """For each number of samples: the errors of the best, and how the set compares with the reference."""
        named = self.errors(solutions, self.reference.targets)
        errors = {name: values.reshape(solutions.shape[:2]) for name, values in named.items()}
        rows, curve = np.arange(len(solutions)), defaultdict(list)
        sets = [self._compared(*both) for both in zip(solutions, self.reference.solutions, strict=True)]
        for place, count in enumerate(self.settings.samples):
            best = solution_sets.best_of(errors[self.task.cost], count)
            curve["samples"].append(count)
            for name, values in errors.items():
                curve[name.format("best_mean")].append(float(values[rows, best].mean()))
                curve[name.format("best_median")].append(float(np.median(values[rows, best])))
            for name in sets[0]:
                curve[name].append(float(np.mean([of_target[name][place] for of_target in sets])))
        return dict(curve)

    def _compared(self, ours: np.ndarray, theirs: np.ndarray) -> dict[str, list[float]]:
        """Of one target, a value for each number of samples.

        Args:
            ours: the samples (samples, dof).
            theirs: the solutions (k, dof) of the reference.
        """
        counts, width = self.settings.samples, np.subtract(self.space.upper, self.space.lower)
        if self.task.oriented:
            distances, within = solution_sets.largest_turns_deg(ours, theirs), self.settings.within_deg
        else:
            distances, within = solution_sets.rms_shares(ours, theirs, width), self.settings.within_share
        found = {
            "recall": [solution_sets.recall(distances[:count], within) for count in counts],
            "precision": [solution_sets.precision(distances[:count], within) for count in counts],
        }
        if self.task.oriented:
            return found  # the reference is no sample of a distribution
        perfect = [solution_sets.halves(theirs, count) for count in counts]
        return {
            **found,
            "recall_ceiling": [
                solution_sets.recall(solution_sets.rms_shares(*both, width), within) for both in perfect
            ],
            "energy_distance": [solution_sets.energy_distance(ours[:count], theirs, width) for count in counts],
            "energy_distance_floor": [solution_sets.floor(theirs, count, width) for count in counts],
        }

    def refined(self, solutions: Solutions) -> tuple[dict[str, float], list[float]]:
        """How many samples least squares bring to their target; and the share of all solutions that is then covered,
        for each number of samples."""
        samples = solutions.shape[1]
        rows = np.clip(solutions.reshape(-1, self.robot.dof), self.space.lower, self.space.upper)
        targets = self.reference.targets.repeat(samples, axis=0)
        answers = improved(self.robot, self.space, self.task, targets, rows)
        reached, angles = answers.reached.reshape(-1, samples), answers.joint_angles.reshape(solutions.shape)
        within = SAME_DEG if self.settings.reference["kind"] == "branches" else self.settings.within_deg
        covered = []
        for mine, theirs, exact in zip(angles, self.reference.solutions, reached, strict=True):
            distances = solution_sets.largest_turns_deg(mine, theirs)
            covered.append([solution_sets.recall(distances[:k][exact[:k]], within) for k in self.settings.samples])
        return {"refined_success_rate": float(reached.mean())}, np.mean(covered, axis=0).tolist()

    def drawn(self, solutions: Solutions) -> dict[str, dict[str, list[float]]]:
        """Solutions of some targets, ours and the reference's, as joint angles and as arms: those with most of them."""
        most = np.argsort([-len(each) for each in self.reference.solutions], kind="stable")[:DRAWN_TARGETS]
        ours = [solutions[row][:DRAWN_SOLUTIONS] for row in most]
        theirs = [_spread(self.reference.solutions[row], DRAWN_SOLUTIONS) for row in most]
        tables = {}
        for name, sets in (("solutions", ours), ("reference_solutions", theirs)):
            columns = np.concatenate(sets).T.round(4).tolist()
            of_target = np.repeat(np.arange(1, len(sets) + 1), list(map(len, sets))).tolist()
            tables[name] = {"target": of_target, **{f"joint_{n}": values for n, values in enumerate(columns, start=1)}}
            tables[name.replace("solutions", "arms")] = self._arms(sets)
        return tables

    def _arms(self, sets: Sequence[np.ndarray]) -> dict[str, list[float]]:
        """The points of the first arms of each target, in the order of the joints."""
        parts = [
            (target, number, *point)
            for target, angles in enumerate(sets, start=1)
            for number, row in enumerate(_spread(angles, DRAWN_ARMS), start=1)
            for point in joint_points(self.chain, row).round(4)
        ]
        names = ("target", "solution", "x_m", "y_m", "z_m")
        return {name: [float(v) for v in values] for name, values in zip(names, zip(*parts, strict=True), strict=True)}


def _spread(rows: np.ndarray, most: int) -> np.ndarray:
    """So many of the rows at most, evenly from all of them."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int))]
