"""Table II and Fig. 6: how exact each method becomes, and how fast.

`plan` says which trials there are; `run` runs one.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from emssl_bench.data import Dataset
from emssl_bench.exceptions import UnknownName
from emssl_bench.experiments import evaluation
from emssl_bench.experiments.coverage import coverage
from emssl_bench.experiments.curve import LearningCurve, TrialStatus
from emssl_bench.experiments.resuming import Resuming
from emssl_bench.experiments.training import timed, train, validated
from emssl_bench.forward import Counted, open_forward
from emssl_bench.forward.chain import ChainArm, CountedChain
from emssl_bench.joint_space import JointRange, JointSpace, plain
from emssl_bench.methods import registry
from emssl_bench.methods.base import Method, Problem
from emssl_bench.methods.checkpoint import UNINTERRUPTED
from emssl_bench.methods.phases import busy_with
from emssl_bench.records import Record, Store, Trial, machine
from emssl_bench.records.settings.accuracy import AccuracySettings, EvaluatedOn
from emssl_bench.records.settings.base import Matmul
from emssl_bench.seeding import Seeds
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.best_of import BestOf
from emssl_bench.solvers.network_solver import NetworkSolver
from emssl_bench.tasks import task as task_of
from robots.spec import RobotSpec

BEST_OF = 32
"""Solutions a target that a stochastic solver is allowed in a second evaluation."""


@dataclass(frozen=True)
class Budget:
    """How much data and training every method gets."""

    train_samples: int
    test_samples: int
    method: Mapping[str, int]
    """Settings of every method that has them; what is not here keeps its default, Table I."""


BUDGETS = {
    "smoke": Budget(2_800, 1_200, {"iterations": 3, "epochs": 2}),
    "quick": Budget(14_000, 6_000, {"iterations": 15, "epochs": 5}),
    "paper": Budget(70_000, 30_000, {}),
}
OF_TASK = {"pose": {"quick": Budget(28_000, 12_000, {"iterations": 15, "epochs": 3})}}
"""Budgets of tasks that need others than positions: six dimensions have more room than three."""


def budget(name: str, task: str = AccuracySettings.task) -> Budget:
    """The budget of a name for a task.

    Raises:
        UnknownName: no budget of that name.
    """
    found = budgets(task)
    if name not in found:
        raise UnknownName("budget", name, found)
    return found[name]


def budgets(task: str) -> Mapping[str, Budget]:
    """All budgets of a task."""
    return {**BUDGETS, **OF_TASK.get(task_of(task).name, {})}


def configured(name: str, size: Budget | None, task: str, overrides: Mapping[str, Any]) -> Method:
    """A method with the settings that a budget and a task give it, where overrides do not give others."""
    shared = {key: value for key, value in size.method.items() if key in registry.settings_of(name)} if size else {}
    of_task = registry.method_class(name).of_task.get(task_of(task).name, {})
    return registry.configured(name, {**shared, **of_task, **overrides})


def plan(
    methods: Sequence[str],
    robot: RobotSpec,
    joint_ranges_deg: Sequence[JointRange],
    seeds: Sequence[int],
    size: Budget,
    overrides: Mapping[str, Mapping[str, Any]],
    forward: str = "bullet",
    device: str = "cpu",
    threads: int = 1,
    evaluated_on: EvaluatedOn = AccuracySettings.evaluated_on,
    task: str = AccuracySettings.task,
    matmul: Matmul = AccuracySettings.matmul,
) -> list[Trial]:
    """The trials of the product of methods, joint ranges and seeds.

    Args:
        methods: names in the registry.
        robot: the arm.
        joint_ranges_deg: half widths of the joint spaces [deg], or "limits": see `JointSpace.of`.
        seeds: base seeds, one trial each.
        size: the budget.
        overrides: settings by method name; they win over the budget's.
        forward: the forward model that methods sample from and are evaluated with.
        device: "cpu" or "cuda".
        threads: torch threads of a trial; part of the trial, since they change rounding.
        evaluated_on: the test set, or a fifth of the training samples: for choosing settings.
        task: the name of what targets are.
        matmul: what computes the matrix products of networks.

    Raises:
        UnknownName, InvalidValue: of methods, settings or joint ranges; before anything is run.
        MissingDependency: a method needs a package that is not installed.
    """
    for name in methods:
        registry.require_packages(name)
    trials, codes = [], {name: registry.code_of(name) for name in methods}
    for joint_range_deg, seed, name in itertools.product(joint_ranges_deg, seeds, methods):
        JointSpace.of(robot, joint_range_deg)
        method = configured(name, size, task, overrides.get(name, {}))
        trials.append(
            Trial(
                robot.name,
                seed,
                AccuracySettings(
                    method=name,
                    robot_digest=robot.digest,
                    joint_range_deg=plain(joint_range_deg),
                    train_samples=size.train_samples,
                    test_samples=size.test_samples,
                    forward=forward,
                    device=device,
                    threads=threads,
                    hyperparameters=asdict(method),
                    plugin=codes[name],
                    evaluated_on=evaluated_on,
                    task=task,
                    matmul=matmul,
                ),
            )
        )
    return trials


def run(
    trial: Trial, robot: RobotSpec, store: Store, workers: int, on_progress: Callable[[TrialStatus], None]
) -> tuple[Record, Solver]:
    """Trains and evaluates one method; the caller has set torch's threads.

    Args:
        trial: what to do.
        robot: the arm it is about.
        store: of the run; has the checkpoint of a trial that was interrupted.
        workers: processes of the forward model; they change no number.
        on_progress: called after each iteration.

    Returns:
        The record and the solver.

    Raises:
        Diverged: the training loss is no longer finite.
        ShapeError: the joint angles are no longer finite, outside the joint space, or not those asked for.
        MethodError: the method does not do what a `Method` does, or is of other code than the trial says.
        CheckpointError: the trial was interrupted, and what it left does not fit the method.
    """
    settings = trial.settings
    assert isinstance(settings, AccuracySettings)
    registry.require_code(settings.method, settings.plugin)
    seeds = Seeds(trial.seed)
    described, commit = machine.description(), machine.commit()  # of now, not of when the training ends
    method = registry.configured(settings.method, settings.hyperparameters)
    with closing(open_forward(settings.forward, robot, workers, settings.device)) as arm:
        space = JointSpace.of(robot, settings.joint_range_deg)
        busy_with("measuring the data")
        of_task = task_of(settings.task)
        data = Dataset.sample(arm, space, settings.train_samples, settings.test_samples, seeds, of_task)
        if settings.evaluated_on == "validation":
            data = data.validation()
        seen, targets = data.train if method.uses_joint_angles else data.train.unlabelled(), data.test_targets
        exact = ChainArm(robot).requires_grad_(False).to(settings.device) if method.differentiates_arm else None
        sampler = CountedChain(exact) if exact else Counted(arm)
        curve = LearningCurve(method.units, sampler, on_progress)
        resuming = Resuming(trial, store) if method.resumable else None
        checkpoint = resuming.checkpoint if resuming else UNINTERRUPTED
        if resuming and resuming.extra_state:
            curve.go_on(resuming.extra_state)

        answering = Counted(arm)  # apart from the queries of learning

        def errors_of(solver: Solver) -> evaluation.Errors:
            answering.calls = 0
            return evaluation.evaluate(solver.with_arm(answering), of_task, arm, targets, space)

        problem = Problem(seen, sampler, seeds, settings.device, checkpoint)
        learning = timed(validated(method.learn(problem), method.units), first=checkpoint.already + 1)
        *_, (progress, errors) = train(learning, errors_of, curve, resuming)
        solver = progress.solver
        metrics = {
            **evaluation.summarised(errors, of_task),
            "fit_seconds": curve.curve["fit_seconds"][-1],
            "forward_calls": sampler.calls,
            "forward_seconds": sampler.seconds,
            "labelled_samples": len(seen.targets) if method.uses_joint_angles else 0,
            **dict.fromkeys(("gradient_steps", "other_gradient_steps"), 0),
            **progress.costs,
        }
        if solver.queries_arm:
            metrics["queries_per_solution"] = answering.calls / len(targets)
        places = errors, of_task.positions(targets), robot.reach_bound_m
        tables = {
            "error_quantiles": evaluation.quantiles(errors),
            "error_map": evaluation.error_map(*places),
            "error_voxels": evaluation.error_voxels(*places),
        }
        if (directions := of_task.directions(targets)) is not None:
            tables["error_by_orientation"] = evaluation.error_by_orientation(errors, directions)
        if solver.stochastic:
            metrics |= errors_of(BestOf(solver, arm, BEST_OF)).means(f"best_of_{BEST_OF}")
        elif isinstance(solver, NetworkSolver):
            tables["coverage"] = coverage(solver, arm, seen.targets, targets, errors)
    record = Record(trial, "done", metrics, curve.curve, tables, machine=described, commit=commit)
    return record, solver
