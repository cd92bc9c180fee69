"""What a user sees while trials run: a live table in a terminal, a plain line an iteration elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress import Progress as RichProgress
from rich.table import Table
from rich.text import Text

from emssl_bench import joint_space
from emssl_bench.cli.pace import Pace, clock
from emssl_bench.experiments.curve import TrialStatus
from emssl_bench.methods.phases import Phase
from emssl_bench.records import Record, Trial

SECONDS_BETWEEN_LINES = 10.0
"""Of a trial that has no iteration to tell of."""


def open_console() -> Console:
    """Standard output; piped output has no width to fit into, so tables there are as wide as they need.

    Nothing in it is markup: brackets in the name of a folder or an arm are brackets, and colons colons.
    """
    plain: dict[str, Any] = {"markup": False, "emoji": False}
    return _Console(**plain) if sys.stdout.isatty() else _Console(width=1000, **plain)


class _Console(Console):
    """Rich's, whose way with a pipe that nobody reads is to end the process, whatever else it has begun."""

    def on_broken_pipe(self) -> None:
        raise


def describe(trial: Trial) -> str:
    """e.g. "emssl ±90° seed 0", "replace links=3 ±90° seed 0"."""
    return f"{_what(trial)} {_joint_range(trial)} seed {trial.seed}"


class PlainDisplay:
    """One line for everything that happens, with the time of day."""

    def __init__(self, trials: Sequence[Trial], console: Console, pace: Pace):
        self._console, self._pace = console, pace
        self._named = _namer(trials)
        self._last: dict[str, float] = {}

    def started(self, trial: Trial) -> None:
        self._pace.started(trial)
        self._say(trial, "started")

    def placed(self, trial: Trial, host: str) -> None:
        self._say(trial, f"on {host}")

    def phased(self, trial: Trial, phase: Phase) -> None:
        """Only what takes long is worth a line."""
        if time.monotonic() - self._last.get(trial.digest, 0.0) >= SECONDS_BETWEEN_LINES:
            self._say(trial, _shown_phase(phase))

    def progressed(self, trial: Trial, status: TrialStatus) -> None:
        self._pace.progressed(trial, status)
        rate = f"{_rate(status)} arm queries/s, " if status.forward_calls_per_second else ""
        self._say(
            trial,
            f"iteration {status.iteration}/{status.iterations}, error {_shown_error(status)}, {rate}"
            f"{clock(status.seconds_left)} left",
        )

    def warned(self, trial: Trial, text: str) -> None:
        self._say(trial, f"warning: {text}")

    def ended(self, record: Record) -> None:
        self._pace.ended(record.trial, record.status == "done")
        self._say(record.trial, f"{_outcome(record)} ({self._pace})")

    def _say(self, trial: Trial, text: str) -> None:
        self._last[trial.digest] = time.monotonic()
        line = f"{time.strftime('%H:%M:%S')} {self._named(trial)}: {text}"
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class LiveDisplay:
    """A table with a row for every trial, redrawn as it runs, under a line about all of them."""

    def __init__(self, trials: Sequence[Trial], live: Live, pace: Pace):
        self._live, self._pace = live, pace
        self._named = _namer(trials)
        self._several = len({trial.robot for trial in trials}) > 1
        self._rows: dict[str, tuple[Trial, TrialStatus | None, str]] = {t.digest: (t, None, "waiting") for t in trials}
        self._hosts: dict[str, str] = {}

    def started(self, trial: Trial) -> None:
        self._pace.started(trial)
        self._show(trial, None, "starting")

    def placed(self, trial: Trial, host: str) -> None:
        self._hosts[trial.digest] = host
        self._show(trial, None, "starting")

    def phased(self, trial: Trial, phase: Phase) -> None:
        """Shown until there is an iteration to show."""
        _, status, _ = self._rows[trial.digest]
        if status is None:
            self._show(trial, None, _shown_phase(phase))

    def progressed(self, trial: Trial, status: TrialStatus) -> None:
        self._pace.progressed(trial, status)
        self._show(trial, status, "")

    def warned(self, trial: Trial, text: str) -> None:
        self._live.console.print(f"{self._named(trial)}: warning: {text}", markup=False, style="yellow")

    def ended(self, record: Record) -> None:
        digest = record.trial.digest
        self._pace.ended(record.trial, record.status == "done")
        self._show(record.trial, self._rows[digest][1], "done" if record.status == "done" else "failed")
        if record.status == "failed":
            text = f"{self._named(record.trial)}: {_outcome(record)}"
            self._live.console.print(text, markup=False, style="red")

    def _show(self, trial: Trial, status: TrialStatus | None, state: str) -> None:
        self._rows[trial.digest] = (trial, status, state)

    def __rich__(self) -> Group:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for name, justify in (
            *([("arm", "left")] if self._several else []),
            ("method", "left"),
            ("range", "right"),
            ("seed", "right"),
            ("iteration", "right"),
            ("error", "right"),
            ("arm queries/s", "right"),
            ("time left", "right"),
            *([("node", "left")] if self._hosts else []),
        ):
            table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
        # A terminal too low for all rows shows the first ones: those that run, then the last to end.
        rows = self._rows.values()
        ended = [row for row in rows if row[2] in ("done", "failed")]
        waiting = [row for row in rows if row[2] == "waiting"]
        running = [row for row in rows if row[2] not in ("done", "failed", "waiting")]
        for trial, status, state in [*running, *reversed(ended), *waiting]:
            left = self._pace.seconds_left_of(trial) or 0.0
            table.add_row(
                *([trial.robot] if self._several else []),
                _what(trial),
                _joint_range(trial),
                str(trial.seed),
                f"{status.iteration}/{status.iterations}" if status else "",
                _shown_error(status) if status else "",
                _rate(status) if status else "",
                Text(state, style={"failed": "red", "done": "green"}.get(state, "dim")) if state else clock(left),
                *([self._hosts.get(trial.digest, "")] if self._hosts else []),
            )
        return Group(Text(str(self._pace)), table)


