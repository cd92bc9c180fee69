"""What decides a trial of adaptation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from emssl_bench.adaptation.approaches import FINE_TUNED
from emssl_bench.methods.history import as_before
from emssl_bench.records.settings import checks
from emssl_bench.records.settings.base import ChangedArmSettings, TrainingSettings, setting

DEFAULT_LEARNER = "emssl"
RUN_SETTINGS = ("forward", "device", "threads", "matmul")
"""What a trial runs on, which its base model may have been trained without."""
Targets = Literal["reachable", "all"]


@dataclass(frozen=True, kw_only=True)
class AdaptationSettings(TrainingSettings, ChangedArmSettings, experiment="adaptation"):
    """One approach that adapts one learned model to one changed arm."""

    subject: ClassVar[str] = "approach"
    metrics: ClassVar[tuple[str, ...]] = (
        *("error_mean_cm", "error_unchanged_cm", "error_before_cm", "reached", "iterations"),
        *("forward_calls", "fit_seconds", "gradient_steps"),
    )
    columns: ClassVar[tuple[str, ...]] = ("iteration", "error_mean_cm", "forward_calls", "fit_seconds")

    approach: str = setting(checks.text)
    learner: str = setting(checks.text, default=DEFAULT_LEARNER, absent=DEFAULT_LEARNER)
    """The method whose model is adapted; `hyperparameters` are those that it was trained with."""
    base: str = setting(checks.text)
    """Digest of the trial that learned the model."""
    trained_with: Mapping[str, Any] = setting(checks.named(checks.plain), was="trained_on")
    """The `RUN_SETTINGS` of that trial."""
    adaptation_hyperparameters: Mapping[str, Any] = setting(checks.named(checks.plain), absent={}, was="adapting")
    """Settings of the learner while it adapts, over those that it was trained with."""
    schedule: str | None = setting(checks.optional(checks.text), default="cosine", absent=None)
    """Schedule of the learning rate in each iteration; None: the learner's own."""
    samples: int = setting(checks.whole)
    """Queries of the changed arm in an iteration."""
    measurements: int = setting(checks.whole, default=50, absent=0)
    """Configurations measured first; 0 where the approach measures none."""
    noise_mm: float = setting(checks.number, default=0.0)
    """Standard deviation of every measured coordinate [mm]."""
    targets: Targets = setting(checks.one_of("reachable", "all"), default="reachable", absent="all", was="wanted")
    """Evaluated on those targets alone that the changed arm can reach, or on all."""
    validation_samples: int = setting(checks.whole, default=2_000, absent=0)
    """Targets that decide when adaptation stops and which model is kept, neither trained on nor tested on; 0: the test
    targets decided, as they did in the first records."""

    @property
    def trained_method(self) -> str:
        return self.learner

    @property
    def other_learner(self) -> str:
        """The learner, where it is not the one that the approach has by default; else ""."""
        return "" if self.learner in (DEFAULT_LEARNER, self.approach) else self.learner

    @property
    def trained_elsewhere(self) -> dict[str, Any]:
        """What the base model was trained with, where that is not what this trial runs with and changes numbers."""
        alike = ("threads",) if self.by_onednn and self.trained_with.get("matmul") == self.matmul else ()
        return {
            name: value
            for name, value in self.trained_with.items()
            if name not in alike and value != getattr(self, name, None)
        }

    def identity(self) -> dict[str, Any]:
        found = super().identity()
        if not self.other_learner:
            found.pop("learner", None)
        if "adapting" in found:
            found["adapting"] = as_before(found["adapting"], self.learner, self.plugin is not None)
        found.pop("trained_on")
        return {**found, **({"trained_on": elsewhere} if (elsewhere := self.trained_elsewhere) else {})}

    @classmethod
    def read_older(cls, name: str, written: Mapping[str, Any]) -> Self:
        """They named the learner only where it is not the default one, and of the base's run what differs."""
        settings = dict(written)
        run = {**{key: settings.get(key) for key in RUN_SETTINGS}, "matmul": "default"}
        settings["trained_on"] = {**run, **settings.get("trained_on", {})}
        settings.setdefault("learner", name if name in FINE_TUNED else DEFAULT_LEARNER)
        return super().read_older(name, settings)
