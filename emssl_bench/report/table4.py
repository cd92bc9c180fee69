"""Table IV as data frames: what it costs to adapt to a changed arm."""

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd

from emssl_bench import paper
from emssl_bench.experiments.adaptation import base_method
from emssl_bench.records import Record
from emssl_bench.report import machines
from emssl_bench.report.approaches import arms, has_papers, in_order, title, trained_with
from emssl_bench.report.intervals import over_seeds, shown_error
from emssl_bench.report.methods import own_settings, with_variants
from robots.changes import Change

ARM = ["robot", "robot_digest", "joint_range_deg"]
"""What trials of one arm as it was have in common."""
SETUP = [*ARM, "train_samples", "test_samples", "noise_mm", "wanted", "validation_samples"]
"""What trials have in common that may stand in one table. Older records have 0 `validation_samples`: their test errors
decided when to stop and which model to keep."""
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
"""What trials that differ in nothing but the seed have in common. `settings` are those that the model was trained with
and what the trial ran on; `variant` names those in which trials that start from models of one method differ."""
_MEANS = ["error_unchanged_cm", "error_before_cm", "forward_calls", "fit_seconds", "gradient_steps"]
_SOMETIMES = ["reachable_share", "error_aligned_cm", "validation_calls"]


def runs(records: Sequence[Record]) -> pd.DataFrame:
    """One row for every finished adaptation trial: what it was, its metrics, its curve."""
    rows = []
    for record in records:
        trial = record.trial
        if trial.experiment != "adaptation" or record.status != "done":
            continue
        defaults = {"wanted": "all", "validation_samples": 0}
        setup = {name: {**defaults, **trial.settings}[name] for name in SETUP[1:]}
        row = {
            **{"robot": trial.robot, **setup, "change": trial.settings["change"], "approach": trial.method},
            "learner": trial.settings.get("learner", ""),
            "base": base_method(trial.method, trial.settings.get("learner", "emssl")),
            "samples": trial.settings["samples"],
            "measurements": trial.settings.get("measurements", 0),
            "schedule": trial.settings.get("schedule", ""),
            "settings": own_settings(record),
            "variant": "",
            "adapting": ", ".join(f"{key}={value}" for key, value in trial.settings.get("adapting", {}).items()),
            "seed": trial.seed,
            "curve": record.curve,
            "curve_unchanged_cm": record.metrics.get("validation_unchanged_cm", record.metrics["error_unchanged_cm"]),
            "machine": machines.name(record),
        }
        rows.append({**row, **record.metrics})
    frame = pd.DataFrame(rows)
    if frame.empty:
        return frame
    frame = with_variants(frame, [*SETUP, "base"])
    frame["settings"] = [json.dumps(settings, sort_keys=True) for settings in frame["settings"]]
    last = ["learner", "approach", "samples", "measurements", "schedule", "variant", "adapting", "settings", "seed"]
    return in_order(frame, SETUP, last)


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Table IV in long form: one row per setup, change and approach, over its seeds.

    `error_by_iteration_cm` is the mean over seeds of the validation error before and after each iteration, a seed that
    has ended keeping its last value. `times_calls` and `times_steps` are how many times those of training from scratch
    on the changed arm, with the settings that the model was trained with, are the calls and gradient steps that the
    approach took; not a number unless every seed got there, in some iterations. They are at least so many where
    `scratch_reached` is below 1, because not every seed from scratch did. The paper's numbers stand beside its changes,
    approaches and learner alone.
    """
    rows = []
    for key, group in runs.groupby(_KEY, sort=False, dropna=False):
        errors = group["error_mean_cm"].to_numpy()
        curves = [list(curve["error_mean_cm"]) for curve in group["curve"]]
        longest = max(map(len, curves))
        padded = np.array([curve + curve[-1:] * (longest - len(curve)) for curve in curves])
        stops = [f"{n:.0f}" if ok else f">{n:.0f}" for n, ok in zip(group["iterations"], group["reached"], strict=True)]
        change = Change.parse(str(group["change"].iloc[0]))
        before, after, iterations = paper.TABLE_IV.get(change.amount, (np.nan,) * 3)
        first = group.iloc[0]
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
                "error_by_iteration_cm": " ".join(f"{error:.4f}" for error in padded.mean(axis=0)),
                "iterations": ", ".join(stops),
                "reached": float(group["reached"].mean()),
                "paper_before_cm": before if of_paper else np.nan,
                "paper_after_cm": after if of_paper else np.nan,
                "paper_iterations": iterations if of_paper else np.nan,
            }
        )
    frame = pd.DataFrame(rows)
    alike = [*SETUP, "change", "learner", "settings"]
    frame["scratch_reached"] = _of_scratch(frame, "reached", alike)
    frame["times_calls"] = _of_scratch(frame, "forward_calls", alike) / frame["forward_calls"]
    frame["times_steps"] = _of_scratch(frame, "gradient_steps", alike) / frame["gradient_steps"]
    times = ["times_calls", "times_steps"]
    frame[times] = frame[times].replace(np.inf, np.nan)  # what was near enough before the first iteration took none
    frame.loc[frame["reached"] < 1, times] = np.nan
    return frame


def _of_scratch(frame: pd.DataFrame, column: str, alike: list[str]) -> pd.Series:
    """For every row what training from scratch has in `column`, among rows that are alike; or not a number."""
    scratch = frame[column].where(frame["approach"] == "scratch")
    return scratch.groupby([frame[name] for name in alike]).transform("max")


def curves(runs: pd.DataFrame) -> pd.DataFrame:
    """The figure of adaptation in long form: one row per trial and iteration, 0 being before the first.

    `curve_unchanged_cm` is the error of the unchanged arm on the positions that the curve is of.
    """
    parts = [
        pd.DataFrame(run["curve"]).assign(
            **{name: run[name] for name in [*_KEY, "seed", "curve_unchanged_cm"] if name != "settings"}
        )
        for _, run in runs.iterrows()
    ]
    return pd.concat(parts, ignore_index=True)


def headline(table: pd.DataFrame) -> pd.DataFrame:
    """The table to print: ours under the paper's, where it has the change.

    Args:
        table: the long form that `table` makes.
    """
    ours, parts = pd.concat([_words(table), _cells(table)], axis=1), []
    for _, group in table.groupby([*SETUP, "change"], sort=False):
        rows = ours.loc[group.index]
        if has_papers(group.iloc[0]):
            parts.append(_papers_row(group.iloc[0], rows.iloc[0]))
        parts.append(rows)
    return pd.concat(parts, ignore_index=True)


def _papers_row(ours: pd.Series, printed: pd.Series) -> pd.DataFrame:
    """The paper's numbers for the change of a row of ours, which is given as printed too."""
    before, after, iterations = paper.TABLE_IV[Change.parse(ours["change"]).amount]
    cells = {
        "Arm and data": f"arm not named, {paper.TRAINING_POSITIONS:,} positions",
        "Change": printed["Change"],
        "Approach": "EMSSL in the paper",
        "Unchanged (cm)": f"{paper.TABLE_II_CM['emssl', paper.TABLE_IV_RANGE_DEG]:.2f}",
        "Before (cm)": f"{before:.2f}",
        "After (cm)": f"{after:.2f}",
        "Iterations": str(iterations),
    }
    return pd.DataFrame([{name: cells.get(str(name), "") for name in printed.index}])


