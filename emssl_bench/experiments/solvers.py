"""The table of solvers: how often each reaches its targets, how exactly, and how much CPU time that takes.

Every trial has a process of its own and is measured alone. Answers are judged by one float64 forward model, and times
are CPU time of the whole process, so that a solver's own threads count. Building a solver and its first answer, which
may compile, are timed apart.
"""

import itertools
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from emssl_bench.exceptions import CannotSolve
from emssl_bench.experiments import target_sets
from emssl_bench.experiments.curve import TrialStatus
from emssl_bench.joint_space import JointRange, JointSpace
from emssl_bench.methods.phases import busy_with
from emssl_bench.records import Record, Store, Trial, machine, model_files
from emssl_bench.records.settings import SolversSettings
from emssl_bench.seeding import Seeds
from emssl_bench.shapes import Targets
from emssl_bench.solvers.contenders import contender
from emssl_bench.solvers.contenders.base import Answer, Contender
from emssl_bench.solvers.judge import Verdict, judged
from emssl_bench.solvers.kinematics import Chain
from emssl_bench.tasks import POSITION, task
from robots.spec import RobotSpec

SUCCESS = {"10mm": (10.0, 5.0), "5mm": (5.0, 2.0), "1mm": (1.0, 1.0), "0.1mm": (0.1, 0.1)}
"""Bounds of success: millimetres, and degrees where targets have an orientation."""
BATCHES = (32, 1024, 10_000)
_LEVELS = ("1mm", "0.1mm")
_POINTS = 101
"""Of the curve of success against time."""
_WARM_UP = 3


def plan(
    solvers: Iterable[str],
    tasks: Iterable[str],
    sets: Iterable[str],
    robot: RobotSpec,
    joint_range_deg: JointRange,
    count: int,
    cpu_seconds: float,
    seed: int,
    models: Sequence[tuple[Trial, float | None]] = (),
) -> list[Trial]:
    """A trial for every solver, task and set of targets.

    Args:
        solvers: names of `CONTENDERS`; one that needs a model is left out where there is none for this arm and task.
        tasks: names of tasks; a solver is left out of one that it does not have.
        sets: names of `TARGET_SETS`.
        robot: the arm.
        joint_range_deg: its limits.
        count: targets.
        cpu_seconds: for answers to one target at a time.
        seed: of the targets.
        models: trials whose models lie in the store, with their queries of the arm where they are known; those of
            other arms or ranges are left out.
    """
    here = machine.digest()
    usable = models_by_task(models, robot, joint_range_deg)
    trials = []
    for task_name, targets, name in itertools.product(tasks, sets, solvers):
        cls = contender(name)
        if task_name not in cls.tasks:
            continue
        trials += [
            Trial(
                robot.name,
                seed,
                SolversSettings(
                    solver=name,
                    task=task_name,
                    targets=targets,
                    count=count,
                    cpu_seconds=cpu_seconds,
                    joint_range_deg=joint_range_deg,
                    model=model,
                    machine=here,
                    robot_digest=robot.digest,
                    device="cpu",
                    threads=1,
                ),
            )
            for model in (usable.get(task_name, []) if cls.needs_model else [None])
        ]
    return trials


def models_by_task(
    models: Iterable[tuple[Trial, float | None]], robot: RobotSpec, joint_range_deg: JointRange
) -> dict[str, list[dict[str, Any]]]:
    """What the settings of a trial hold of trained models of an arm and a joint range, by the name of their task.

    Args:
        models: trials, each with the queries of the arm that its training made, if they are to be held.
        robot: the arm; models of others are left out.
        joint_range_deg: its limits; likewise.
    """
    usable: dict[str, list[dict[str, Any]]] = {}
    for trained, queries in models:
        settings = trained.settings
        if (settings.arm_digest, getattr(settings, "joint_range_deg", None)) == (robot.digest, joint_range_deg):
            described = {"digest": trained.digest, "method": trained.name}
            own = described if queries is None else {**described, "queries": queries}
            usable.setdefault(task(getattr(settings, "task", POSITION.name)).name, []).append(own)
    return usable


def run(
    trial: Trial, robot: RobotSpec, store: Store, workers: int, on_progress: Callable[[TrialStatus], None]
) -> tuple[Record, None]:
    """Measures one solver on one set of targets; one that cannot solve the arm has no targets, and the reason."""
    settings = trial.settings
    assert isinstance(settings, SolversSettings)
    described, commit = machine.description(), machine.commit()
    space, of_task = JointSpace.of(robot, settings.joint_range_deg), task(settings.task)
    busy_with("choosing targets")
    drawn = Seeds(trial.seed).numpy(f"solvers {settings.targets}")
    drawn_count = max(settings.count, *BATCHES)  # so that batches are full
    all_targets = target_sets.targets(settings.targets, robot, space, of_task, drawn_count, drawn)
    targets = all_targets[: settings.count]
    model = None
    if settings.model:
        model = model_files.load_on(store.model_of(settings.model["digest"]), robot)
    busy_with("building the solver")
    start = time.process_time()
    try:
        solver = contender(settings.solver)(robot, space, of_task, model)
    except CannotSolve as error:
        return Record(trial, "done", {"targets": 0}, error=str(error), machine=described, commit=commit), None
    built = time.process_time() - start
    busy_with("solving")
    metrics, answers, seconds = _one_at_a_time(solver, targets, settings.targets == "path", settings.cpu_seconds)
    rows = np.array([_angles(answer, robot.dof) for answer in answers])
    verdict = judged(Chain.of(robot, space), rows, targets[: len(answers)], of_task)
    metrics |= {"built_seconds": built, **_judged(verdict, answers), **_told(answers)}
    metrics |= _in_batches(solver, all_targets, float(np.median(seconds)), settings.cpu_seconds)
    own = settings.model.get("queries") if settings.model else solver.training_queries
    if own:
        metrics["training_queries"] = own
    tables = {"solved": _solved(verdict, seconds)}
    return Record(trial, "done", metrics, tables=tables, machine=described, commit=commit), None


