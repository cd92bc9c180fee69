"""The learning curve of a trial, a point an iteration, and what is told of each."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emssl_bench.exceptions import CheckpointError
from emssl_bench.experiments.status import TrialStatus
from emssl_bench.forward import Counted
from emssl_bench.methods.base import Progress

__all__ = ["LearningCurve", "TrialStatus"]


class LearningCurve:
    """Errors and costs of a trial, a point an iteration, each told of as it is added."""

    def __init__(self, iterations: int, sampler: Counted, on_progress: Callable[[TrialStatus], None]):
        """
        Args:
            iterations: the points expected, to say what is left.
            sampler: counts the queries of the arm.
            on_progress: called after each iteration.
        """
        self._iterations, self._sampler, self._on_progress = iterations, sampler, on_progress
        self._resumed = time.perf_counter()
        self._spent_seconds, self._clock_began = 0.0, 0.0
        self.curve: dict[str, list[float]] = {
            name: [] for name in ("iteration", "error_mean_cm", "fit_seconds", "forward_calls", "gradient_steps")
        }
        """A value an iteration in each column. What else the errors of a task are has columns of its own."""

    @property
    def costs_cm(self) -> Sequence[float]:
        """The one number that stands for the errors, one an iteration."""
        return costs_cm(self.curve)

    @property
    def complete(self) -> bool:
        return self.curve["iteration"][-1] >= self._iterations

    def state(self) -> dict[str, Any]:
        """What `go_on` needs, after an interruption."""
        return {"curve": self.curve, "sampler_seconds": self._sampler.seconds}

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Takes up the curve of a trial that was interrupted.

        Raises:
            CheckpointError: there is no such curve.
        """
        curve, seconds = state.get("curve", {}), state.get("sampler_seconds")
        if not (_is_curve(curve) and curve.keys() >= self.curve.keys() and isinstance(seconds, int | float)):
            raise CheckpointError("its checkpoint has no curve")
        self.curve = dict(curve)
        self._spent_seconds = self.curve["fit_seconds"][-1]
        self._sampler.calls = int(self.curve["forward_calls"][-1])
        self._sampler.seconds = state["sampler_seconds"]

    def begin(self, means: Mapping[str, float], fit_seconds: float, clock_seconds: float) -> None:
        """Adds the point before the first iteration, where there is something to show.

        Args:
            means: errors of the solver as it stands, by name: error_mean_cm and what else the task tells apart.
            fit_seconds: spent so far, on measurements for instance [s].
            clock_seconds: what the clock of the iterations shows there [s]; that time is not training.
        """
        self._spent_seconds, self._clock_began = fit_seconds, clock_seconds
        self._add(0, means, fit_seconds, 0)

    def add(self, progress: Progress, means: Mapping[str, float], clock_seconds: float) -> None:
        """Adds the point after an iteration, with its errors by name, at what its clock shows [s]."""
        iteration = int(max(self.curve["iteration"], default=0)) + 1
        fit_seconds = self._spent_seconds + clock_seconds - self._clock_began
        self._add(iteration, means, fit_seconds, progress.costs.get("gradient_steps", 0))
        now = time.perf_counter()
        seconds_left, self._resumed = (now - self._resumed) * (self._iterations - iteration), now
        calls, seconds = self._sampler.calls, self._sampler.seconds
        rate = calls / seconds if seconds else 0.0
        error_cm, angle_deg = means["error_mean_cm"], means.get("angle_mean_deg")
        self._on_progress(TrialStatus(iteration, self._iterations, error_cm, rate, seconds_left, angle_deg))

    def _add(self, iteration: int, means: Mapping[str, float], fit_seconds: float, gradient_steps: int) -> None:
        costs = {"fit_seconds": fit_seconds, "forward_calls": self._sampler.calls, "gradient_steps": gradient_steps}
        for name, value in {"iteration": iteration, **means, **costs}.items():
            self.curve.setdefault(name, []).append(value)


def costs_cm(curve: Mapping[str, Sequence[float]]) -> Sequence[float]:
    """Of a learning curve, the one number that stands for the errors: what the curve has as a cost, or else the error.

    Adaptation stops by it, and the best solver is chosen by it.
    """
    return curve.get("cost_mean_cm", curve["error_mean_cm"])


def _is_curve(curve: Any) -> bool:
    """Whether it is columns of numbers, all of one length and none empty."""
    columns = list(curve.values()) if isinstance(curve, dict) else []
    return (
        all(isinstance(column, list) and all(isinstance(each, int | float) for each in column) for column in columns)
        and len({len(column) for column in columns}) == 1
        and len(columns[0]) > 0
    )