def _words(table: pd.DataFrame) -> pd.DataFrame:
    """What every row is about."""
    setup = [
        f"{arm}, {row['train_samples']:,} positions"
        + (f", noise {row['noise_mm']:g} mm" if row["noise_mm"] else "")
        + (", those within reach" if row["wanted"] == "reachable" else "")
        + ("" if row["validation_samples"] else ", stopped by test errors")
        for arm, row in zip(arms(table), table.to_dict("records"), strict=True)
    ]
    words = {
        "Arm and data": setup,
        "Change": [Change.parse(text).title for text in table["change"]],
        "Approach": [
            title(row["approach"], row["learner"])
            + (f" ({row['measurements']} measured)" if row["measurements"] else "")
            + (f", {row['samples']:,} an iteration" if row["samples"] != row["train_samples"] else "")
            + (", constant rate" if row["schedule"] == "constant" else "")
            + (f", {row['adapting']}" if row["adapting"] else "")
            + trained_with(row["variant"])
            for row in table.to_dict("records")
        ],
    }
    return pd.DataFrame(words, index=table.index)


def _cells(table: pd.DataFrame) -> pd.DataFrame:
    """What it came to."""

    def centimetres(column: str) -> pd.Series:
        return table[column].map("{:.2f}".format).replace("nan", "")

    def times(column: str) -> pd.Series:
        shown = table[column].map(lambda value: f"{value:,.0f} x" if value >= 10 else f"{value:.1f} x")
        shown = shown.where(table["scratch_reached"] == 1, "> " + shown)
        return shown.where((table["approach"] != "scratch") & table[column].notna(), "")

    printed = {
        "Unchanged (cm)": centimetres("error_unchanged_cm"),
        "Before (cm)": centimetres("error_before_cm"),
        **({"Aligned (cm)": centimetres("error_aligned_cm")} if "error_aligned_cm" in table else {}),
        "After (cm)": [shown_error(row) for row in table.to_dict("records")],
        "Seeds": table["seeds"],
        "Iterations": table["iterations"],
        "Calls": table["forward_calls"].map("{:,.0f}".format),
        **(
            {"Validation calls": table["validation_calls"].map("{:,.0f}".format).replace("nan", "")}
            if "validation_calls" in table
            else {}
        ),
        "Seconds": machines.shown_seconds(table, "{:.0f}"),
        "Trained on": table["machines"],
        "Fewer calls": times("times_calls"),
        "Fewer steps": times("times_steps"),
    }
    return pd.DataFrame(printed, index=table.index).astype(str)


def by_iteration(table: pd.DataFrame) -> pd.DataFrame:
    """The validation error at the start (before, or once aligned) and after each iteration, for the report."""
    errors = [[f"{float(e):.2f}" for e in text.split()] for text in table["error_by_iteration_cm"]]
    first = [0 if approach != "scratch" else 1 for approach in table["approach"]]
    most = max(len(row) - 1 + start for row, start in zip(errors, first, strict=True))
    columns = {
        ("Start" if i == 0 else str(i)): [
            row[i - start] if 0 <= i - start < len(row) else "" for row, start in zip(errors, first, strict=True)
        ]
        for i in range(most + 1)
    }
    return pd.concat([_words(table), pd.DataFrame(columns, index=table.index)], axis=1)
