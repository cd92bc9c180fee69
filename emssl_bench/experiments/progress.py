"""How a running trial goes: timed, written down, and told of."""

import itertools
import math
import operator
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from emssl_bench.exceptions import CheckpointError, Diverged, MethodError, NotFinite, ShapeError
from emssl_bench.forward import Counted
from emssl_bench.methods.base import InverseModel, Progress
from emssl_bench.solvers.network_inverse import NetworkInverse


@dataclass(frozen=True)
class Standing:
    """How a trial stands after an iteration."""

    iteration: int
    iterations: int
    error_mean_cm: float
    forward_calls_per_second: float
    """Of the sampling; 0 for a method that makes no forward calls."""
    seconds_left: float


def timed(learning: Iterator[Progress], first: int = 1) -> Iterator[tuple[Progress, float]]:
    """Each progress with the seconds spent learning so far: the clock stands while the harness judges.

    Args:
        learning: what is timed.
        first: the number of its first iteration, to say where it went wrong.

    Raises:
        Diverged: the loss, the network's weights or what it answers are no longer finite; says in which iteration.
        MethodError: it asks the arm with, or makes, an array of the wrong shape or with impossible numbers; says in
            which iteration.
    """
    seconds = 0.0
    for iteration in itertools.count(first):
        resumed = time.perf_counter()
        try:
            progress = next(learning, None)
        except (Diverged, NotFinite) as error:
            raise Diverged(f"in iteration {iteration}: {error}") from error
        except ShapeError as error:
            raise MethodError(f"in iteration {iteration}: {error}") from error
        seconds += time.perf_counter() - resumed
        if progress is None:
            return
        if not math.isfinite(progress.loss):
            raise Diverged(f"the training loss is {progress.loss} in iteration {iteration}.")
        model = progress.model
        if isinstance(model, NetworkInverse) and not all(p.isfinite().all() for p in model.network.parameters()):
            raise Diverged(f"the network's weights are no longer finite in iteration {iteration}.")
        yield progress, seconds


def kept_to_contract(learning: object, units: int) -> Iterator[Progress]:
    """What a method's `learn` yields, once it is known to be what it should: the method may be anybody's.

    Args:
        learning: what `learn` returned.
        units: how often it may yield, so that one without end is noticed.

    Raises:
        MethodError: it is no iterator, yields nothing, too much, or something else than Progress.
    """
    if not isinstance(learning, Iterator):
        raise MethodError(f"learn must be a generator of Progress, it returned {type(learning).__name__}.")
    iteration = 0
    for iteration, progress in enumerate(learning, start=1):
        if iteration > units:
            raise MethodError(f"learn yielded more often than its units, {units}.")
        if not isinstance(progress, Progress):
            raise MethodError(f"learn must yield Progress, not {type(progress).__name__}.")
        if not isinstance(progress.model, InverseModel):
            raise MethodError(f"the model must have joint_angles(positions), {type(progress.model).__name__} has not.")
        yield _plain(progress)
    if not iteration:
        raise MethodError("learn ended without a Progress.")


def _plain(progress: Progress) -> Progress:
    """With numbers that JSON can hold: NumPy's will do, anything else will not."""
    try:
        return replace(
            progress,
            gradient_steps=operator.index(progress.gradient_steps),
            loss=float(progress.loss),
            other_gradient_steps=operator.index(progress.other_gradient_steps),
        )
    except (TypeError, ValueError):
        raise MethodError(f"Progress takes whole numbers of steps and a loss, not {_shown(progress)}.") from None


def _shown(progress: Progress) -> str:
    found = progress.gradient_steps, progress.loss, progress.other_gradient_steps
    return ", ".join(repr(each)[:40] for each in found)


class Course:
    """The curve of a trial, a point an iteration, each told of as it is added."""

    def __init__(self, iterations: int, sampler: Counted, tell: Callable[[Standing], None]):
        self._iterations, self._sampler, self._tell = iterations, sampler, tell
        self._resumed = time.perf_counter()
        self.spent_seconds = 0.0
        """Of training before this process went on with it."""
        self.curve: dict[str, list[float]] = {
            name: [] for name in ("iteration", "error_mean_cm", "fit_seconds", "forward_calls", "gradient_steps")
        }

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
        if not (_is_curve(curve) and curve.keys() == self.curve.keys() and isinstance(seconds, int | float)):
            raise CheckpointError("its checkpoint has no curve")
        self.curve = {name: curve[name] for name in self.curve}
        self.spent_seconds = self.curve["fit_seconds"][-1]
        self._sampler.calls = int(self.curve["forward_calls"][-1])
        self._sampler.seconds = state["sampler_seconds"]

    def begin(self, error_mean_cm: float, fit_seconds: float) -> None:
        """The point before the first iteration, where there is something to show."""
        self.spent_seconds = fit_seconds
        self._add(0, error_mean_cm, fit_seconds, 0)

    def add(self, progress: Progress, errors_cm: np.ndarray, fit_seconds: float) -> None:
        """The point after an iteration."""
        iteration = int(max(self.curve["iteration"], default=0)) + 1
        error_mean_cm = float(errors_cm.mean())
        self._add(iteration, error_mean_cm, fit_seconds, progress.gradient_steps)
        now = time.perf_counter()
        seconds_left, self._resumed = (now - self._resumed) * (self._iterations - iteration), now
        calls, seconds = self._sampler.calls, self._sampler.seconds
        rate = calls / seconds if seconds else 0.0
        self._tell(Standing(iteration, self._iterations, error_mean_cm, rate, seconds_left))

    def _add(self, *values: float) -> None:
        iteration, error_mean_cm, fit_seconds, gradient_steps = values
        point = (iteration, error_mean_cm, fit_seconds, self._sampler.calls, gradient_steps)
        for name, value in zip(self.curve, point, strict=True):
            self.curve[name].append(value)


def _is_curve(curve: Any) -> bool:
    """Whether it is columns of numbers, all of one length and none empty."""
    columns = list(curve.values()) if isinstance(curve, dict) else []
    return (
        all(isinstance(column, list) and all(isinstance(each, int | float) for each in column) for column in columns)
        and len({len(column) for column in columns}) == 1
        and len(columns[0]) > 0
    )
