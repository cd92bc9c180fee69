"""Numerical solvers, ours and those of other packages: success, error and time, and queries of the black boxes."""

from collections.abc import Iterator

import pandas as pd

from emssl_bench import joint_space
from emssl_bench.experiments.target_sets import TARGET_SETS
from emssl_bench.report.escaping import in_code, in_markdown
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.solvers import SETUP
from emssl_bench.report.naming import arm_labels, listed, method_title
from emssl_bench.report.section import Bullets, Definitions, Section, Summary, Table, Text
from emssl_bench.report.tasks import has_cost
from emssl_bench.solvers.contenders import CONTENDERS, contender

_WORDS = ("Arm", "Range", "Task", "Solver", "Knows", "Targets")
_SUCCESS = ("10mm", "5mm", "1mm", "0.1mm")
_TERMS = {
    "≤ 10 mm ... ≤ 0.1 mm": "The share of targets with an answer inside the joints' limits and with at most this "
    "error, and for poses with at most 5, 2, 1 and 0.1 degrees. Angles are brought inside the limits by whole turns "
    "first. One float64 forward model judges all.",
    "Claimed, wrong": "The share of targets that the solver says it has reached, where the answer is not within 1 mm "
    "(1 degree) and the limits; a dash where a solver does not tell.",
    "One (µs)": "CPU time for one target at a time, from Python: the median and the 95 % quantile. It is that of the "
    "whole process, all its threads together.",
    "32, 1,024, 10,000 (µs)": "CPU time a target in batches of so many; blank where one batch would take too long.",
    "Tries": "Starts, those of restarts included; *steps* are the iterations of all tries.",
    "Built, first": "CPU time to make the solver, and of its first answer, which may compile.",
    "n": "Targets asked one at a time; slow solvers get fewer.",
}
_QUERY_TERMS = {
    "To 1 mm, to 0.1 mm": "Queries of the arm for a target, the first look at the guess among them, until the measured "
    "error was that small: mean, median and 95 % quantile of the targets that came so near, whose share stands before.",
    "Before": "Queries of the arm that were made before the first target: samples, measurements or a training.",
}


def section(data: ReportData) -> Section | None:
    """A table of all solvers on uniform targets, one of all sets of targets, and one of queries."""
    runs = data.solver_runs
    if runs.empty:
        return None
    runs = runs.assign(Arm=arm_labels(runs), Range=runs["joint_range_deg"].map(joint_space.shown), Solver=titles(runs))
    able = runs[runs["answered_targets"] > 0]
    return Section("Numerical solvers", [*_of_first_set(runs, able), *_of_all_sets(able), *_of_queries(able)])


def titles(runs: pd.DataFrame) -> list[str]:
    """The solver of every row, with the model that it starts from."""
    return [
        _title(solver) + (f" ({method_title(model)})" if model else "")
        for solver, model in zip(runs["solver"], runs["model"], strict=True)
    ]


def _title(solver: str) -> str:
    return contender(solver).title if solver in CONTENDERS else solver


def _of_first_set(runs: pd.DataFrame, able: pd.DataFrame) -> Iterator[Table | Definitions | Text | Bullets]:
    """The full table, of the first set of targets that there is."""
    if able.empty:
        return
    first = next(name for name in TARGET_SETS if name in set(able["targets"]))
    rows = able[able["targets"] == first]
    table = printed_solvers(rows)
    columns = ("Arm", "Range", "Task", "Solver", "≤ 1 mm", "≤ 0.1 mm", "One (µs)", "1,024 (µs)")
    title = f"Solvers on targets of the set {first!r}"
    summary = Summary(title, columns, common=("Arm", "Range"))
    yield Text(f"Targets are those of the set *{first}*: {_meaning(first)}")
    yield Table(table, _WORDS, rows.drop(columns=["Arm", "Range", "Solver"]), "solvers", summary=summary)
    yield Definitions(_TERMS)
    yield from _left_out(runs)


def printed_solvers(rows: pd.DataFrame) -> pd.DataFrame:
    """The full table as printed.

    Args:
        rows: of `frames.solvers.solver_runs`, with the columns Arm, Range and Solver.
    """
    return (
        pd.DataFrame(
            {
                "Arm": rows["Arm"],
                "Range": rows["Range"],
                "Task": rows["task"],
                "Solver": rows["Solver"],
                "Knows": [contender(name).knows if name in CONTENDERS else "" for name in rows["solver"]],
                "n": rows["answered_targets"].map("{:,.0f}".format),
                **{f"≤ {name.replace('mm', ' mm')}": shares(rows, f"success_rate_{name}") for name in _SUCCESS},
                "Claimed, wrong": shares(rows, "claimed_wrong_rate").replace("", "–"),
                "Outside limits": shares(rows, "outside_rate"),
                "No answer": shares(rows, "no_answer_rate"),
                "Median (mm)": _numbers(rows, "error_median_mm", "{:.2g}"),
                "95 % (mm)": _numbers(rows, "error_p95_mm", "{:.2g}"),
                "Max (mm)": _numbers(rows, "error_max_mm", "{:.2g}"),
                **_angles(rows),
                "One (µs)": microseconds(rows, "one_seconds_median"),
                "95 % (µs)": microseconds(rows, "one_seconds_p95"),
                **{f"{size:,} (µs)": microseconds(rows, f"batch_{size}_seconds") for size in (32, 1024, 10_000)},
                "Steps": _numbers(rows, "steps_mean", "{:.1f}"),
                "Tries": _numbers(rows, "tries_mean", "{:.2f}"),
                "Built (s)": _numbers(rows, "built_seconds", "{:.2f}"),
                "First (s)": _numbers(rows, "first_seconds", "{:.3f}"),
            }
        )
        .fillna("")
        .reset_index(drop=True)
    )


