"""What is done where a trial runs, in a process that has nothing else to do: the trial, told of by events."""

import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

from emssl_bench.engine.base import Busy, Ended, Event, Progressed, Said, Warned
from emssl_bench.exceptions import MOST_IN_A_LINE, EmsslBenchError, RecordError, error_line
from emssl_bench.methods.phases import phases_told_to
from emssl_bench.records import Record, Store, Trial
from robots.spec import RobotSpec


def work(trial: Trial, arm: RobotSpec, folder: Path, workers: int, tell: Callable[[Event], None]) -> None:
    """Runs a trial and tells what happens, last of all `Ended`.

    From here on, all warnings in this process are told as the trial's.

    Args:
        trial: what to run.
        arm: its arm.
        folder: of the run: the trial's checkpoint and model lie in it.
        workers: forward-model processes.
        tell: called with each event, from any thread.

    Raises:
        RecordError: its model or checkpoint cannot be written. What cannot be kept need not be computed.
    """
    warnings.simplefilter("always", UserWarning)  # a second worker that dies is news too
    warnings.showwarning = lambda message, *_, **__: tell(Warned(trial, str(message)))
    phases_told_to(lambda phase: tell(Busy(trial, phase)))
    store = Store(folder, lambda text: tell(Said(trial, text)))
    tell(Ended(_record(trial, arm, store, workers, tell)))


def _record(trial: Trial, arm: RobotSpec, store: Store, workers: int, tell: Callable[[Event], None]) -> Record:
    """The trial's record, whatever became of it."""
    try:
        from emssl_bench.experiments.training import run_trial

        return run_trial(trial, arm, store, workers, lambda status: tell(Progressed(trial, status)))
    except RecordError:
        raise
    except EmsslBenchError as error:
        return Record(trial, "failed", error=error_line(error, MOST_IN_A_LINE))
    except Exception:
        return Record(trial, "failed", error=traceback.format_exc())
