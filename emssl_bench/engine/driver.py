"""Runs trials by an engine: writes each record as soon as it is there, and shows how the trials are doing."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Protocol

from emssl_bench.engine.base import Announced, Busy, Ended, Engine, Event, Placed, Progressed, Said, Started, Warned
from emssl_bench.exceptions import RecordError
from emssl_bench.experiments.status import TrialStatus
from emssl_bench.methods.phases import Phase
from emssl_bench.records import Record, Store, Trial
from emssl_bench.system.signals import Deferred


class Display(Protocol):
    """Shows how the trials are doing."""

    def started(self, trial: Trial) -> None: ...
    def placed(self, trial: Trial, host: str) -> None: ...
    def phased(self, trial: Trial, phase: Phase) -> None: ...
    def progressed(self, trial: Trial, status: TrialStatus) -> None: ...
    def warned(self, trial: Trial, text: str) -> None: ...
    def ended(self, record: Record) -> None: ...


def run_trials(
    trials: Sequence[Trial], engine: Engine, store: Store, display: Display, whole: bool = True
) -> list[Record]:
    """Runs the trials and returns their records, failed ones among them.

    Ctrl-C, or an error of the display, ends all trials at whatever moment it comes, and the records written stay. A
    trial that ends because of that has not failed; it goes on from its checkpoint when it is run again. So does one
    that had finished, but whose record this process did not live to write.

    Args:
        trials: what to run; what the store already has is the caller's to leave out.
        engine: runs them.
        store: where each record goes at once.
        display: told of everything.
        whole: whether what is returned has curves and tables: those of 100,000 trials do not fit into memory.

    Raises:
        RecordError: something cannot be written, by a full disk for instance; no trial is begun or goes on.
    """
    records = []
    with ExitStack() as last:
        signals = last.enter_context(Deferred())
        events = engine.run(trials)
        last.callback(events.close)  # again, should an interruption come before the first can begin
        last.callback(events.close)
        try:
            for event in events:
                if isinstance(event, Ended):
                    with signals.held():
                        store.save(event.record)
                    records.append(event.record if whole else replace(event.record, curve={}, tables={}))
                _tell(event, store, display)
        except RecordError as error:
            raise RecordError(f"{error} The run ends; what had finished is kept, run again to go on.") from None
    return records


def _tell(event: Event, store: Store, display: Display) -> None:
    match event:
        case Started(trial):
            display.started(trial)
        case Placed(trial, host):
            display.placed(trial, host)
        case Progressed(trial, status):
            display.progressed(trial, status)
        case Busy(trial, phase):
            display.phased(trial, phase)
        case Warned(trial, text):
            display.warned(trial, text)
        case Said(_, text) | Announced(text):
            store.tell(text)
        case Ended(record):
            display.ended(record)
