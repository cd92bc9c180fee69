"""Table II and the curves of Fig. 6 as data frames."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

import numpy as np
import pandas as pd

from emssl_bench import joint_space, paper
from emssl_bench.records import Record
from emssl_bench.report import arm_names, machines
from emssl_bench.report.intervals import over_seeds, shown_error
from emssl_bench.report.methods import own_settings, ranks, title, with_variants

SETUP = ["robot", "robot_digest", "train_samples", "test_samples", "judged_on"]
"""What runs have in common that may stand in one table. `judged_on` is "test", or "validation": then settings were to
be chosen on a fifth of the training samples, and the test set was not looked at."""
KEY = [*SETUP, "joint_range_deg", "method", "variant"]
"""What runs that differ in nothing but the seed have in common."""
_METRICS = [
    "error_mean_cm",
    "error_median_cm",
    "error_p95_cm",
    "error_max_cm",
    "error_best_of_32_cm",
    "success_1mm",
    "success_5mm",
    "success_1cm",
    "success_5cm",
    "labelled_samples",
    "forward_calls",
    "gradient_steps",
    "other_gradient_steps",
    "fit_seconds",
]
_MEANS = [*_METRICS, "iterations", "last_quarter_fall"]
"""What a row of the table has the mean over seeds of."""


def runs(records: Sequence[Record]) -> pd.DataFrame:
    """One row for every finished accuracy trial: what it was, its metrics, its curve and its tables."""
    done = [r for r in records if r.trial.experiment == "accuracy" and r.status == "done"]
    rows = []
    for record in done:
        trial = record.trial
        row: dict[str, Any] = {
            "robot": trial.robot,
            "robot_digest": trial.settings["robot_digest"],
            "train_samples": trial.settings["train_samples"],
            "test_samples": trial.settings["test_samples"],
            "judged_on": trial.settings.get("judged_on", "test"),
            "joint_range_deg": trial.settings["joint_range_deg"],
            "method": trial.method,
            "variant": "",
            "seed": trial.seed,
            "settings": own_settings(record),
            "curve": record.curve,
            "tables": record.tables,
            "machine": machines.name(record),
        }
        row |= {name: record.metrics.get(name, np.nan) for name in _METRICS}
        row["iterations"] = record.curve["iteration"][-1]
        rows.append(row | {"last_quarter_fall": _last_quarter_fall(record.curve["error_mean_cm"])})
    frame = pd.DataFrame(rows, columns=[*KEY, "seed", "settings", "curve", "tables", "machine", *_MEANS])
    return _in_order(with_variants(frame, [*SETUP, "method"]))


def _last_quarter_fall(errors: Sequence[float]) -> float:
    """The share of its error that a method lost in the last quarter of its iterations: how far from its end it was."""
    before = -(-3 * len(errors) // 4)  # of 20 iterations the 15th
    return 1 - errors[-1] / errors[before - 1] if len(errors) >= 4 and errors[before - 1] else np.nan


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Table II in long form: one row per arm, budget, joint range and method, over its seeds.

    `error_mean_low_cm` and `error_mean_high_cm` are the 95 % t interval of the mean over seeds, where there are
    at least `ENOUGH_SEEDS`; `error_mean_by_seed_cm` always has the seeds themselves. `machines` names those that a
    row's trials ran on, and `fit_seconds` is no mean over different ones. `paper_train_samples` and `paper_iterations`
    say how `paper_cm` was trained.
    """
    rows = []
    for key, group in runs.groupby(KEY, sort=False):
        group = group.sort_values("seed")
        row: dict[str, Any] = dict(zip(KEY, cast(tuple, key), strict=True))
        row["seeds"] = len(group)
        row |= {name: group[name].mean() for name in _MEANS}
        row |= {"fit_seconds": machines.mean_seconds(group), **machines.of(group)}
        row |= over_seeds(group["error_mean_cm"].to_numpy())
        row["paper_cm"] = papers_cm(row)
        of_paper = not np.isnan(row["paper_cm"])
        row["paper_train_samples"] = paper.TRAINING_POSITIONS if of_paper else np.nan
        row["paper_iterations"] = paper.ITERATIONS if of_paper else np.nan
        rows.append(row)
    columns = [
        *KEY,
        "seeds",
        *_MEANS,
        "error_mean_low_cm",
        "error_mean_high_cm",
        "error_mean_by_seed_cm",
        "paper_cm",
        "paper_train_samples",
        "paper_iterations",
        "machines",
    ]
    return pd.DataFrame(rows, columns=columns)


def _in_order(runs: pd.DataFrame) -> pd.DataFrame:
    """Sorted, with the arm that the paper's stands for first, and the methods in the order of `ranks`."""
    order, arms = ranks(runs["method"]), sorted(set(runs["robot"]), key=lambda arm: (arm != paper.OUR_ARM, arm))
    places = {
        "method": order,
        "robot": {arm: place for place, arm in enumerate(arms)},
        "joint_range_deg": joint_space.place,
    }
    return runs.sort_values(
        [*SETUP, "joint_range_deg", "method", "variant", "seed"],
        key=lambda column: column.map(places.get(str(column.name), lambda value: value)),
        kind="stable",
        ignore_index=True,
    )


