"""The loop of every trial: learn, stop the clock, evaluate, keep a checkpoint; then save the solver.

`run_trial` is all that a trial's process does; `engine/driver.py` writes the record. `train` is the loop itself, which
every experiment that trains uses.
"""

import itertools
import math
import operator
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import torch

from emssl_bench.exceptions import CheckpointError, Diverged, MethodError, ModelError, NotFinite, ShapeError
from emssl_bench.experiments import experiment
from emssl_bench.experiments.curve import LearningCurve, TrialStatus
from emssl_bench.experiments.evaluation import Errors
from emssl_bench.experiments.resuming import Resuming
from emssl_bench.methods.base import Progress
from emssl_bench.methods.phases import busy_with
from emssl_bench.records import Record, Store, Trial, model_files
from emssl_bench.solvers import products
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.network_solver import NetworkSolver
from robots.spec import RobotSpec


def run_trial(
    trial: Trial, robot: RobotSpec, store: Store, workers: int, on_progress: Callable[[TrialStatus], None]
) -> Record:
    """Runs a trial, from its checkpoint where it was interrupted, and saves its solver; the record is the caller's.

    Raises:
        RecordError: the solver cannot be written.
        MissingDependency: matrix products cannot be computed as the trial says.
        EmsslBenchError: whatever ends the trial.
    """
    torch.set_num_threads(trial.settings.threads)
    products.use("onednn" if trial.settings.by_onednn else "default")
    torch.set_flush_denormal(True)  # denormals in Adam's moments slow it down
    run = experiment(trial.experiment).run
    try:
        record, solver = run(trial, robot, store, workers, on_progress)
    except CheckpointError as error:
        warnings.warn(f"starts over: {error}", stacklevel=1)
        store.remove_checkpoint(trial)
        record, solver = run(trial, robot, store, workers, on_progress)
    if solver is None:
        return record
    try:
        model_files.put(solver, trial, store, robot, record.metrics)
    except ModelError as error:
        warnings.warn(f"its model is not kept: {error}", stacklevel=1)
        return record
    return replace(record, model=str(store.model_path(trial).relative_to(store.folder)))


def train(
    learning: Iterator[tuple[Progress, float]],
    evaluate: Callable[[Solver], Errors],
    curve: LearningCurve,
    resuming: Resuming | None = None,
    *,
    extra_state: Callable[[], Mapping[str, Any]] = dict,
    ends: Callable[[Sequence[float]], bool] = lambda costs_cm: False,
) -> Iterator[tuple[Progress, Errors]]:
    """Yields every progress and the errors of its solver, then keeps what the next iteration needs.

    Args:
        learning: what the method yields, with the seconds that it has spent (`timed`).
        evaluate: the errors of a solver, on test or validation targets.
        curve: takes up a point an iteration.
        resuming: where a checkpoint is kept, if the method can go on from one.
        extra_state: what is kept beside the checkpoint, asked for after the caller has seen the iteration.
        ends: whether training ends after mean costs [cm] so far, one an iteration.
    """
    while not ends(curve.costs_cm) and (learned := next(learning, None)):
        progress, seconds = learned
        busy_with("evaluating")
        errors = evaluate(progress.solver)
        curve.add(progress, errors.means(), seconds)
        yield progress, errors
        if resuming and not (curve.complete or ends(curve.costs_cm)):
            resuming.save(**curve.state(), **extra_state())


def timed(learning: Iterator[Progress], first: int = 1) -> Iterator[tuple[Progress, float]]:
    """Each progress with the seconds spent learning so far: the clock stands while the harness evaluates.

    Args:
        learning: what is timed.
        first: the number of its first iteration, to say where it went wrong.

    Raises:
        Diverged: the loss, the network's weights or its solutions are no longer finite; says in which iteration.
        MethodError: it queries the arm with, or makes, an array of the wrong shape or with impossible numbers; says in
            which iteration.
    """
    seconds = 0.0
    for iteration in itertools.count(first):
        resumed = time.perf_counter()
        try:
            progress = next(learning, None)
        except (Diverged, NotFinite) as error:
            raise Diverged(f"in iteration {iteration}: {error}") from error
        except ShapeError as error:
            raise MethodError(f"in iteration {iteration}: {error}") from error
        seconds += time.perf_counter() - resumed
        if progress is None:
            return
        if progress.loss is not None and not math.isfinite(progress.loss):
            raise Diverged(f"the training loss is {progress.loss} in iteration {iteration}.")
        solver = progress.solver
        if isinstance(solver, NetworkSolver) and not all(p.isfinite().all() for p in solver.network.parameters()):
            raise Diverged(f"the network's weights are no longer finite in iteration {iteration}.")
        yield progress, seconds


def validated(learning: object, most: int, function: Literal["learn", "adapt"] = "learn") -> Iterator[Progress]:
    """What a method's `learn` or `adapt` yields, once it is known to be what it should: the method may be anybody's.

    Args:
        learning: what the function returned.
        most: how often it may yield, so that one without end is noticed.
        function: which of the two it is, for messages.

    Raises:
        MethodError: it is no iterator, yields nothing, too much, or something else than Progress.
    """
    if not isinstance(learning, Iterator):
        raise MethodError(f"{function} must be a generator of Progress, it returned {type(learning).__name__}.")
    iteration = 0
    for iteration, progress in enumerate(learning, start=1):
        if iteration > most:
            raise MethodError(f"{function} yielded more often than its units allow, {most} times.")
        if not isinstance(progress, Progress):
            raise MethodError(f"{function} must yield Progress, not {type(progress).__name__}.")
        if not isinstance(progress.solver, Solver):
            raise MethodError(
                f"{function} must yield a Solver with solve(targets), {type(progress.solver).__name__} is none."
            )
        yield _plain(progress)
    if not iteration:
        raise MethodError(f"{function} ended without a Progress.")


def _plain(progress: Progress) -> Progress:
    """With numbers that JSON can hold: NumPy's will do, anything else will not."""
    try:
        costs = {str(name): operator.index(cost) for name, cost in progress.costs.items()}
        return replace(progress, costs=costs, loss=None if progress.loss is None else float(progress.loss))
    except (TypeError, ValueError, AttributeError):
        found = repr((progress.costs, progress.loss))[:120]
        raise MethodError(f"Progress takes costs that are whole numbers by name, and a loss, not {found}.") from None
