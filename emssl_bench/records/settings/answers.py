"""What decides a trial of many answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from emssl_bench.joint_space import JointRange
from emssl_bench.records.settings import checks
from emssl_bench.records.settings.base import Settings, setting


@dataclass(frozen=True, kw_only=True)
class AnswersSettings(Settings, experiment="answers"):
    """Several solutions of every target by one trained model, compared with all that there are."""

    subject: ClassVar[str] = "method"
    metrics: ClassVar[tuple[str, ...]] = ("targets", "error_mean_cm", "outside_rate", "at_limit_rate")
    columns: ClassVar[tuple[str, ...]] = ("samples", "error_best_mean_cm", "recall", "precision")

    method: str = setting(checks.text)
    """That has learned the model."""
    model: Mapping[str, Any] = setting(checks.named(checks.plain))
    """The `digest` of the trial that learned it, with its `train_samples`, `hyperparameters` and `plugin`."""
    joint_range_deg: JointRange = setting(checks.joint_range)
    task: str = setting(checks.text)
    samples: Sequence[int] = setting(checks.several(checks.whole), default=(1, 8, 32, 128))
    """Numbers of solutions of a target, in ascending order."""
    reference: Mapping[str, Any] = setting(checks.named(checks.plain))
    """What the reference set is made from: see `experiments.references`."""
    within_share: float = setting(checks.number, default=0.15)
    """Of positions: how near two solutions are taken for the same, as a share of the joint ranges."""
    within_deg: float = setting(checks.number, default=10.0)
    """Of poses: the same, for each joint."""

    @property
    def trained_method(self) -> str:
        return self.method
