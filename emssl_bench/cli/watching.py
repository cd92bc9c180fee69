"""A page that follows a run: report.html, written anew as trials progress.

A file and no server: it needs no port, works over any way of looking at a folder, and what a killed run leaves is a
page. It is replaced as a whole, so that a browser never reads half of one.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from emssl_bench.cli.display import describe
from emssl_bench.engine.driver import Display
from emssl_bench.exceptions import error_line
from emssl_bench.experiments.curve import TrialStatus
from emssl_bench.methods.phases import Phase
from emssl_bench.records import Record, Store, Trial
from emssl_bench.report import ReportData, page
from emssl_bench.system.files import write_atomically

SECONDS_BETWEEN_PAGES = 3.0
"""At least; and ten times what the last one took."""


class LivePage:
    """The page of a run: of the records that are there, and of how the trials are doing."""

    def __init__(self, trials: Sequence[Trial], store: Store, later: int = 0):
        self._store, self._later = store, later
        self._path = store.folder / page.NAME
        self._trials = {trial.digest: page.LiveTrial(f"{trial.robot} {describe(trial)}") for trial in trials}
        self._records = {record.trial.digest: record for record in store.records()}
        self._next, self._broken = 0.0, False

    def begin(self) -> None:
        """Writes the first page; a file of somebody else's by its name is set aside.

        Raises:
            RecordError: it cannot be.
        """
        if not page.is_ours(self._path):
            self._store.make_way(self._path, "is no page of this suite")
        self.write(now=True)

    def started(self, trial: Trial) -> None:
        self._trials[trial.digest].state = "running"
        self.write()

    def progressed(self, trial: Trial, status: TrialStatus) -> None:
        shown = self._trials[trial.digest]
        shown.iterations, shown.iteration = status.iterations, status.iteration
        shown.error_cm, shown.seconds_left = status.error_mean_cm, status.seconds_left
        self.write()

    def ended(self, record: Record) -> None:
        self._trials[record.trial.digest].state = record.status
        self._records[record.trial.digest] = record
        self.write()

    def stop(self) -> None:
        """Leaves a page that says what is missing."""
        self.write(now=True, stopped=True)

    def write(self, now: bool = False, stopped: bool = False) -> None:
        """Writes the page, unless the last one is of a moment ago. A page that cannot be made ends no trial."""
        begun = time.monotonic()
        if self._broken or (begun < self._next and not now):
            return
        try:
            write_atomically(self._path, self._made(stopped))
        except Exception as error:
            self._broken = True
            self._store.tell(f"{self._path} follows the run no longer: {error_line(error)}")
        ended = time.monotonic()
        self._next = ended + max(SECONDS_BETWEEN_PAGES, 10 * (ended - begun))

    def _made(self, stopped: bool) -> bytes:
        in_order = sorted(self._records.values(), key=lambda record: record.trial.label)
        data = ReportData(in_order, tell=self._store.tell)
        state = "stopped" if stopped else "running"
        live = page.Live(list(self._trials.values()), state, self._later, time.strftime("%H:%M:%S"))
        return page.made([], data, live=live)


class Watched:
    """A display that also keeps the page up to date."""

    def __init__(self, shown: Any, live: LivePage):
        self._shown, self._live = shown, live

    def started(self, trial: Trial) -> None:
        self._shown.started(trial)
        self._live.started(trial)

    def placed(self, trial: Trial, host: str) -> None:
        self._shown.placed(trial, host)

    def phased(self, trial: Trial, phase: Phase) -> None:
        self._shown.phased(trial, phase)

    def progressed(self, trial: Trial, status: TrialStatus) -> None:
        self._shown.progressed(trial, status)
        self._live.progressed(trial, status)

    def warned(self, trial: Trial, text: str) -> None:
        self._shown.warned(trial, text)

    def ended(self, record: Record) -> None:
        self._shown.ended(record)
        self._live.ended(record)


@contextmanager
def watched(
    watch: bool, shown: Display, trials: Sequence[Trial], store: Store, console: Any, later: int = 0
) -> Iterator[Display]:
    """The display, with a page that follows where that is wanted.

    Args:
        watch: whether it is.
        shown: the display.
        trials: what is to run.
        store: of the run.
        console: told where the page lies.
        later: how many more trials there are to run after these.
    """
    if not watch or not trials:
        yield shown
        return
    live = LivePage(trials, store, later)
    live.begin()
    console.print(f"Page, as trials progress: {store.folder / page.NAME}", highlight=False, soft_wrap=True)
    try:
        yield Watched(shown, live)
    except BaseException:  # Ctrl-C among them
        live.stop()
        raise