def _one_at_a_time(
    solver: Contender, targets: Targets, follow: bool, cpu_seconds: float
) -> tuple[dict[str, float], list[Answer | None], np.ndarray]:
    """Answers to the targets, one after the other, with the CPU seconds of each; and what they took."""
    clock, answers, nanoseconds = time.process_time_ns, [], []
    start = clock()
    solver.answer(targets[0])
    first = clock() - start
    for target in targets[:_WARM_UP]:
        solver.answer(target)
    begun, before = clock(), None
    for target in targets:
        start = clock()
        answer = solver.answer(target) if before is None else solver.follow(target, before)
        nanoseconds.append(clock() - start)
        answers.append(answer)
        if follow and answer:
            before = answer.joint_angles
        if clock() - begun > cpu_seconds * 1e9:
            break
    seconds = np.array(nanoseconds) / 1e9
    return (
        {
            "targets": len(answers),
            "first_seconds": first / 1e9,
            "one_seconds_median": float(np.median(seconds)),
            "one_seconds_p95": float(np.percentile(seconds, 95)),
            "one_seconds_mean": float(seconds.mean()),
        },
        answers,
        seconds,
    )


def _in_batches(solver: Contender, targets: Targets, one: float, cpu_seconds: float) -> dict[str, float]:
    """CPU seconds a target in batches, the median of some rounds; sizes that would take too long are left out."""
    found = {}
    for size in BATCHES:
        if one * size > cpu_seconds:
            continue
        taken: list[float] = []
        begun = time.process_time()
        while len(taken) < 3 or (len(taken) < 30 and time.process_time() - begun < cpu_seconds / 4):
            first = len(taken) * size % (len(targets) - size + 1)
            start = time.process_time_ns()
            solver.answers(targets[first : first + size])
            taken.append((time.process_time_ns() - start) / 1e9 / size)
        found[f"batch_{size}_seconds"] = float(np.median(taken))
    return found


def _angles(answer: Answer | None, dof: int) -> np.ndarray:
    return np.full(dof, np.nan) if answer is None else np.asarray(answer.joint_angles, dtype=float)


def _judged(verdict: Verdict, answers: Sequence[Answer | None]) -> dict[str, float]:
    """Shares of successes, of wrong claims and of no answer, and the errors of the answers."""
    claimed = np.array([bool(answer and answer.claimed) for answer in answers])
    metrics = {f"success_rate_{name}": float(verdict.within(*bounds).mean()) for name, bounds in SUCCESS.items()}
    metrics["outside_rate"] = float((verdict.answered & ~verdict.inside).mean())
    metrics["no_answer_rate"] = float((~verdict.answered).mean())
    if any(answer and answer.claimed is not None for answer in answers):
        metrics["claimed_wrong_rate"] = float((claimed & ~verdict.within(*SUCCESS["1mm"])).mean())
    if verdict.answered.any():
        for name, errors in (("error_{}_mm", verdict.error_mm), ("angle_{}_deg", verdict.error_deg)):
            of_answers = errors[verdict.answered]
            metrics[name.format("mean")] = float(of_answers.mean())
            metrics[name.format("median")] = float(np.median(of_answers))
            metrics[name.format("p95")] = float(np.percentile(of_answers, 95))
            metrics[name.format("max")] = float(of_answers.max())
    return metrics


def _told(answers: Sequence[Answer | None]) -> dict[str, float]:
    """What solvers tell of their work: iterations, tries, queries of the arm."""
    given = [answer for answer in answers if answer]
    metrics = {}
    for name in ("steps", "tries", "queries"):
        told = [value for answer in given if (value := getattr(answer, name)) is not None]
        if told:
            metrics[f"{name}_mean"] = float(np.mean(told))
    for place, level in enumerate(_LEVELS):
        queries = [answer.queries_to[place] for answer in given if answer.queries_to]
        reached = [count for count in queries if math.isfinite(count)]
        if reached:
            metrics |= {
                f"queries_to_{level}_mean": float(np.mean(reached)),
                f"queries_to_{level}_median": float(np.median(reached)),
                f"queries_to_{level}_p95": float(np.percentile(reached, 95)),
                f"queries_to_{level}_rate": len(reached) / len(queries),
            }
    return metrics


def _solved(verdict: Verdict, seconds: np.ndarray) -> Mapping[str, list[Any]]:
    """The share of targets that are solved to 0.1 mm within so many CPU seconds each."""
    good = np.sort(seconds[verdict.within(*SUCCESS["0.1mm"])])
    if not len(good):
        return {"cpu_seconds": [float(seconds.min())], "share": [0.0]}
    places = np.unique(np.linspace(0, len(good) - 1, _POINTS).astype(int))
    return {"cpu_seconds": good[places].tolist(), "share": ((places + 1) / len(seconds)).tolist()}
