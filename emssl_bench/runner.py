"""Runs trials side by side, each in a process of its own, and keeps each result as soon as it is there."""

import multiprocessing
import os
import threading
import traceback
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Protocol

from emssl_bench.errors import CheckpointError, EmsslBenchError, ModelError, RecordError
from emssl_bench.experiments.progress import Standing
from emssl_bench.records import Record, Store, Trial
from robots.spec import RobotSpec

_spawning = multiprocessing.get_context("spawn")  # forking a process that has used torch hangs


class Display(Protocol):
    """Shows how the trials are doing."""

    def started(self, trial: Trial) -> None: ...
    def progressed(self, trial: Trial, standing: Standing) -> None: ...
    def warned(self, trial: Trial, text: str) -> None: ...
    def ended(self, record: Record) -> None: ...


@dataclass(frozen=True)
class _Job:
    trial: Trial
    process: BaseProcess
    connection: Connection


def run_trials(
    trials: Sequence[Trial], robot: RobotSpec, store: Store, jobs: int, workers: int, display: Display
) -> list[Record]:
    """Runs the trials and returns their records, failed ones among them.

    A trial's process that dies is a failed trial; the others go on. Ctrl-C ends all of them, and what had
    finished stays.

    Args:
        trials: what to run; what the store already has is the caller's to leave out.
        robot: the arm of all of them.
        store: where each record goes at once.
        jobs: trials at a time.
        workers: forward-model processes of each.
        display: told of everything.

    Raises:
        RecordError: a result cannot be written, by a full disk for instance; no trial is begun or goes on.
    """
    waiting, running, records = list(trials), [], []
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                running.append(_started(waiting.pop(0), robot, store, workers, display))
            wait([handle for job in running for handle in (job.connection, job.process.sentinel)])
            for job in list(running):
                record = _heard(job, store, display)
                if record is not None:
                    running.remove(job)
                    records.append(record)
                    display.ended(record)
    finally:
        for job in running:
            job.process.kill()
            job.process.join()
    return records


def _started(trial: Trial, robot: RobotSpec, store: Store, workers: int, display: Display) -> _Job:
    ours, theirs = _spawning.Pipe()
    arguments = (theirs, trial, robot, store.folder, workers)
    process = _spawning.Process(target=_work, args=arguments, name=f"emssl-bench {trial.label}")
    threads = {name: str(trial.settings["threads"]) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    with _environment({**threads, "OMP_WAIT_POLICY": "PASSIVE"}):
        process.start()
    theirs.close()
    display.started(trial)
    return _Job(trial, process, ours)


def _heard(job: _Job, store: Store, display: Display) -> Record | None:
    """Passes on what the job's process has said; its record once it has ended."""
    ended = not job.process.is_alive()  # asked first: what it said before it ended is in the pipe
    try:
        while job.connection.poll():
            message = job.connection.recv()
            if isinstance(message, RecordError):
                raise RecordError(f"{message} The run ends; what had finished is kept, run again to go on.")
            if isinstance(message, Record):
                job.process.join()
                job.connection.close()
                return message
            if isinstance(message, Standing):
                display.progressed(job.trial, message)
            else:
                display.warned(job.trial, message)
    except (EOFError, OSError):
        job.process.join()
        ended = True
    if not ended:
        return None
    job.connection.close()
    reason = f"its process ended with exit code {job.process.exitcode} before it had a result"
    record = Record(job.trial, "failed", error=reason)
    store.save(record)
    return store.find(job.trial) or record  # its result, if it ended between writing and telling


class _environment:
    """Environment variables for the processes started within: OpenMP reads them when it is loaded."""

    def __init__(self, values: dict[str, str]):
        self._values = values

    def __enter__(self) -> None:
        self._before = {name: os.environ.get(name) for name in self._values}
        os.environ.update(self._values)

    def __exit__(self, *_: Any) -> None:
        for name, value in self._before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _work(connection: Connection, trial: Trial, robot: RobotSpec, folder: Path, workers: int) -> None:
    """The body of a trial's process."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_end_with_parent, daemon=True).start()
    warnings.simplefilter("always", UserWarning)  # a second worker that dies is news too
    warnings.showwarning = lambda message, *_, **__: connection.send(str(message))
    store = Store(folder)
    try:
        record = _result(connection, trial, robot, store, workers)
        store.save(record)
        connection.send(record)
    except RecordError as error:  # what cannot be kept need not be computed: the run ends
        connection.send(error)


def _result(connection: Connection, trial: Trial, robot: RobotSpec, store: Store, workers: int) -> Record:
    """The trial's record, whatever became of it.

    Raises:
        RecordError: its model cannot be written.
    """
    try:
        return _trained(connection, trial, robot, store, workers)
    except RecordError:
        raise
    except EmsslBenchError as error:
        return Record(trial, "failed", error=f"{type(error).__name__}: {error}")
    except Exception:
        return Record(trial, "failed", error=traceback.format_exc())


def _trained(connection: Connection, trial: Trial, robot: RobotSpec, store: Store, workers: int) -> Record:
    import torch

    from emssl_bench import saved_models
    from emssl_bench.experiments import accuracy, adaptation, identification

    runs = {experiment.NAME: experiment.run for experiment in (accuracy, adaptation, identification)}
    torch.set_num_threads(trial.settings["threads"])
    torch.set_flush_denormal(True)  # denormals in Adam's moments slow it down
    run = runs[trial.experiment]
    try:
        record, model = run(trial, robot, store, workers, connection.send)
    except CheckpointError as error:
        warnings.warn(f"begins anew: {error}", stacklevel=1)
        store.checkpoint_path(trial).unlink(missing_ok=True)
        record, model = run(trial, robot, store, workers, connection.send)
    if model is not None:
        path = store.model_path(trial)
        try:
            saved_models.save(model, path, trial)
            record = replace(record, model=str(path.relative_to(store.folder)))
        except ModelError as error:
            warnings.warn(f"its model is not kept: {error}", stacklevel=1)
    return record


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
