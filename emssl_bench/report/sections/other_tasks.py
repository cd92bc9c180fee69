"""The errors of tasks that the paper does not have: a table for each task, in which every error stands apart."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from emssl_bench import joint_space
from emssl_bench.report.by_task import by_task, stem_of
from emssl_bench.report.frames import ReportData
from emssl_bench.report.intervals import shown, shown_error
from emssl_bench.report.naming import evaluated_on, listed, method_title, setup_title
from emssl_bench.report.section import Definitions, Section, Summary, Table, Text
from emssl_bench.report.sections.accuracy import trained_for, validation_warning
from emssl_bench.report.tasks import (
    COST,
    STATISTICS,
    bounds_of,
    by_cost,
    cost_terms,
    errors_of,
    measure_of,
    title_of,
    unit_of,
)
from emssl_bench.report.winners import RULE, clear_winners
from emssl_bench.tasks import POSITION

_WORDS = ("Arm and data", "Range", "Method", "Trained for")
_RATE = "success_rate_"


def section(data: ReportData) -> Section | None:
    """A table for every task but the paper's."""
    parts = {name: rows for name, rows in by_task(data.table_2) if name != POSITION.name}
    if not parts:
        return None
    of = f"task{'s' * (len(parts) > 1)} {listed(list(parts))}"
    title = f"Errors of the {of} {evaluated_on(pd.concat(parts.values()))}"
    return Section(title, [part for name, rows in parts.items() for part in _of_task(name, rows)])


def _of_task(name: str, rows: pd.DataFrame) -> Iterator[Table | Definitions | Text]:
    winners = clear_winners(by_cost(rows))
    means, tails = _means(rows), _tails(rows)
    printed = pd.concat([_words(rows), means, _successes(rows), tails], axis=1)
    yield Table(
        printed,
        _WORDS,
        rows.dropna(axis="columns", how="all"),
        stem_of("table2", name),
        bold=[(label, str(means.columns[0])) for label in winners],
        summary=Summary(
            f"Task {name}: errors {evaluated_on(rows)}",
            [str(column) for column in printed.columns.difference(tails.columns, sort=False)],
            common=("Arm and data", "Range", "Trained for"),
        ),
    )
    yield Definitions({**_terms(rows), "In bold": RULE + ("" if winners else " Here there is none.")})
    yield from validation_warning(rows)


def _words(rows: pd.DataFrame) -> pd.DataFrame:
    lengths = zip(rows["iterations"], rows["gradient_steps"], strict=True)
    columns = (
        [setup_title(row) for row in rows.to_dict("records")],
        rows["joint_range_deg"].map(joint_space.shown),
        [method_title(method, variant) for method, variant in zip(rows["method"], rows["variant"], strict=True)],
        [trained_for(iterations, steps) for iterations, steps in lengths],
    )
    return pd.DataFrame(dict(zip(_WORDS, columns, strict=True)), rows.index)


def _errors(rows: pd.DataFrame) -> list[str]:
    """The cost first, where there is one, since rows are compared by it; then every error."""
    held = errors_of(name for name in rows.columns if rows[name].notna().any())
    return sorted(held, key=lambda error: error != COST)


def _means(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            f"{title_of(error)} ({unit_of(error)})": [shown_error(row, error) for row in rows.to_dict("records")]
            for error in _errors(rows)
        },
        rows.index,
    )


def _tails(rows: pd.DataFrame) -> pd.DataFrame:
    """The best of several predictions, where a method makes several; then median, 95 % quantile and maximum."""
    best = {
        f"{title_of(error)}, best of 32 ({unit_of(error)})": rows[name].map(_number)
        for error in _errors(rows)
        if (name := error.format("best_of_32")) in rows and rows[name].notna().any()
    }
    tails = {
        f"{title_of(error)}, {word} ({unit_of(error)})": rows[error.format(statistic)].map(_number)
        for error in _errors(rows)
        for statistic, word in STATISTICS.items()
        if statistic != "mean" and error != COST
    }
    return pd.DataFrame({**best, **tails}, rows.index)


def _successes(rows: pd.DataFrame) -> pd.DataFrame:
    """A column for each bound of success, in the order of the task."""
    task = str(rows["task"].iloc[0])
    return pd.DataFrame(
        {
            f"≤ {bounds_of(task, name.removeprefix(_RATE))}": rows[name].map("{:.1%}".format).replace("nan%", "")
            for name in map(str, rows.columns)
            if name.startswith(_RATE) and rows[name].notna().any()
        },
        rows.index,
    )


def _number(value: float) -> str:
    return "" if np.isnan(value) else shown(value)


def _terms(rows: pd.DataFrame) -> dict[str, str]:
    cost, apart = cost_terms(rows), listed([title_of(error) for error in _errors(rows) if error != COST])
    return {
        apart: "Of a target and what is reached instead: the mean over test targets and seeds. Median, 95 % quantile "
        "and maximum are those of a seed; then the mean over seeds.",
        **{
            name: f"{meaning} Rows are compared by its mean, and it alone is in bold." for name, meaning in cost.items()
        },
        "In brackets": "The 95 % t interval of the mean over seeds.",
        "In parentheses": "The value of every seed, where seeds are few. A number with neither is of one seed.",
        "Best of 32": "A generative model predicts 32 times, and the forward model picks the prediction of the least "
        f"{measure_of(rows)}.",
        "≤": "The success rate: the share of targets whose errors are all within these bounds.",
    }