def _angles(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """The columns of angles, blank for tasks without; none where no row has any."""
    rows = rows[rows["task"].map(has_cost)]
    names = {"Median (°)": "angle_median_deg", "95 % (°)": "angle_p95_deg", "Max (°)": "angle_max_deg"}
    return {title: _numbers(rows, name, "{:.2g}") for title, name in names.items()} if len(rows) else {}


def _left_out(runs: pd.DataFrame) -> Iterator[Bullets]:
    """The solvers that have no row, and why."""
    unable = runs[runs["answered_targets"] == 0]
    lines = [
        f"**{in_markdown(row['Solver'])}** cannot solve {in_markdown(row['Arm'])} ({row['task']}): "
        + in_markdown(row["reason"])
        for row in unable.drop_duplicates([*SETUP[:-1], "solver"]).to_dict("records")
    ]
    absent = [name for name in CONTENDERS if name not in set(runs["solver"])]
    if absent:
        lines.append(
            f"Not measured here: {listed([in_code(name) for name in absent])}. Solvers of other packages need "
            "`pip install 'emssl-bench[peers]'`, and some of ours a trained model (`--model`)."
        )
    if lines:
        yield Bullets(lines)


def _of_all_sets(able: pd.DataFrame) -> Iterator[Table | Definitions]:
    """Success within 0.1 mm and time, a column a set."""
    sets = [name for name in TARGET_SETS if name in set(able["targets"])]
    if len(sets) < 2:
        return
    keys = ["Arm", "Range", "task", "Solver"]
    shown = able.assign(
        cell=[f"{a} {b}" for a, b in zip(shares(able, "success_rate_0.1mm"), _times(able), strict=True)]
    )
    wide = shown.drop_duplicates([*keys, "targets"]).pivot(index=keys, columns="targets", values="cell")
    order = shown.drop_duplicates(keys)[keys]
    printed = wide.reindex(pd.MultiIndex.from_frame(order))[sets].fillna("").reset_index()
    yield Table(printed.rename(columns={"task": "Task"}), _WORDS, _long(able), "solvers_by_targets")
    cells = {"Cells": "The share of targets within 0.1 mm (0.1 degrees), and the median CPU time for one target (µs)."}
    yield Definitions({**cells, **{name: _meaning(name) for name in sets}})


def _long(able: pd.DataFrame) -> pd.DataFrame:
    columns = [*SETUP, "solver", "model", "success_rate_0.1mm", "one_seconds_median", "claimed_wrong_rate"]
    return able[[name for name in columns if name in able]].reset_index(drop=True)


def _meaning(name: str) -> str:
    return (TARGET_SETS[name].__doc__ or "").strip()


def _of_queries(able: pd.DataFrame) -> Iterator[Table | Definitions]:
    """Queries of the arm, of the solvers that make them."""
    if "queries_to_0.1mm_mean" not in able:
        return
    rows = able[able["queries_mean"].notna()]
    printed = pd.DataFrame(
        {
            "Arm": rows["Arm"],
            "Range": rows["Range"],
            "Task": rows["task"],
            "Targets": rows["targets"],
            "Solver": rows["Solver"],
            "Before": _numbers(rows, "training_queries", "{:,.0f}"),
            **{
                f"{name} {level.replace('mm', ' mm')}": column
                for level in ("1mm", "0.1mm")
                for name, column in (
                    ("≤", shares(rows, f"queries_to_{level}_rate")),
                    ("Mean to", _numbers(rows, f"queries_to_{level}_mean", "{:.1f}")),
                    ("Median to", _numbers(rows, f"queries_to_{level}_median", "{:.0f}")),
                    ("95 % to", _numbers(rows, f"queries_to_{level}_p95", "{:.0f}")),
                )
            },
        }
    ).reset_index(drop=True)
    kept = [name for name in map(str, rows) if name.startswith("queries") or name in (*SETUP, "solver", "model")]
    kept += ["training_queries"] if "training_queries" in rows else []
    yield Table(printed, _WORDS, rows[kept].reset_index(drop=True), "solver_queries")
    yield Definitions(_QUERY_TERMS)


def _column(rows: pd.DataFrame, name: str) -> pd.Series:
    return rows[name] if name in rows else pd.Series(float("nan"), rows.index)


def _numbers(rows: pd.DataFrame, name: str, form: str) -> pd.Series:
    return _column(rows, name).map(lambda value: "" if pd.isna(value) else form.format(value))


def shares(rows: pd.DataFrame, name: str) -> pd.Series:
    """Per cent; a share that rounds to 100 but is less is not printed as 100."""
    return _column(rows, name).map(lambda value: "" if pd.isna(value) else share(value))


def share(value: float) -> str:
    """A share in per cent, with two decimals where it is nearly all."""
    if value in (0.0, 1.0):
        return f"{value:.0%}"
    return f"{min(value, 0.9999):.2%}" if value > 0.99 else f"{value:.1%}"


def microseconds(rows: pd.DataFrame, name: str) -> pd.Series:
    """Seconds as microseconds; blank where there are none."""
    return (_column(rows, name) * 1e6).map(
        lambda value: "" if pd.isna(value) else f"{value:.2f}" if value < 10 else f"{value:,.0f}"
    )


def _times(rows: pd.DataFrame) -> pd.Series:
    return microseconds(rows, "one_seconds_median").map("({})".format)
