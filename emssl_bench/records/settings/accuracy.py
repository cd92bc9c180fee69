"""What decides a trial of accuracy."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from emssl_bench.records.settings import checks
from emssl_bench.records.settings.base import TrainingSettings, setting

EvaluatedOn = Literal["test", "validation"]


@dataclass(frozen=True, kw_only=True)
class AccuracySettings(TrainingSettings, experiment="accuracy"):
    """One method, trained and evaluated on one arm."""

    subject: ClassVar[str] = "method"
    metrics: ClassVar[tuple[str, ...]] = ("error_mean_cm",)
    columns: ClassVar[tuple[str, ...]] = (
        *("iteration", "error_mean_cm", "fit_seconds", "forward_calls", "gradient_steps"),
    )

    method: str = setting(checks.text)
    evaluated_on: EvaluatedOn = setting(
        checks.one_of("test", "validation"), default="test", absent="test", was="judged_on"
    )
    """The test targets, or the last fifth of the training samples: for choosing settings."""

    @property
    def trained_method(self) -> str:
        return self.method
