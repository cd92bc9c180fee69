"""The trials behind the rows, failed ones too: settings, machine, commit and curve."""

from collections.abc import Mapping, Sequence
from typing import Any

from emssl_bench import joint_space
from emssl_bench.experiments.curve import costs_cm
from emssl_bench.records import Record
from emssl_bench.records.settings import AccuracySettings
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.accuracy import KEY
from emssl_bench.report.naming import method_title
from emssl_bench.report.page.numbers import Pool, number, numbers, text, thinned
from emssl_bench.report.page.tasks import errors_apart

_DIGITS = {"error_mean_cm": 4, "fit_seconds": 4}
COLUMNS = ("iteration", "error_mean_cm", "fit_seconds", "forward_calls", "gradient_steps")


class Trials:
    """The trials of a page; what several share is held once, in `pool`."""

    def __init__(self, data: ReportData):
        self.pool = Pool()
        self._rows = self._row_of_digest(data)
        self.accuracy = [self._accuracy(record) for record in data.records if record.trial.digest in self._rows]
        self.failures = [self._failure(record) for record in data.records if record.status == "failed"]

    @staticmethod
    def _row_of_digest(data: ReportData) -> dict[str, int]:
        """The place of a finished trial's row in Table II, by the trial's digest."""
        places = {key: place for place, key in enumerate(data.table_2[KEY].itertuples(index=False, name=None))}
        runs = data.accuracy_runs
        keys = runs[KEY].itertuples(index=False, name=None)
        return {digest: places[key] for digest, key in zip(runs["digest"], keys, strict=True)}

    def _accuracy(self, record: Record) -> dict[str, Any]:
        return {
            **self._shared(record),
            "row": self._rows[record.trial.digest],
            "error": number(record.metrics.get("cost_mean_cm", record.metrics["error_mean_cm"])),
            "metrics": self._metrics(record.metrics),
            "curve": self._curve(record.curve, getattr(record.trial.settings, "task", "")),
        }

    def _failure(self, record: Record) -> dict[str, Any]:
        settings = record.trial.settings
        given = getattr(settings, "joint_range_deg", None)
        name = record.trial.name
        parts = [
            method_title(name) if isinstance(settings, AccuracySettings) else name,
            *filter(None, [settings.shown_change, "" if given is None else joint_space.shown(given)]),
            f"seed {record.trial.seed} on {record.trial.robot}",
        ]
        return {
            **self._shared(record),
            "name": text(", ".join(parts)),
            "experiment": text(record.trial.experiment),
            "reason": text(record.reason),
        }

    def _shared(self, record: Record) -> dict[str, Any]:
        return {
            "id": record.trial.digest,
            "seed": record.trial.seed,
            "commit": text(record.commit),
            "machine": self.pool.place(_shown(record.machine)),
            "settings": self.pool.place(_flat(record.trial.written()["settings"])),
        }

    def _metrics(self, metrics: Mapping[str, float]) -> list[Any]:
        """The place of their names in the pool, and the values."""
        in_order = sorted(metrics.items())
        return [self.pool.place([text(name) for name, _ in in_order]), numbers((value for _, value in in_order), 5)]

    def _curve(self, curve: Mapping[str, Sequence[float]], task: str) -> list[int]:
        """The places in the pool of the columns, with those of the errors that stand beside the one number behind
        them; most seeds of a row have all but errors and seconds in common."""
        kept = thinned(len(curve["iteration"]))
        shown = {**curve, "error_mean_cm": costs_cm(curve)}
        apart = [each for error in errors_apart(task) if (each := error.format("mean")) in curve]
        columns = [*((shown[name], _DIGITS.get(name, 9)) for name in COLUMNS), *((curve[name], 4) for name in apart)]
        return [self.pool.place(numbers((column[place] for place in kept), digits)) for column, digits in columns]


def _flat(settings: Mapping[str, Any], before: str = "") -> dict[str, str]:
    """Settings in one level, e.g. "hyperparameters.epochs", as texts; those that are not given are left out."""
    found = {}
    for key, value in settings.items():
        name = key if key == "hyperparameters" else f"{before}{key}"
        if isinstance(value, Mapping):
            found |= _flat(value, "" if key == "hyperparameters" else f"{name}.")
        elif value is not None:
            found[text(name)] = text(", ".join(map(str, value)) if isinstance(value, list | tuple) else value)
    return found


def _shown(machine: Mapping[str, str]) -> dict[str, str]:
    return {text(key): text(value) for key, value in machine.items()}
