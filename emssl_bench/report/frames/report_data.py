"""The data of a report: every frame that several sections need, each computed once."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import pandas as pd

from emssl_bench.exceptions import RecordError
from emssl_bench.records import Record, Store
from emssl_bench.records.timings import BENCHMARKS
from emssl_bench.report.frames import (
    accuracy,
    adaptation,
    answers,
    benchmarks,
    identification,
    paths,
    sampling,
    solvers,
)
from emssl_bench.report.frames.over_arms import over_arms
from emssl_bench.report.selection import EVERYTHING, Selection
from emssl_bench.report.tasks import by_cost


class ReportData:
    """The records that a report shows, and data frames of them, computed when first asked for and then kept."""

    def __init__(
        self,
        records: Sequence[Record],
        selection: Selection = EVERYTHING,
        folder: Path | None = None,
        tell: Callable[[str], None] = print,
    ):
        """
        Args:
            records: all records of a run, also those that the selection leaves out: a variant is named by what tells
                it from all others.
            selection: which of them are shown.
            folder: where benchmarks lie; None if there are none.
            tell: called with one line about a section that is left out.

        Raises:
            UnknownName: the selection names a method or an arm that no record has.
        """
        selection.check(records)
        self._all, self._folder = records, folder
        self.selection, self.tell = selection, tell
        self.records = selection.records(records)

    @classmethod
    def of(cls, store: Store, selection: Selection = EVERYTHING) -> "ReportData":
        """The data of a store's records.

        Raises:
            RecordError: the store has neither records nor benchmarks.
            UnknownName: the selection names a method or an arm that no record has.
        """
        records = store.records()
        if not records and not (selection == EVERYTHING and (store.folder / BENCHMARKS).exists()):
            where = store.folder / "records"
            raise RecordError(f"no records under {where}: run trials with --out {store.folder} first.")
        return cls(records, selection, store.folder, store.tell)

    @cached_property
    def accuracy_runs(self) -> pd.DataFrame:
        """One row for every finished accuracy trial."""
        return self.selection.rows(accuracy.accuracy_runs(self._all))

    @cached_property
    def table_2(self) -> pd.DataFrame:
        return accuracy.table_2(self.accuracy_runs)

    @cached_property
    def learning_curves(self) -> pd.DataFrame:
        return accuracy.learning_curves(self.accuracy_runs)

    @cached_property
    def over_arms(self) -> pd.DataFrame:
        """A summary of every method over several arms; empty where there are none."""
        return over_arms(by_cost(self.accuracy_runs))

    @cached_property
    def table_3(self) -> pd.DataFrame:
        return sampling.table_3(self.records)

    @cached_property
    def sampling_sweeps(self) -> pd.DataFrame:
        return sampling.sampling_sweeps(self.records)

    @cached_property
    def adaptation_runs(self) -> pd.DataFrame:
        """One row for every finished adaptation trial."""
        return self.selection.rows(adaptation.adaptation_runs(self._all))

    @cached_property
    def table_4(self) -> pd.DataFrame:
        return adaptation.table_4(self.adaptation_runs)

    @cached_property
    def adaptation_curves(self) -> pd.DataFrame:
        return adaptation.adaptation_curves(self.adaptation_runs)

    @cached_property
    def identification_errors(self) -> pd.DataFrame:
        return identification.identification_errors(self.records)

    @cached_property
    def solver_runs(self) -> pd.DataFrame:
        """One row for every measured solver and set of targets."""
        return solvers.solver_runs(self.records)

    @cached_property
    def solved_curves(self) -> pd.DataFrame:
        return solvers.solved_curves(self.records)

    @cached_property
    def path_runs(self) -> pd.DataFrame:
        """One row for every solver and way of following paths."""
        return paths.path_runs(self.records)

    @cached_property
    def first_paths(self) -> pd.DataFrame:
        return paths.first_paths(self.records)

    @cached_property
    def answer_runs(self) -> pd.DataFrame:
        """One row for every model whose many answers were measured."""
        return self.selection.rows(answers.answer_runs(self._all))

    @cached_property
    def answer_curves(self) -> pd.DataFrame:
        """The same by the number of samples."""
        return answers.answer_curves(self.answer_runs)

    @cached_property
    def benchmark_timings(self) -> pd.DataFrame:
        """Empty in a report of a selection: benchmarks belong to no method and no arm."""
        if self._folder is None or self.selection != EVERYTHING:
            return pd.DataFrame()
        return benchmarks.benchmark_timings(self._folder)
