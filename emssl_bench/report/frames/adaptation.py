"""Table IV and its curves as data frames: what it costs to adapt to a changed arm."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from emssl_bench import paper
from emssl_bench.experiments.curve import costs_cm
from emssl_bench.records import Record
from emssl_bench.records.settings import AdaptationSettings
from emssl_bench.report import machines
from emssl_bench.report.frames.accuracy import in_long_form
from emssl_bench.report.frames.changes import ARM, by_change, has_papers
from emssl_bench.report.frames.variants import own_settings, with_variants
from emssl_bench.report.intervals import over_seeds
from emssl_bench.report.tasks import DISTANCE, errors_of
from robots.changes import Change

SETUP = [*ARM, "train_samples", "test_samples", "noise_mm", "targets", "validation_samples", "task"]
"""Columns that trials of one table have in common. Older records have 0 `validation_samples`: their test errors decided
when to stop and which model to keep."""
_OF_PAPER = ("identify", "replace")
"""The approaches of the paper, where EMSSL learns; it does not say to which its numbers belong."""
_KEY = [
    *SETUP,
    "change",
    "learner",
    "approach",
    "samples",
    "measurements",
    "schedule",
    "settings",
    "variant",
    "adapting",
]
"""Columns that trials of one row have in common; they differ in the seed alone. `settings` are those that the model was
trained with and what the trial ran on; `variant` names those that differ among models of one method."""
_MEANS = ["error_unchanged_cm", "error_before_cm", "forward_calls", "fit_seconds", "gradient_steps"]
_SOMETIMES = ["reachable_share", "error_aligned_cm", "validation_calls"]
"""Metrics that only some records have."""


def adaptation_runs(records: Sequence[Record]) -> pd.DataFrame:
    """One row for every finished adaptation trial: setup, approach, metrics and curve."""
    rows = []
    for record in records:
        trial, settings = record.trial, record.trial.settings
        if not isinstance(settings, AdaptationSettings) or record.status != "done":
            continue
        unchanged_cm = record.metrics.get("validation_unchanged_cm", record.metrics["error_unchanged_cm"])
        rows.append(
            {
                "robot": trial.robot,
                **{name: getattr(settings, name) for name in SETUP[1:]},
                "change": settings.change,
                "approach": settings.approach,
                "learner": settings.other_learner,
                "base": settings.learner,
                "samples": settings.samples,
                "measurements": settings.measurements,
                "schedule": settings.schedule or "",
                "settings": own_settings(record),
                "variant": "",
                "adapting": ", ".join(f"{key}={value}" for key, value in settings.adaptation_hyperparameters.items()),
                "seed": trial.seed,
                "curve": record.curve,
                "curve_unchanged_cm": unchanged_cm,
                "machine": machines.trained_on(record),
                **record.metrics,
            }
        )
    if not rows:
        return pd.DataFrame()
    frame = with_variants(pd.DataFrame(rows), [*SETUP, "base"])
    frame["settings"] = [json.dumps(settings, sort_keys=True) for settings in frame["settings"]]
    last = ["learner", "approach", "samples", "measurements", "schedule", "variant", "adapting", "settings", "seed"]
    return by_change(frame, SETUP, last)


def table_4(runs: pd.DataFrame) -> pd.DataFrame:
    """Table IV in long form: one row per setup, change and approach, over its seeds.

    - `error_by_iteration_cm`: the mean over seeds of the validation error, or cost, before and after each iteration; a
      seed that has ended keeps its last value.
    - `angle_before_deg`, `cost_before_cm` and so on: the same as of distances, of what else the tasks tell apart.
    - `times_calls`, `times_steps`: the arm queries and gradient steps of training from scratch on the changed arm, with
      the settings of the model, as multiples of the approach's. They are not numbers unless every seed succeeded, and
      lower bounds where `scratch_reached` is below 1.
    - `paper_...`: the paper's numbers, beside its changes, approaches and learner alone.
    """
    if runs.empty:
        return pd.DataFrame()
    rows, more = [], _other_errors(runs)
    for key, group in runs.groupby(_KEY, sort=False, dropna=False):
        errors = group["error_mean_cm"].to_numpy()
        stops = [f"{n:.0f}" if ok else f">{n:.0f}" for n, ok in zip(group["iterations"], group["reached"], strict=True)]
        first = group.iloc[0]
        before, after, iterations = paper.TABLE_IV.get(Change.parse(str(first["change"])).amount, (np.nan,) * 3)
        of_paper = has_papers(first) and first["approach"] in _OF_PAPER and not first["learner"]
        rows.append(
            {
                **dict(zip(_KEY, key if isinstance(key, tuple) else (key,), strict=True)),
                "seeds": len(group),
                **group[_MEANS].mean().to_dict(),
                **{"fit_seconds": machines.mean_seconds(group), **machines.of(group)},
                **{name: group[name].mean() for name in _SOMETIMES if name in group},
                "error_mean_cm": float(errors.mean()),
                **over_seeds(errors),
                **{name: value for error in more for name, value in _means(group, error).items()},
                "error_by_iteration_cm": " ".join(f"{error:.4f}" for error in _mean_curve(group)),
                "iterations": ", ".join(stops),
                "reached": float(group["reached"].mean()),
                "paper_before_cm": before if of_paper else np.nan,
                "paper_after_cm": after if of_paper else np.nan,
                "paper_iterations": iterations if of_paper else np.nan,
            }
        )
    return _beside_scratch(pd.DataFrame(rows))


def _other_errors(runs: pd.DataFrame) -> list[str]:
    """The errors that the runs have besides distances."""
    return [error for error in errors_of(runs.columns) if error != DISTANCE and error.format("before") in runs]


def _means(group: pd.DataFrame, error: str) -> dict[str, Any]:
    """An error of a row's runs on both arms, before and after; nothing where their task does not have it."""
    names = [error.format(what) for what in ("unchanged", "before", "mean", "aligned")]
    held = [name for name in names if name in group and group[name].notna().any()]
    spread = over_seeds(group[error.format("mean")].to_numpy(), error) if held else {}
    return {**{name: group[name].mean() for name in held}, **spread}


