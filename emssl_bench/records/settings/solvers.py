"""What decides a row of the table of solvers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emssl_bench.joint_space import JointRange
from emssl_bench.records.settings import checks
from emssl_bench.records.settings.base import Settings, setting


@dataclass(frozen=True, kw_only=True)
class SolversSettings(Settings, experiment="solvers"):
    """One solver on one set of targets."""

    solver: str = setting(checks.text)
    """Of `CONTENDERS`."""
    task: str = setting(checks.text)
    targets: str = setting(checks.text)
    """Of `TARGET_SETS`."""
    count: int = setting(checks.whole)
    """Targets; a slow solver gets the first of them, as many as `cpu_seconds` allow."""
    cpu_seconds: float = setting(checks.number)
    """For answers to one target at a time."""
    joint_range_deg: JointRange = setting(checks.joint_range)
    model: Mapping[str, Any] | None = setting(checks.optional(checks.named(checks.plain)), default=None)
    """The `digest` and `method` of the trial that trained the model it starts from, and its `queries` of the arm."""
    machine: str = setting(checks.text)
    """`machine.digest()`: timings of another machine are other trials."""

    @property
    def name(self) -> str:
        return f"{self.solver}-{self.task}-{self.targets}"