@contextmanager
def shown(
    trials: Sequence[Trial], console: Console, jobs: int = 1, later: int = 0
) -> Iterator[PlainDisplay | LiveDisplay]:
    """The display that fits where the output goes.

    Args:
        trials: what is to run.
        console: where to.
        jobs: trials at a time.
        later: how many more there are to run after these.
    """
    pace = Pace(trials, jobs, later)
    if not console.is_terminal:
        yield PlainDisplay(trials, console, pace)
        return
    with Live(console=console, refresh_per_second=2) as live:
        display = LiveDisplay(trials, live, pace)
        live.update(display)
        yield display


def _namer(trials: Sequence[Trial]) -> Callable[[Trial], str]:
    """What a trial is called among these."""
    if len({trial.robot for trial in trials}) > 1:
        return lambda trial: f"{trial.robot} {describe(trial)}"
    return describe


def _shown_phase(phase: Phase) -> str:
    return phase.what if phase.share is None else f"{phase.what}, {min(max(phase.share, 0.0), 1.0):.0%}"


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


def _what(trial: Trial) -> str:
    return " ".join([trial.name, *filter(None, [trial.settings.shown_change])])


def _joint_range(trial: Trial) -> str:
    """In words; of what has none, nothing."""
    given = getattr(trial.settings, "joint_range_deg", None)
    return "" if given is None else joint_space.shown(given)


def _outcome(record: Record) -> str:
    if record.status == "failed":
        return f"FAILED: {record.reason}"
    if "fit_seconds" not in record.metrics:  # nothing was trained
        return "done"
    angle = f" {record.metrics['angle_mean_deg']:.1f}°" if "angle_mean_deg" in record.metrics else ""
    error = f"{record.metrics['error_mean_cm']:.2f} cm{angle}"
    return f"done, {error} after {clock(record.metrics['fit_seconds'])} of training"


def _shown_error(status: TrialStatus) -> str:
    angle = "" if status.angle_mean_deg is None else f" {status.angle_mean_deg:.1f}°"
    return f"{status.error_mean_cm:.2f} cm{angle}"


def _rate(status: TrialStatus) -> str:
    return f"{status.forward_calls_per_second:,.0f}" if status.forward_calls_per_second else "–"