def curves(runs: pd.DataFrame) -> pd.DataFrame:
    """Fig. 6 in long form: one row per trial and iteration."""
    parts = []
    for _, run in runs.iterrows():
        curve = pd.DataFrame(run["curve"])
        parts.append(curve.assign(**{name: run[name] for name in [*KEY, "seed", "machine"]}))
    columns = [*KEY, "seed", "iteration", "error_mean_cm", "fit_seconds", "forward_calls", "gradient_steps", "machine"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def papers_cm(row: Mapping[Any, Any]) -> float:
    """The paper's error [cm] for a row's method and joint range; not a number where it has none, or no test error."""
    if row["judged_on"] != "test" or row["robot"] != paper.OUR_ARM:
        return np.nan
    return paper.TABLE_II_CM.get((row["method"], row["joint_range_deg"]), np.nan)


def judged_where(table: pd.DataFrame) -> str:
    """What a table's errors are of, for its title: the test set, unless all of its rows are validation."""
    return "on validation" if set(table["judged_on"]) == {"validation"} else "on the test set"


def setup_title(row: Mapping[Any, Any]) -> str:
    """A row's arm and data, in words."""
    data = f"{row['train_samples']:,} / {row['test_samples']:,} samples"
    if row["judged_on"] == "validation":
        data = f"{row['train_samples']:,} samples, a fifth of them for validation"
    return f"{row['robot']} ({row['robot_digest']}), {data}"


def headline(table: pd.DataFrame, bold: Collection[Any] = ()) -> pd.DataFrame:
    """The table to print: ours beside the paper's, one row a method, in the order of `ranks`; how it was trained too.

    Args:
        table: the long form that `table` makes.
        bold: labels of its rows whose mean is to be bold; for Markdown.
    """
    rows: dict[tuple, dict[str, str]] = {}  # by setup, method and variant
    for label, row in zip(table.index, table.to_dict("records"), strict=True):
        key = (tuple(row[name] for name in SETUP), row["method"], row["variant"])
        line = rows.setdefault(key, {"Arm and data": setup_title(row), "Method": title(row["method"], row["variant"])})
        trained = f"{row['iterations']:,.0f} iterations, {row['gradient_steps']:,.0f} steps"
        line["Trained for"] = "; ".join(dict.fromkeys([*filter(None, [line.get("Trained for")]), trained]))
        space = joint_space.shown(row["joint_range_deg"])
        mean, gap, spread = shown_error(row).partition(" ")
        line[f"{space} ours (cm)"] = (f"**{mean}**" if label in bold else mean) + gap + spread
        if not np.isnan(row["error_best_of_32_cm"]):
            line[f"{space} best of 32 (cm)"] = f"{row['error_best_of_32_cm']:.2f}"
        if not np.isnan(row["paper_cm"]):
            line[f"{space} paper (cm)"] = f"{row['paper_cm']:.2f}"
    setups = list(dict.fromkeys(setup for setup, _, _ in rows))
    places = ranks(table["method"])  # what ran with the wider joint ranges alone is met after all of the narrower ones
    in_order = sorted(rows, key=lambda key: (setups.index(key[0]), places[key[1]], key[2]))
    printed = pd.DataFrame([rows[key] for key in in_order]).fillna("")
    spaces = [joint_space.shown(value) for value in sorted(table["joint_range_deg"].unique(), key=joint_space.place)]
    first = ["Arm and data", "Method", "Trained for"]
    wanted = [f"{s} {what} (cm)" for s in spaces for what in ("ours", "best of 32", "paper")]
    return printed[first + [column for column in wanted if column in printed]]


def note(table: pd.DataFrame) -> str:
    """What must be said wherever the paper's numbers stand beside ours; empty where they do not."""
    return f"Paper: {paper.TRAINED}." if table["paper_cm"].notna().any() else ""


def details(table: pd.DataFrame) -> pd.DataFrame:
    """Tails, successes and costs, for the report."""

    def count(column: str) -> pd.Series:
        return table[column].map("{:,.0f}".format)

    return pd.DataFrame(
        {
            "Arm": arm_names.labels(table) + table["judged_on"].map({"test": "", "validation": ", validation"}),
            "Positions": count("train_samples"),
            "Range": table["joint_range_deg"].map(joint_space.shown),
            "Method": [title(m, v) for m, v in zip(table["method"], table["variant"], strict=True)],
            "Seeds": table["seeds"],
            **{
                f"{name} (cm)": table[f"error_{key}_cm"].map("{:.2f}".format)
                for name, key in (("Mean", "mean"), ("Median", "median"), ("95 %", "p95"), ("Max", "max"))
            },
            **{
                f"≤ {name}": table[f"success_{key}"].map("{:.1%}".format)
                for name, key in (("1 mm", "1mm"), ("5 mm", "5mm"), ("1 cm", "1cm"), ("5 cm", "5cm"))
            },
            "Fell in last quarter": table["last_quarter_fall"].map("{:.0%}".format).replace("nan%", ""),
            "Labelled samples": count("labelled_samples"),
            "Forward calls": count("forward_calls"),
            "Gradient steps": count("gradient_steps"),
            "on other networks": count("other_gradient_steps"),
            "Training (s)": machines.shown_seconds(table, "{:,.0f}"),
            "Trained on": table["machines"],
        }
    )
