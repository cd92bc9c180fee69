"""The engine of one machine: trials side by side, each in a process of its own."""

import os
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

from emssl_bench.engine.base import Ended, Event, Started
from emssl_bench.engine.work import work
from emssl_bench.exceptions import InvalidValue, RecordError
from emssl_bench.records import Record, Trial
from emssl_bench.solvers.products import ENVIRONMENT as ONEDNN
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
        waiting = [(trial, self._arm_of(trial)) for trial in trials]  # found before anything is started
        running: list[_Job] = []
        with ExitStack() as last:
            last.callback(_end, running)  # again, should an interruption come before the first can begin
            last.callback(_end, running)
            while waiting or running:
                while waiting and len(running) < self.jobs:
                    trial, arm = waiting.pop(0)
                    with uninterrupted():
                        running.append(self._started(trial, arm))
                    yield Started(trial)
                wait([job.process.connection for job in running], _LOOK_SECONDS)
                for job in list(running):
                    for event in _heard(job):
                        if isinstance(event, Ended):
                            running.remove(job)
                        yield event

    def _arm_of(self, trial: Trial) -> RobotSpec:
        if len(self.arms) == 1:
            return self.arms[0]
        digest = trial.settings.robot_digest
        for arm in self.arms:
            if (arm.name, arm.digest) == (trial.robot, digest):
                return arm
        raise InvalidValue(f"the trial {trial.label} needs the arm {trial.robot} ({digest}), which was not given.")

    def _started(self, trial: Trial, arm: RobotSpec) -> "_Job":
        threads = {name: str(trial.settings.threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
        process = PythonProcess.ending_with_parent(
            _work,
            (trial, arm, self.folder, self.workers),
            f"emssl-bench {trial.label}",
            # OpenMP and oneDNN read them when they are loaded.
            environment={**threads, "OMP_WAIT_POLICY": "PASSIVE", **ONEDNN},
            may_print=True,
        )
        return _Job(trial, process)


@dataclass(frozen=True)
class _Job:
    trial: Trial
    process: PythonProcess


def _end(jobs: Sequence[_Job]) -> None:
    """Ends the processes that still run."""
    with uninterrupted():
        for job in jobs:
            job.process.kill()
        for job in jobs:
            job.process.close()


def _heard(job: _Job) -> Iterator[Event]:
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
