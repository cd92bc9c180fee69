"""How far a command is with its trials, and how long it will take."""

import statistics
import time
from collections.abc import Sequence

from emssl_bench.experiments.curve import TrialStatus
from emssl_bench.records import Trial


class Pace:
    """How far a command is with its trials, and how long it will take."""

    def __init__(self, trials: Sequence[Trial], jobs: int, later: int):
        self._waiting = {trial.digest: trial for trial in trials}
        self._running: dict[str, tuple[Trial, float]] = {}
        self._due: dict[str, float] = {}
        self._took: dict[str, list[float]] = {}
        self._jobs, self._total, self._later, self._ended = jobs, len(trials), later, 0

    def started(self, trial: Trial) -> None:
        self._waiting.pop(trial.digest, None)
        self._running[trial.digest] = (trial, time.monotonic())

    def progressed(self, trial: Trial, status: TrialStatus) -> None:
        self._due[trial.digest] = time.monotonic() + status.seconds_left

    def ended(self, trial: Trial, done: bool) -> None:
        self._ended += 1
        self._due.pop(trial.digest, None)
        _, since = self._running.pop(trial.digest, (trial, time.monotonic()))
        if done:
            self._took.setdefault(trial.name, []).append(time.monotonic() - since)

    def seconds_left_of(self, trial: Trial) -> float | None:
        due = self._due.get(trial.digest)
        return None if due is None else max(0.0, due - time.monotonic())

    def seconds_left(self) -> float | None:
        """Of all trials, taking those to come for as long as others of their method, or else as any; None while no
        trial tells of it."""
        now, took = time.monotonic(), {method: list(seconds) for method, seconds in self._took.items()}
        left = []
        for trial, since in self._running.values():
            own = self.seconds_left_of(trial)
            if own is not None:
                took.setdefault(trial.name, []).append(now - since + own)
                left.append(own)
            else:
                left.append(None)
        every = [seconds for each in took.values() for seconds in each]
        if not every:
            return None
        mean = statistics.fmean(every)
        missing = [trial for (trial, _), own in zip(self._running.values(), left, strict=True) if own is None]
        estimated = [statistics.fmean(took.get(trial.name, [mean])) for trial in [*missing, *self._waiting.values()]]
        known = [own for own in left if own is not None]
        return max([sum(known + estimated) / self._jobs, *known])

    def __str__(self) -> str:
        left = self.seconds_left()
        parts = [f"{self._ended}/{self._total} trials"]
        if self._ended < self._total:
            parts.append("time left not known yet" if left is None else f"about {clock(left)} left")
        if self._later:
            parts.append(f"{self._later} more after these")
        return ", ".join(parts)


def clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
