"""What decides a timing of sampling."""

from dataclasses import dataclass
from typing import ClassVar

from emssl_bench.records.settings import checks
from emssl_bench.records.settings.base import Settings, setting
from emssl_bench.tasks import POSITION


@dataclass(frozen=True, kw_only=True)
class SamplingSettings(Settings, experiment="sampling"):
    """One case among those that were timed in turns."""

    subject: ClassVar[str] = "strategy"
    metrics: ClassVar[tuple[str, ...]] = ("seconds",)
    columns: ClassVar[tuple[str, ...]] = ("seconds",)
    timed: ClassVar[bool] = True

    strategy: str = setting(checks.text)
    part: str = setting(checks.text)
    """Where it is shown: table3, batches, workers, bounds or training."""
    batch: int = setting(checks.whole)
    kernel: str = setting(checks.text)
    """How the forward model is called."""
    processes: int = setting(checks.whole)
    """Of the forward model; 0 where it runs in the process itself."""
    table_batch: int = setting(checks.whole)
    """The batch of Table III, whatever that of the case."""
    table_processes: int = setting(checks.whole)
    samples: int = setting(checks.whole)
    rounds: int = setting(checks.whole)
    task: str = setting(checks.text, default=POSITION.name, absent=POSITION.name)
    """What is sampled: positions or poses."""
    machine: str = setting(checks.text)
    """`machine.digest()`: timings of another machine are other trials."""
