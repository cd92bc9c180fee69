"""The selection of records that a report shows: all, or those of some methods, arms and settings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from emssl_bench.exceptions import UnknownName
from emssl_bench.records import Record, Trial
from emssl_bench.report.escaping import in_markdown

FOLDER = "filtered"
"""The folder of a report of some records, within that of the run, so that the whole report stays."""


@dataclass(frozen=True)
class Selection:
    """A filter of records; empty `methods` and `robots` stand for all."""

    methods: tuple[str, ...] = ()
    robots: tuple[str, ...] = ()
    variants: bool = True
    """Also runs with settings that are not their method's defaults."""

    def check(self, records: Sequence[Record]) -> None:
        """Raises UnknownName for a method or an arm that no record has; it lists those that they have."""
        trials = [record.trial for record in records]
        _check("method in these records", self.methods, [*filter(None, map(method_of, trials))])
        _check("robot in these records", self.robots, [trial.robot for trial in trials])

    def records(self, records: Sequence[Record]) -> list[Record]:
        """The records of the methods and arms; records of no method, such as timings, only where none is named."""
        return [
            record
            for record in records
            if not (self.robots and record.trial.robot not in self.robots)
            and not (self.methods and method_of(record.trial) not in self.methods)
        ]

    def rows(self, runs: pd.DataFrame) -> pd.DataFrame:
        """The selected runs of accuracy or adaptation; variants were named among all runs, so that names stay."""
        if runs.empty:
            return runs
        kept = pd.Series(True, runs.index)
        if self.methods:
            kept &= runs["base" if "base" in runs else "method"].isin(self.methods)
        if self.robots:
            kept &= runs["robot"].isin(self.robots)
        if not self.variants:
            kept &= (runs["variant"] == "") & (runs["adapting"] == "" if "adapting" in runs else True)
        return runs[kept].reset_index(drop=True)

    @property
    def described(self) -> str:
        """The selection in Markdown, for the page; empty for everything."""
        parts = [
            *([f"of the method{'s' * (len(self.methods) > 1)} {_listed(self.methods)}"] if self.methods else []),
            *([f"of the arm{'s' * (len(self.robots) > 1)} {_listed(self.robots)}"] if self.robots else []),
            *([] if self.variants else ["with the default settings alone"]),
        ]
        if not parts:
            return ""
        return (
            f"**This report is filtered: it has only results {', '.join(parts)}.** Comparisons, bold means among them, "
            "are of the methods shown. The command `emssl-bench report` without a filter makes the whole report."
        )


EVERYTHING = Selection()


def method_of(trial: Trial) -> str:
    """The method that a trial trains or adapts; empty where there is none."""
    return trial.settings.trained_method


def _check(kind: str, asked: Iterable[str], held: Iterable[str]) -> None:
    known = set(held)
    for name in asked:
        if name not in known:
            raise UnknownName(kind, name, known)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(in_markdown, names))
