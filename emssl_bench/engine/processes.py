"""The engine of one machine: trials side by side, each in a process of its own."""

import os
import threading
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

from emssl_bench.engine.base import Ended, Event, Started
from emssl_bench.engine.work import work
from emssl_bench.exceptions import InvalidValue, RecordError
from emssl_bench.records import Record, Trial
from emssl_bench.solvers.environment import ENVIRONMENT as ONEDNN
from emssl_bench.system.processes import PythonProcess
from emssl_bench.system.signals import ENDING, uninterrupted
from robots.spec import RobotSpec

_OUR_OWN_END_SECONDS = 1.0
"""So long after a trial's process was ended by a signal that ends commands, it may be that this one gets it too."""

_LOOK_SECONDS = 10.0
"""So often processes are looked at that say nothing: what a plug-in forks keeps the pipe of a dead trial open."""


@dataclass(frozen=True)
class Processes:
    """Runs trials side by side on this machine, each in a process of its own.

    A process that dies is a failed trial. None of them outlives this process, however that ends.
    """

    arms: Sequence[RobotSpec]
    """The arm of all trials, or the arms among which each finds its own."""
    folder: Path
    """Of the run: checkpoints and models lie in it."""
    jobs: int = 1
    """Trials at a time."""
    workers: int = 1
    """Forward-model processes of each."""

    def run(self, trials: Sequence[Trial]) -> Generator[Event, None, None]:
        """As `Engine.run`."""
        waiting = deque((trial, arm_of(trial, self.arms)) for trial in trials)  # found before anything is started
        running: list[Job] = []
        with ExitStack() as last:
            last.callback(_end, running)  # again, should an interruption come before the first can begin
            last.callback(_end, running)
            while waiting or running:
                while waiting and len(running) < self.jobs:
                    trial, arm = waiting.popleft()
                    with uninterrupted():
                        running.append(self._started(trial, arm))
                    yield Started(trial)
                wait([job.process.connection for job in running], _LOOK_SECONDS)
                for job in list(running):
                    for event in heard(job):
                        if isinstance(event, Ended):
                            running.remove(job)
                        yield event

    def _started(self, trial: Trial, arm: RobotSpec) -> "Job":
        return started(trial, arm, self.folder, self.workers)


@dataclass(frozen=True)
class Job:
    """A trial that runs in a process of its own."""

    trial: Trial
    process: PythonProcess


def arm_of(trial: Trial, arms: Sequence[RobotSpec]) -> RobotSpec:
    """The trial's arm among those given, or the only one that is.

    Raises:
        InvalidValue: it is none of them.
    """
    if len(arms) == 1:
        return arms[0]
    digest = trial.settings.robot_digest
    for arm in arms:
        if (arm.name, arm.digest) == (trial.robot, digest):
            return arm
    raise InvalidValue(f"the trial {trial.label} needs the arm {trial.robot} ({digest}), which was not given.")


def started(trial: Trial, arm: RobotSpec, folder: Path, workers: int) -> Job:
    """Starts a trial in a process of its own, which does not outlive this one.

    Args:
        trial: what to run.
        arm: its arm.
        folder: of the run: checkpoints and models lie in it.
        workers: forward-model processes of the trial.
    """
    threads = {name: str(trial.settings.threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    process = PythonProcess.ending_with_parent(
        _work,
        (trial, arm, folder, workers),
        f"emssl-bench {trial.label}",
        # OpenMP and oneDNN read them when they are loaded.
        environment={**threads, "OMP_WAIT_POLICY": "PASSIVE", **ONEDNN},
        may_print=True,
    )
    return Job(trial, process)


def _end(jobs: Sequence[Job]) -> None:
    """Ends the processes that still run."""
    with uninterrupted():
        for job in jobs:
            job.process.kill()
        for job in jobs:
            job.process.close()


def heard(job: Job) -> Iterator[Event]:
    """What the job's process has said since it was last asked; `Ended` once it has ended.

    Raises:
        RecordError: it cannot write what it must keep.
    """
    ended = not job.process.is_alive()  # asked first: what it said before it ended is in the pipe
    said = []
    try:
        while job.process.connection.poll():
            said.append(job.process.connection.recv())
    except (EOFError, OSError):
        ended = True
    for message in said:
        if isinstance(message, RecordError):
            raise message
        if isinstance(message, Ended):
            job.process.close()
            yield message
            return
        yield message
    if ended:
        job.process.close()
        if -(job.process.exitcode or 0) in ENDING:
            time.sleep(_OUR_OWN_END_SECONDS)  # all of a process group, perhaps: then what comes here ends the run
        reason = f"its process ended with exit code {job.process.exitcode} before it had a result"
        yield Ended(Record(job.trial, "failed", error=reason))


def _work(connection: Connection, trial: Trial, arm: RobotSpec, folder: Path, workers: int) -> None:
    """The body of a trial's process."""
    lock = threading.Lock()

    def tell(message: Event | RecordError) -> None:
        """Ends this process where nobody listens any more: that is no failure of the trial."""
        try:
            with lock:
                connection.send(message)
        except OSError:
            os._exit(1)

    try:
        work(trial, arm, folder, workers, tell)
    except RecordError as error:  # the run ends
        tell(error)
