"""The table of paths: how far joints move from target to target along lines and circles, and how often they flip.

All solvers have the same paths (`path_sets`). A solver answers each target alone, or is handed its last answer if it
can use it, or gives several answers of which the nearest to the last one is taken (`solvers.selection`).
"""

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from emssl_bench.exceptions import CannotSolve
from emssl_bench.experiments import path_sets
from emssl_bench.experiments.curve import TrialStatus
from emssl_bench.experiments.solvers import models_by_task
from emssl_bench.joint_space import JointRange, JointSpace
from emssl_bench.methods.phases import busy_with
from emssl_bench.records import Record, Store, Trial, machine, model_files
from emssl_bench.records.settings import PathsSettings
from emssl_bench.records.settings.paths import ALONE, LAST, NEAREST
from emssl_bench.seeding import Seeds
from emssl_bench.shapes import JointAngles, Targets
from emssl_bench.solvers.contenders import contender
from emssl_bench.solvers.contenders.base import Contender
from emssl_bench.solvers.judge import brought_inside, judged
from emssl_bench.solvers.kinematics import Chain
from emssl_bench.solvers.selection import endless, moves, nearest_along
from emssl_bench.tasks import Task, task
from robots.spec import RobotSpec


def plan(
    solvers: Iterable[str],
    tasks: Iterable[str],
    shapes: Iterable[str],
    samples: Sequence[int],
    robot: RobotSpec,
    joint_range_deg: JointRange,
    count: int,
    step_m: float,
    flip_deg: float,
    seed: int,
    models: Sequence[Trial] = (),
) -> list[Trial]:
    """A trial for every solver, task, shape, and way from a target to the next.

    Args:
        solvers: names of `CONTENDERS`; one that needs a model is left out where there is none for this arm and task.
        tasks: names of tasks; a solver is left out of one that it does not have.
        shapes: names of `path_sets.SHAPES`.
        samples: how many answers the nearest is chosen among, of solvers that have several.
        robot: the arm.
        joint_range_deg: its limits.
        count: paths of a shape.
        step_m: between targets [m].
        flip_deg: a step in which a joint moves farther is a flip.
        seed: of the paths.
        models: trials whose models lie in the store; those of other arms or ranges are left out.
    """
    usable = models_by_task([(trained, None) for trained in models], robot, joint_range_deg)
    trials = []
    for task_name, shape, name in itertools.product(tasks, shapes, solvers):
        cls = contender(name)
        if task_name not in cls.tasks:
            continue
        for model, (way, count_of) in itertools.product(
            usable.get(task_name, []) if cls.needs_model else [None], _ways(cls, samples)
        ):
            settings = PathsSettings(
                solver=name,
                task=task_name,
                shape=shape,
                way=way,
                samples=count_of,
                count=count,
                step_m=step_m,
                flip_deg=flip_deg,
                joint_range_deg=joint_range_deg,
                model=model,
                robot_digest=robot.digest,
                device="cpu",
                threads=1,
            )
            trials.append(Trial(robot.name, seed, settings))
    return trials


def _ways(cls: type[Contender], samples: Sequence[int]) -> list[tuple[str, int]]:
    last = [(LAST, 1)] if cls.follow is not Contender.follow else []
    return [(ALONE, 1), *last, *((NEAREST, each) for each in samples if cls.draws)]


def run(
    trial: Trial, robot: RobotSpec, store: Store, workers: int, on_progress: Callable[[TrialStatus], None]
) -> tuple[Record, None]:
    """Measures one solver on the paths of a shape; one that cannot do it has no paths, and the reason."""
    settings = trial.settings
    assert isinstance(settings, PathsSettings)
    described, commit = machine.description(), machine.commit()
    space, of_task = JointSpace.of(robot, settings.joint_range_deg), task(settings.task)
    model = None
    if settings.model:
        model = model_files.load_on(store.model_of(settings.model["digest"]), robot)
    try:
        busy_with("choosing paths")
        drawn = Seeds(trial.seed).numpy(f"paths {settings.shape}")
        flip_rad = math.radians(settings.flip_deg)
        paths = path_sets.paths(settings.shape, robot, space, of_task, settings.count, settings.step_m, flip_rad, drawn)
        busy_with("building the solver")
        solver = contender(settings.solver)(robot, space, of_task, model)
        if settings.way == NEAREST and not solver.draws:
            raise CannotSolve("it has one answer to a target, so that none is nearer than another.")
    except CannotSolve as error:
        return Record(trial, "done", {"paths": 0}, error=str(error), machine=described, commit=commit), None
    chain = Chain.of(robot, space)
    around, answers = endless(chain), []
    for number, targets in enumerate(paths):
        busy_with("following paths", number / len(paths))
        answers.append(_answers(solver, targets, settings, around))
    metrics, tables = measured(chain, answers, paths, of_task, flip_rad)
    return Record(trial, "done", metrics, tables=tables, machine=described, commit=commit), None