def _mean_curve(group: pd.DataFrame) -> np.ndarray:
    """The mean validation error or cost [cm] by iteration, where seeds that have ended keep their last value."""
    curves = [list(costs_cm(curve)) for curve in group["curve"]]
    longest = max(map(len, curves))
    return np.array([curve + curve[-1:] * (longest - len(curve)) for curve in curves]).mean(axis=0)


def _beside_scratch(frame: pd.DataFrame) -> pd.DataFrame:
    """Adds what each row saves compared with training from scratch."""
    alike = [frame[name] for name in (*SETUP, "change", "learner", "settings")]

    def of_scratch(column: str) -> pd.Series:
        return frame[column].where(frame["approach"] == "scratch").groupby(alike).transform("max")

    frame["scratch_reached"] = of_scratch("reached")
    frame["times_calls"] = of_scratch("forward_calls") / frame["forward_calls"]
    frame["times_steps"] = of_scratch("gradient_steps") / frame["gradient_steps"]
    times = ["times_calls", "times_steps"]
    frame[times] = frame[times].replace(np.inf, np.nan)  # a model that needed no iteration had no cost
    frame.loc[frame["reached"] < 1, times] = np.nan
    return frame


def adaptation_curves(runs: pd.DataFrame) -> pd.DataFrame:
    """The curves of adaptation in long form: one row per trial and iteration, 0 being before the first.

    `curve_unchanged_cm` is the error, or the cost, of the unchanged arm on the positions that the curve is of.
    """
    names = [name for name in (*_KEY, "seed", "curve_unchanged_cm") if name != "settings"]
    return pd.DataFrame() if runs.empty else in_long_form(runs, list(runs["curve"]), names)
