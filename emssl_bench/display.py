"""What a user sees while trials run: a live table in a terminal, a plain line an iteration elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.live import Live
from rich.progress import Progress as RichProgress
from rich.table import Table
from rich.text import Text

from emssl_bench import joint_range
from emssl_bench.experiments.progress import Standing
from emssl_bench.records import Record, Trial

if TYPE_CHECKING:
    import pandas as pd


OF_OUR_ARM = "The paper's arm is not named: ours is calibrated on direct regression alone."
OF_OTHER_ARMS = "The paper's arm is not named: its numbers stand beside paper6 alone, which is calibrated."


def open_console() -> Console:
    """Standard output; piped output has no width to fit into, so tables there are as wide as they need.

    Nothing in it is markup: brackets in the name of a folder or an arm are brackets.
    """
    return Console(markup=False) if sys.stdout.isatty() else Console(width=1000, markup=False)


def describe(trial: Trial) -> str:
    """e.g. "emssl ±90° seed 0", "replace links=3 ±90° seed 0"."""
    return f"{_what(trial)} {joint_range.shown(trial.settings['joint_range_deg'])} seed {trial.seed}"


class PlainDisplay:
    """One line for everything that happens."""

    def __init__(self, total: int, console: Console):
        self._total, self._ended = total, 0
        self._console = console

    def started(self, trial: Trial) -> None:
        self._say(f"{describe(trial)}: started")

    def progressed(self, trial: Trial, standing: Standing) -> None:
        self._say(
            f"{describe(trial)}: iteration {standing.iteration}/{standing.iterations}, "
            f"error {standing.error_mean_cm:.2f} cm, {_rate(standing)} forward calls/s, "
            f"{_clock(standing.seconds_left)} left"
        )

    def warned(self, trial: Trial, text: str) -> None:
        self._say(f"{describe(trial)}: warning: {text}")

    def ended(self, record: Record) -> None:
        self._ended += 1
        self._say(f"{describe(record.trial)}: {_outcome(record)} ({self._ended}/{self._total} trials)")

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


class LiveDisplay:
    """A table with a row for every trial, redrawn as it runs."""

    def __init__(self, trials: list[Trial], live: Live):
        self._live = live
        self._rows: dict[str, tuple[Trial, Standing | None, str]] = {t.digest: (t, None, "waiting") for t in trials}
        self._due: dict[str, float] = {}

    def started(self, trial: Trial) -> None:
        self._show(trial, None, "starting")

    def progressed(self, trial: Trial, standing: Standing) -> None:
        self._due[trial.digest] = time.monotonic() + standing.seconds_left
        self._show(trial, standing, "")

    def warned(self, trial: Trial, text: str) -> None:
        self._live.console.print(f"{describe(trial)}: warning: {text}", markup=False, style="yellow")

    def ended(self, record: Record) -> None:
        digest = record.trial.digest
        self._show(record.trial, self._rows[digest][1], "done" if record.status == "done" else "failed")
        if record.status == "failed":
            self._live.console.print(f"{describe(record.trial)}: {_outcome(record)}", markup=False, style="red")

    def _show(self, trial: Trial, standing: Standing | None, state: str) -> None:
        self._rows[trial.digest] = (trial, standing, state)

    def __rich__(self) -> Table:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for name, justify in (
            ("method", "left"),
            ("range", "right"),
            ("seed", "right"),
            ("iteration", "right"),
            ("test error", "right"),
            ("forward calls/s", "right"),
            ("time left", "right"),
        ):
            table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
        # A terminal too low for all rows shows the first ones: those that run, then the last to end.
        ended = [row for row in self._rows.values() if row[2] in ("done", "failed")]
        running = [row for row in self._rows.values() if row[2] in ("", "starting")]
        waiting = [row for row in self._rows.values() if row[2] == "waiting"]
        for trial, standing, state in [*running, *reversed(ended), *waiting]:
            left = max(0.0, self._due.get(trial.digest, 0.0) - time.monotonic())
            table.add_row(
                _what(trial),
                joint_range.shown(trial.settings["joint_range_deg"]),
                str(trial.seed),
                f"{standing.iteration}/{standing.iterations}" if standing else "",
                f"{standing.error_mean_cm:.2f} cm" if standing else "",
                _rate(standing) if standing else "",
                Text(state, style={"failed": "red", "done": "green"}.get(state, "dim")) if state else _clock(left),
            )
        return table


@contextmanager
def shown(trials: list[Trial], console: Console) -> Iterator[PlainDisplay | LiveDisplay]:
    """The display that fits where the output goes."""
    if not console.is_terminal:
        yield PlainDisplay(len(trials), console)
        return
    with Live(console=console, refresh_per_second=2) as live:
        display = LiveDisplay(trials, live)
        live.update(display)
        yield display


@contextmanager
def counted(console: Console) -> Iterator[Callable[[int, int, str], None]]:
    """Tells how much of a known number of things is done: a bar in a terminal, every tenth line elsewhere."""
    if not console.is_terminal:

        def say(done: int, of: int, what: str) -> None:
            if done % -(-of // 10) == 0:
                console.print(f"{done}/{of}: {what}", highlight=False)

        yield say
        return
    with RichProgress(*RichProgress.get_default_columns(), console=console) as bar:
        task = bar.add_task("")
        yield lambda done, of, what: bar.update(task, completed=done, total=of, description=what)


def print_tables(records: Sequence[Record], console: Console) -> None:
    """Prints ours beside the paper's, as far as there are results."""
    from emssl_bench import paper
    from emssl_bench.report import table2, table3, table4

    accuracy = table2.table(table2.runs(records))
    if not accuracy.empty:
        where = table2.judged_where(accuracy)
        _print(table2.headline(accuracy), f"Table II: mean distance error {where} (cm)", console)
        console.print(OF_OUR_ARM if set(accuracy["robot"]) == {paper.OUR_ARM} else OF_OTHER_ARMS, highlight=False)
    sampling = table3.table(records)
    if not sampling.empty:
        short = ["Strategy", "Kernel", "Seconds", "Speed-up", "Paper's speed-up"]
        _print(table3.headline(sampling)[short], "Table III: time to sample", console)

    adapted = table4.runs(records)
    if not adapted.empty:
        printed = table4.headline(table4.table(adapted))
        short = [name for name in printed if name not in ("Seeds", "Fewer calls", "Fewer steps")]
        _print(printed[short], "Table IV: adaptation to a changed arm", console)


def _print(frame: "pd.DataFrame", title: str, console: Console) -> None:
    from emssl_bench.report.files import WORD_COLUMNS

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1))
    for column in frame.columns:
        header = column.removesuffix(" (cm)").replace(" ", "\n", 1) if column.endswith(" (cm)") else column
        words = column in WORD_COLUMNS
        whole = words and frame[column].map(len).max() <= console.width // 3
        table.add_column(header, justify="left" if words else "right", no_wrap=whole, overflow="fold")
    for row in frame.itertuples(index=False):
        table.add_row(*map(str, row))
    console.print(table)


def _what(trial: Trial) -> str:
    return " ".join([trial.method, *filter(None, [trial.settings.get("change")])])


def _outcome(record: Record) -> str:
    if record.status == "failed":
        return f"FAILED: {record.reason}"
    if "error_mean_cm" not in record.metrics:
        return "done"
    return f"done, {record.metrics['error_mean_cm']:.2f} cm after {_clock(record.metrics['fit_seconds'])} of training"


def _rate(standing: Standing) -> str:
    return f"{standing.forward_calls_per_second:,.0f}" if standing.forward_calls_per_second else "no"


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
