"""What decides a trial of identification."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from emssl_bench.records.settings import checks
from emssl_bench.records.settings.base import ChangedArmSettings, setting
from emssl_bench.tasks import POSITION


@dataclass(frozen=True, kw_only=True)
class IdentificationSettings(ChangedArmSettings, experiment="identification"):
    """One changed arm, identified from more and more measurements with more and more noise."""

    metrics: ClassVar[tuple[str, ...]] = ("nominal_position_error_mm", "nominal_parameter_error_mm")
    columns: ClassVar[tuple[str, ...]] = (*("measurements", "noise_mm", "position_error_mm", "parameter_error_mm"),)

    task: str = setting(checks.text, default=POSITION.name, absent=POSITION.name)
    """What is measured: positions or poses."""
    held_out: int = setting(checks.whole, default=2_000)
    """Configurations on which an identified arm is evaluated."""
    measurements: Sequence[int] = setting(checks.several(checks.whole), default=(10, 15, 20, 30, 50, 100, 200, 500))
    noise_mm: Sequence[float] = setting(checks.several(checks.number), default=(0.0, 0.1, 1.0))
    """Standard deviations of every measured coordinate [mm]."""
