"""What an engine is, and the events by which it tells how trials are doing."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

from emssl_bench.experiments.status import TrialStatus
from emssl_bench.methods.phases import Phase
from emssl_bench.records import Record, Trial


@dataclass(frozen=True)
class Started:
    """A trial has been given to where it runs."""

    trial: Trial


@dataclass(frozen=True)
class Progressed:
    """A trial has finished an iteration."""

    trial: Trial
    status: TrialStatus


@dataclass(frozen=True)
class Busy:
    """A trial does something before its first iteration, or between two."""

    trial: Trial
    phase: Phase


@dataclass(frozen=True)
class Warned:
    """Something in a trial has warned."""

    trial: Trial
    text: str


@dataclass(frozen=True)
class Said:
    """What the store that a trial works with has to say to the user."""

    trial: Trial
    text: str


@dataclass(frozen=True)
class Ended:
    """A trial has ended, with a result or as a failure; its record is not written yet."""

    record: Record


@dataclass(frozen=True)
class Placed:
    """A trial begins, or goes on, on a machine of several."""

    trial: Trial
    host: str


@dataclass(frozen=True)
class Announced:
    """Something about the machines that trials run on, for the user."""

    text: str


Event = Started | Placed | Progressed | Busy | Warned | Said | Announced | Ended


class Engine(Protocol):
    """Runs trials somewhere: in processes of this machine, or on others.

    It writes no records: whoever receives `Ended` does. Checkpoints and models are in the run's folder by then.
    """

    def run(self, trials: Sequence[Trial]) -> Generator[Event, None, None]:
        """Runs the trials, and yields what happens to them, as it happens.

        Of every trial, `Started` comes first and `Ended` last. One that cannot be finished, since its process has died
        for instance, is a failed record, and the others go on. Closing the generator at any event ends everything
        that still runs, and so does any error raised here.

        Args:
            trials: what to run; what has a result already is the caller's to leave out.

        Raises:
            RecordError: a model or checkpoint cannot be written, by a full disk for instance; no trial goes on.
        """
        ...
