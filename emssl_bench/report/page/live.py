"""What a page says of a run that is not finished: how its trials are doing, or what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from emssl_bench.report.page.numbers import number, text

SECONDS = 5
"""Between two looks of the page at whether there is news."""


@dataclass
class LiveTrial:
    """A trial of the run."""

    name: str
    state: Literal["waiting", "running", "done", "failed"] = "waiting"
    iteration: int = 0
    iterations: int = 0
    """As many as there are to be; 0 while that is not known."""
    error_cm: float | None = None
    seconds_left: float | None = None

    def contents(self) -> dict[str, Any]:
        """For the page's data."""
        return {
            "name": text(self.name),
            "state": self.state,
            "iteration": self.iteration,
            "iterations": self.iterations,
            "error": None if self.error_cm is None else number(self.error_cm, 4),
            "left": None if self.seconds_left is None else number(self.seconds_left, 3),
        }


@dataclass(frozen=True)
class Live:
    """A run that is going on, or ended before all its trials had."""

    trials: Sequence[LiveTrial]
    state: Literal["running", "stopped"] = "running"
    later: int = 0
    """Trials that are to run after these."""
    at: str = ""
    """The time of day."""

    def contents(self) -> dict[str, Any]:
        """For the page's data: counts of all trials, and those that have no record."""
        states = [trial.state for trial in self.trials]
        missing = sorted(
            (trial for trial in self.trials if trial.state in ("waiting", "running")),
            key=lambda trial: trial.state == "waiting",
        )
        return {
            "state": self.state,
            "every": SECONDS,
            "at": self.at,
            "later": self.later,
            "counts": {state: states.count(state) for state in ("waiting", "running", "done", "failed")},
            "trials": [trial.contents() for trial in missing],
        }
