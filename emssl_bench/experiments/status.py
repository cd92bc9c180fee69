"""What is told of a trial after an iteration. Nothing here imports torch: machines that only pass it on have none."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrialStatus:
    """What is shown of a trial after an iteration."""

    iteration: int
    iterations: int
    error_mean_cm: float
    forward_calls_per_second: float
    """Of the sampling; 0 for a method that makes no forward calls."""
    seconds_left: float
    angle_mean_deg: float | None = None
    """None where targets have no orientation."""
