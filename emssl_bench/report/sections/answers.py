"""Many answers: several solutions of every target by trained models, a table of every task."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from emssl_bench import joint_space
from emssl_bench.report.by_task import by_task, own_columns, stem_of
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.answers import KEY
from emssl_bench.report.intervals import interval, shown
from emssl_bench.report.naming import arm_labels, method_title, other_task
from emssl_bench.report.section import Definitions, Section, Summary, Table, Text
from emssl_bench.report.tasks import COST, cost_terms, errors_of, has_cost, measure_of

OF_SETS = 32
"""Samples whose sets are compared in the table; where a run has no such number, its largest."""
_WORDS = ("Arm", "Range", "Training", "Method")
_COVERAGE = {"branches": "Branches", "self-motion": "Self-motion"}
_TERMS = {
    "A sample": "The mean error of all samples, one by one; *best of k* is that of the best of the first k, which a "
    "forward model picks. *Best of 1* is the first answer.",
    "Recall, precision": "Recall is the share of all solutions of a target that have a sample nearby; precision is the "
    "share of samples that have a solution nearby.",
    "Outside, at a limit": "The shares of samples beyond a joint's limits, and of those with a joint on one. A sample "
    "lies on a limit where the solver has moved it there.",
    "Jump": "How far the joint that moves most goes where the target moves a centimetre and the sample number stays: "
    "the median. Methods that draw solutions draw others for another target. *Needed* is how far it must go.",
}
_OF_REJECTION = {
    "Energy distance": "Between the samples and all solutions, in shares of the joint ranges; 0 for equal "
    "distributions. The floor in brackets is that of two halves of the solutions, one of them with as many as "
    "there are samples.",
    "Nearby": "Within {within:g} of the joint ranges, root mean square over joints. The ceiling in brackets is the "
    "recall of the one half of the solutions by the other.",
    "All solutions": "Of {configurations:,} random configurations those that lead to within {cm:g} cm of a target; "
    "targets with at least 64 of them, which lie where solutions are dense.",
}
_OF_POSES = {
    "Nearby": "Within {within:g}° in every joint.",
    "All solutions": "In closed form: the branches of an arm of six joints, points on the curves of one of seven.",
    "Branches, self-motion": "The share of all solutions that samples reach once least squares have refined them: "
    "branches within 1°, points of a self-motion as nearby.",
    "Refined": "The share of samples that least squares bring to the target, without another start.",
}


def section(data: ReportData) -> Section | None:
    """Several solutions of every target by trained models, beside all solutions that there are."""
    runs, curves = data.answer_runs, data.answer_curves
    if runs.empty:
        return None
    body: list[Text | Table | Definitions] = [
        Text(
            "Models solve each target several times, and what they return is compared with all solutions. Means over "
            "targets, and over seeds where there are several."
        ),
    ]
    for task, rows in by_task(runs):
        mine = curves[curves["task"].isin(rows["task"].unique())].reset_index(drop=True)
        body += _of_task(task, own_columns(rows, runs), own_columns(mine, curves))
    return Section("Many answers", body)


def _of_task(task: str, runs: pd.DataFrame, curves: pd.DataFrame) -> Iterator[Table | Definitions]:
    frame = over_seeds(runs, curves)
    printed = printed_answers(runs, curves)
    summary = Summary(
        f"Many answers{other_task(task)}",
        [each for each in printed.columns if not each.startswith(("Outside", "At a limit", "Jump", "Needed"))],
        common=("Arm", "Range", "Training"),
    )
    yield Table(printed, _WORDS, frame, stem_of("answers", task), summary=summary)
    yield Definitions(_terms(runs))


def over_seeds(runs: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """The long form: one row for every row of the table and number of samples, with means over seeds.

    The best of the samples has the interval of its mean, where there are seeds enough.
    """
    values = [name for name in curves if name not in (*KEY, "kind", "seed", "samples")]
    groups = curves.groupby([*KEY, "kind", "samples"], sort=False)
    frame = groups[values].mean().reset_index()
    frame.insert(len(KEY) + 2, "seeds", groups["seed"].nunique().to_numpy())
    best = f"{measure_of(runs)}_best_mean"
    frame[[f"{best}_low_cm", f"{best}_high_cm"]] = [interval(each.to_numpy()) for _, each in groups[f"{best}_cm"]]
    metrics = [name for name in runs.select_dtypes("number") if name not in (*KEY, "seed", "count")]
    return frame.merge(runs.groupby(KEY, sort=False)[metrics].mean().reset_index(), on=KEY)


def of_sets(curves: pd.DataFrame) -> int:
    """The number of samples whose sets the table compares."""
    counts = set(curves["samples"].astype(int))
    return OF_SETS if OF_SETS in counts else max(counts)


def printed_answers(runs: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """The table as printed, of one task.

    Args:
        runs, curves: of `frames.answers`.
    """
    frame, many = over_seeds(runs, curves), of_sets(curves)
    labels = dict(zip(runs["robot_digest"], arm_labels(runs), strict=True))
    sets, rows = _sets(runs), []
    for _, own in frame.groupby(KEY, sort=False):
        row = own.iloc[0].to_dict()
        by_count = {int(each["samples"]): each for each in own.to_dict("records")}
        count = many if many in by_count else max(by_count)
        rows.append(
            {
                "Arm": ", ".join([labels[row["robot_digest"]], *sets[row["reference"], row["within"]]]),
                "Range": joint_space.shown(row["joint_range_deg"]),
                "Training": f"{row['train_samples']:,}",
                "Method": method_title(str(row["method"]), str(row["variant"])),
                "Seeds": str(row["seeds"]),
                f"A sample ({_unit(row)})": _errors(row, "mean"),
                **{f"Best of {each}": _errors(of, "best_mean") for each, of in by_count.items()},
                **_compared(by_count, count, str(row["kind"])),
                "Outside": f"{row['outside_rate']:.1%}",
                "At a limit": f"{row['at_limit_rate']:.1%}",
                "Jump (°)": _number(row.get("jump_median_deg"), 1),
                "Needed (°)": _number(row.get("jump_needed_median_deg"), 1),
            }
        )
    return pd.DataFrame(rows).fillna("")


def _sets(runs: pd.DataFrame) -> dict[tuple[str, float], list[str]]:
    """What tells reference sets apart, in words, by their digest and what is nearby."""
    ways = {"count": "{:,} targets", "configurations": "{:,.0f} configurations", "within": "within {:g}"}
    told = [name for name in ways if runs[name].nunique() > 1]
    return {
        (row["reference"], row["within"]): [ways[name].format(row[name]) for name in told]
        for row in runs.to_dict("records")
    }


def _unit(row: Mapping[Any, Any]) -> str:
    return "cm, °" if has_cost(str(row["task"])) else "cm"


def _errors(row: Mapping[Any, Any], statistic: str) -> str:
    """The errors that a task tells apart, without their cost."""
    held = [name for name in errors_of(row) if name.format("best_mean") in row and name != COST]
    return ", ".join(_number(row[name.format(statistic)], 2) for name in held)


def _compared(by_count: Mapping[int, Mapping[Any, Any]], count: int, kind: str) -> dict[str, str]:
    """What is said of the sets of so many samples, and the coverage by the largest number of samples, too."""
    sets = by_count[count]
    if kind == "rejection":
        return {
            f"Energy distance of {count}": f"{sets['energy_distance']:.3f} [{sets['energy_distance_floor']:.3f}]",
            f"Recall of {count}": f"{sets['recall']:.2f} [{sets['recall_ceiling']:.2f}]",
            f"Precision of {count}": _number(sets["precision"], 2),
        }
    return {
        f"Recall of {count}": _number(sets["recall"], 2),
        f"Precision of {count}": _number(sets["precision"], 2),
        **{
            f"{_COVERAGE[kind]} by {each}": _number(by_count[each]["coverage"], 2)
            for each in sorted({count, max(by_count)})
        },
        "Refined": f"{sets['refined_success_rate']:.1%}",
    }


def _number(value: Any, digits: int) -> str:
    if value is None or np.isnan(value):
        return ""
    return shown(value) if digits == 2 else f"{value:.{digits}f}"


def _terms(runs: pd.DataFrame) -> dict[str, str]:
    first = runs.iloc[0]
    of = _OF_REJECTION if first["kind"] == "rejection" else _OF_POSES
    filled = {
        name: text.format(
            within=first["within"], configurations=int(first["configurations"]), cm=100 * first["within_m"]
        )
        for name, text in of.items()
    }
    return {**_TERMS, **filled, **cost_terms(runs)}
