"""How far a command is with its trials, and how long it will take."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence

from emssl_bench.experiments.curve import TrialStatus
from emssl_bench.records import Trial


class Pace:
    """How far a command is with its trials, and how long it will take."""

    def __init__(self, trials: Sequence[Trial], jobs: int, later: int):
        self._waiting = {trial.digest for trial in trials}
        self._waiting_of = Counter(trial.name for trial in trials)
        self._running: dict[str, tuple[Trial, float]] = {}
        self._due: dict[str, float] = {}
        self._took: dict[str, tuple[int, float]] = {}
        """Of each method, how many trials have ended and how long they took [s]: sums, for there may be 100,000."""
        self._jobs, self._total, self._later, self._ended = jobs, len(trials), later, 0

    def started(self, trial: Trial) -> None:
        if trial.digest in self._waiting:
            self._waiting.remove(trial.digest)
            self._waiting_of[trial.name] -= 1
        self._running[trial.digest] = (trial, time.monotonic())

    def progressed(self, trial: Trial, status: TrialStatus) -> None:
        self._due[trial.digest] = time.monotonic() + status.seconds_left

    def ended(self, trial: Trial, done: bool) -> None:
        self._ended += 1
        self._due.pop(trial.digest, None)
        _, since = self._running.pop(trial.digest, (trial, time.monotonic()))
        if done:
            self._took[trial.name] = _with(self._took, trial.name, time.monotonic() - since)

    def seconds_left_of(self, trial: Trial) -> float | None:
        due = self._due.get(trial.digest)
        return None if due is None else max(0.0, due - time.monotonic())

    def seconds_left(self) -> float | None:
        """Of all trials, taking those to come for as long as others of their method, or else as any; None while no
        trial tells of it."""
        now, took = time.monotonic(), dict(self._took)
        missing, known = self._waiting_of.copy(), [0.0]
        for trial, since in self._running.values():
            own = self.seconds_left_of(trial)
            if own is None:
                missing[trial.name] += 1
            else:
                took[trial.name] = _with(took, trial.name, now - since + own)
                known.append(own)
        if not took:
            return None
        mean = {name: seconds / count for name, (count, seconds) in took.items()}
        of_any = sum(seconds for _, seconds in took.values()) / sum(count for count, _ in took.values())
        estimated = sum(count * mean.get(name, of_any) for name, count in missing.items())
        return max((sum(known) + estimated) / self._jobs, *known)

    def __str__(self) -> str:
        left = self.seconds_left()
        parts = [f"{self._ended}/{self._total} trials"]
        if self._ended < self._total:
            parts.append("time left not known yet" if left is None else f"about {clock(left)} left")
        if self._later:
            parts.append(f"{self._later} more after these")
        return ", ".join(parts)


def _with(took: Mapping[str, tuple[int, float]], name: str, seconds: float) -> tuple[int, float]:
    """How many trials of a method there are, and how long they took, with one more [s]."""
    count, before = took.get(name, (0, 0.0))
    return count + 1, before + seconds


def clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
