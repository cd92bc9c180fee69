"""What a running trial says of itself."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Standing:
    """How a trial stands after an iteration."""

    iteration: int
    iterations: int
    error_mean_cm: float
    forward_calls_per_second: float
    """Of the sampling; 0 for a method that makes no forward calls."""
    seconds_left: float
