"""Runs trials side by side, each in a process of its own, and keeps each result as soon as it is there."""

import os
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Protocol

from emssl_bench.exceptions import MOST_IN_A_LINE, EmsslBenchError, RecordError, error_line
from emssl_bench.experiments.curve import TrialStatus
from emssl_bench.methods.phases import Phase, phases_told_to
from emssl_bench.records import Record, Store, Trial
from emssl_bench.system.processes import PythonProcess
from emssl_bench.system.signals import ENDING, Deferred
from robots.spec import RobotSpec

_OUR_OWN_END_SECONDS = 1.0
"""So long after a trial's process was ended by a signal that ends commands, it may be that this one gets it too."""

_LOOK_SECONDS = 10.0
"""So often processes are looked at that say nothing: what a plug-in forks keeps the pipe of a dead trial open."""


class Display(Protocol):
    """Shows how the trials are doing. One that has `phased(trial, phase)`, too, is told of what goes on before the
    first iteration and between them."""

    def started(self, trial: Trial) -> None: ...
    def progressed(self, trial: Trial, status: TrialStatus) -> None: ...
    def warned(self, trial: Trial, text: str) -> None: ...
    def ended(self, record: Record) -> None: ...


@dataclass(frozen=True)
class _Said:
    """What a trial's store has to say to the user."""

    text: str


@dataclass(frozen=True)
class _Job:
    trial: Trial
    process: PythonProcess
    had_result: bool
    """Whether the store had a result before; then one that is there tells nothing of how this went."""


def run_trials(
    trials: Sequence[Trial],
    robot: RobotSpec | Sequence[RobotSpec],
    store: Store,
    jobs: int,
    workers: int,
    display: Display,
) -> list[Record]:
    """Runs the trials and returns their records, failed ones among them.

    A trial's process that dies is a failed trial; the others go on. Ctrl-C, or an error of the display, ends all of
    them at whatever moment it comes, and what had finished stays; a trial that ends because of that has not failed.

    Args:
        trials: what to run; what the store already has is the caller's to leave out.
        robot: the arm of all of them, or the arms among which each finds its own.
        store: where each record goes at once.
        jobs: trials at a time.
        workers: forward-model processes of each.
        display: told of everything.

    Raises:
        RecordError: a result cannot be written, by a full disk for instance; no trial is begun or goes on.
    """
    robots = [robot] if isinstance(robot, RobotSpec) else robot
    arms = [_arm_of(trial, robots) for trial in trials]  # found before anything is started
    waiting, running, records = list(zip(trials, arms, strict=True)), [], []
    with ExitStack() as last:
        last.callback(_end, running)  # again, should an interruption come before the first can begin
        signals = last.enter_context(Deferred())
        last.callback(_end, running)
        while waiting or running:
            while waiting and len(running) < jobs:
                trial, arm = waiting.pop(0)
                with signals.held():
                    running.append(_started(trial, arm, store, workers))
                display.started(trial)
            wait([job.process.connection for job in running], _LOOK_SECONDS)
            for job in list(running):
                record = _heard(job, store, display)
                if record is not None:
                    running.remove(job)
                    records.append(record)
                    display.ended(record)
    return records


def _arm_of(trial: Trial, robots: Sequence[RobotSpec]) -> RobotSpec:
    if len(robots) == 1:
        return robots[0]
    digest = trial.settings["robot_digest"]
    return next(robot for robot in robots if (robot.name, robot.digest) == (trial.robot, digest))


def _end(jobs: Sequence[_Job]) -> None:
    """Ends the processes that still run."""
    for job in jobs:
        job.process.kill()
    for job in jobs:
        job.process.close()


def _started(trial: Trial, robot: RobotSpec, store: Store, workers: int) -> _Job:
    threads = {name: str(trial.settings["threads"]) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    process = PythonProcess.ending_with_parent(
        _work,
        (trial, robot, store.folder, workers),
        f"emssl-bench {trial.label}",
        environment={**threads, "OMP_WAIT_POLICY": "PASSIVE"},  # OpenMP reads them when it is loaded
        may_print=True,
    )
    return _Job(trial, process, store.done(trial))


def _heard(job: _Job, store: Store, display: Display) -> Record | None:
    """Passes on what the job's process has said; its record once it has ended."""
    ended = not job.process.is_alive()  # asked first: what it said before it ended is in the pipe
    said = []
    try:
        while job.process.connection.poll():
            said.append(job.process.connection.recv())
    except (EOFError, OSError):
        ended = True
    for message in said:  # errors of the display are none of the pipe's
        if isinstance(message, Record):
            job.process.close()
            return message
        _pass_on(message, job.trial, store, display)
    if not ended:
        return None
    job.process.close()
    if -(job.process.exitcode or 0) in ENDING:
        time.sleep(_OUR_OWN_END_SECONDS)  # all of a process group, perhaps: then what comes here ends the run
    if not job.had_result and (found := store.find(job.trial)) and found.status == "done":
        return found  # it ended between writing and telling
    reason = f"its process ended with exit code {job.process.exitcode} before it had a result"
    record = Record(job.trial, "failed", error=reason)
    store.save(record)
    return record


def _pass_on(message: object, trial: Trial, store: Store, display: Display) -> None:
    if isinstance(message, RecordError):
        raise RecordError(f"{message} The run ends; what had finished is kept, run again to go on.")
    if isinstance(message, TrialStatus):
        display.progressed(trial, message)
    elif isinstance(message, Phase):
        if phased := getattr(display, "phased", None):
            phased(trial, message)
    elif isinstance(message, _Said):
        store.tell(message.text)
    else:
        display.warned(trial, str(message))


def _work(connection: Connection, trial: Trial, robot: RobotSpec, folder: Path, workers: int) -> None:
    """The body of a trial's process."""
    lock = threading.Lock()

    def tell(message: object) -> None:
        """Ends this process where nobody listens any more: that is no failure of the trial."""
        try:
            with lock:
                connection.send(message)
        except OSError:
            os._exit(1)

    warnings.simplefilter("always", UserWarning)  # a second worker that dies is news too
    warnings.showwarning = lambda message, *_, **__: tell(str(message))
    phases_told_to(tell)
    store = Store(folder, lambda text: tell(_Said(text)))
    try:
        record = _result(tell, trial, robot, store, workers)
        store.save(record)
        tell(record)
    except RecordError as error:  # what cannot be kept need not be computed: the run ends
        tell(error)


def _result(tell: Callable[[object], None], trial: Trial, robot: RobotSpec, store: Store, workers: int) -> Record:
    """The trial's record, whatever became of it.

    Raises:
        RecordError: its model cannot be written.
    """
    try:
        from emssl_bench.experiments.training import run_trial

        return run_trial(trial, robot, store, workers, tell)
    except RecordError:
        raise
    except EmsslBenchError as error:
        return Record(trial, "failed", error=error_line(error, MOST_IN_A_LINE))
    except Exception:
        return Record(trial, "failed", error=traceback.format_exc())