def _answers(solver: Contender, targets: Targets, settings: PathsSettings, endless: np.ndarray) -> JointAngles:
    """Joint angles (n, dof) for the targets of a path, not a number where there is no answer."""
    if settings.way == NEAREST:
        return nearest_along(solver.solutions(targets, settings.samples), endless)
    if settings.way == ALONE:
        return solver.answers(targets)
    found, before = np.full((len(targets), solver.dof), np.nan), None
    for row, target in zip(found, targets, strict=True):
        answer = solver.answer(target) if before is None else solver.follow(target, before)
        if answer:
            row[:] = before = answer.joint_angles
    return found


def measured(
    chain: Chain, answers: Sequence[JointAngles], paths: Sequence[Targets], of_task: Task, flip_rad: float
) -> tuple[dict[str, float], Mapping[str, Mapping[str, list[Any]]]]:
    """What the answers to paths are worth, in all and path by path, and the joint angles along the first one.

    A step is between two targets that follow each other and both have an answer. A slide of a metre counts as a
    radian.

    Args:
        chain: the arm and its limits.
        answers: (n, dof) for each path, not a number where there is none.
        paths: (n, columns) of the task, each.
        of_task: the task.
        flip_rad: a step in which a joint moves farther is a flip.
    """
    inside = [brought_inside(chain, each) for each in answers]
    steps = [np.degrees(moves(each[:-1], each[1:], endless(chain)).max(axis=1)) for each in inside]
    steps = [each[np.isfinite(each)] for each in steps]
    flips = [int((each > math.degrees(flip_rad)).sum()) for each in steps]
    verdict = judged(chain, np.concatenate(answers), np.concatenate(paths), of_task)
    metrics: dict[str, float] = {
        "paths": len(paths),
        "targets": len(verdict.answered),
        "outside_rate": float((verdict.answered & ~verdict.inside).mean()),
        "no_answer_rate": float((~verdict.answered).mean()),
        "flips_mean": float(np.mean(flips)),
        "unflipped_rate": float(np.mean([not each for each in flips])),
    }
    if any(map(len, steps)):
        of_all = np.concatenate(steps)
        for name, share in (("median", 50), ("p95", 95), ("max", 100)):
            metrics[f"move_{name}_deg"] = float(np.percentile(of_all, share))
    if verdict.answered.any():
        for name, errors in (("error_{}_mm", verdict.error_mm), ("angle_{}_deg", verdict.error_deg)):
            of_answers = errors[verdict.answered]
            metrics[name.format("mean")], metrics[name.format("max")] = (
                of_answers.mean().item(),
                of_answers.max().item(),
            )
    by_path = {"flips": flips, "move_max_deg": [float(each.max(initial=0.0)) for each in steps]}
    return metrics, {"by_path": by_path, "first_path": _first_path(inside[0], paths[0])}


def _first_path(joint_angles: JointAngles, targets: Targets) -> dict[str, list[float]]:
    """Joint angles along a path, in degrees (of a slide: 57.3 a metre), where there are answers."""
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(targets[:, :3], axis=0), axis=1))])
    answered = np.isfinite(joint_angles).all(axis=1)
    columns = {f"joint_{place}_deg": np.degrees(each) for place, each in enumerate(joint_angles.T, 1)}
    return {name: each[answered].tolist() for name, each in {"along_cm": along * 100, **columns}.items()}
