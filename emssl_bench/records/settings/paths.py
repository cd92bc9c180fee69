"""What decides a row of the table of paths."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emssl_bench.joint_space import JointRange
from emssl_bench.records.settings import checks
from emssl_bench.records.settings.base import Settings, setting

ALONE, LAST, NEAREST = "alone", "last", "nearest"
"""How a solver gets from a target to the next: each alone, from its last answer, or by the nearest of several."""


@dataclass(frozen=True, kw_only=True)
class PathsSettings(Settings, experiment="paths"):
    """One solver on the paths of one shape."""

    solver: str = setting(checks.text)
    """Of `CONTENDERS`."""
    task: str = setting(checks.text)
    shape: str = setting(checks.text)
    """Of `path_sets.SHAPES`."""
    way: str = setting(checks.one_of(ALONE, LAST, NEAREST))
    samples: int = setting(checks.whole)
    """Answers to a target, of which the nearest is taken; 1 for the other ways."""
    count: int = setting(checks.whole)
    """Paths."""
    step_m: float = setting(checks.number)
    flip_deg: float = setting(checks.number)
    """A step in which a joint moves farther is a flip."""
    joint_range_deg: JointRange = setting(checks.joint_range)
    model: Mapping[str, Any] | None = setting(checks.optional(checks.named(checks.plain)), default=None)
    """The `digest` and `method` of the trial that trained the model it starts from."""

    @property
    def name(self) -> str:
        way = f"nearest-of-{self.samples}" if self.way == NEAREST else self.way
        return f"{self.solver}-{self.task}-{self.shape}-{way}"
