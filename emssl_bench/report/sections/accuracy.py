"""Table II: the mean distance error of every method."""

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from emssl_bench import joint_space, paper
from emssl_bench.report.by_task import by_task
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.accuracy import SETUP, TABLE_2
from emssl_bench.report.intervals import shown_error
from emssl_bench.report.naming import evaluated_on, method_ranks, method_title, setup_title, targets_of
from emssl_bench.report.section import Definitions, Section, Summary, Table, Text
from emssl_bench.report.winners import RULE, clear_winners
from emssl_bench.tasks import POSITION

ALL_OF_OUR_ARM = "The paper's arm is not named: ours is calibrated on direct regression alone."
OTHER_ARMS = f"The paper's arm is not named: its numbers stand beside {paper.OUR_ARM} alone, which is calibrated."
_WORDS = ("Arm and data", "Method", "Trained for")


def section(data: ReportData) -> Section | None:
    """Our errors beside the paper's."""
    table = dict(by_task(data.table_2)).get(POSITION.name)
    if table is None:
        return None
    where = evaluated_on(table)
    return Section(
        f"Table II: mean distance error {where}",
        [_as_table(table, where), Definitions(_terms(table)), *_lengths_of_training(table), *validation_warning(table)],
    )


def _as_table(table: pd.DataFrame, where: str) -> Table:
    winners = clear_winners(table)
    printed, bold = printed_errors(table, winners)
    return Table(
        printed,
        _WORDS,
        table[TABLE_2],
        "table2",
        bold=bold,
        note=note_on_paper(table),
        summary=Summary(
            f"Table II: mean distance error {where} (cm)",
            columns=[str(column) for column in printed],
            common=("Arm and data", "Trained for"),
            note=ALL_OF_OUR_ARM if set(table["robot"]) == {paper.OUR_ARM} else OTHER_ARMS,
        ),
    )


def printed_errors(table: pd.DataFrame, winners: Collection[int] = ()) -> tuple[pd.DataFrame, list[tuple[int, str]]]:
    """Table II as printed: ours beside the paper's and how it was trained, one row a method and variant.

    Args:
        table: the long form that `frames.accuracy.table_2` makes.
        winners: labels of its rows whose mean stands in bold.

    Returns:
        The printed table, and its cells (row, column) in bold.
    """
    rows: dict[tuple, dict[str, str]] = {}  # by setup, method and variant
    bold: list[tuple[tuple, str]] = []
    for label, row in zip(table.index, table.to_dict("records"), strict=True):
        key = (tuple(row[name] for name in SETUP), row["method"], row["variant"])
        title = method_title(row["method"], row["variant"])
        line = rows.setdefault(key, {"Arm and data": setup_title(row), "Method": title})
        trained = trained_for(row["iterations"], row["gradient_steps"])
        line["Trained for"] = "; ".join(dict.fromkeys([*filter(None, [line.get("Trained for")]), trained]))
        space = joint_space.shown(row["joint_range_deg"])
        line |= _errors_of(row, space)
        if label in winners:
            bold.append((key, f"{space} ours (cm)"))
    setups = list(dict.fromkeys(setup for setup, _, _ in rows))
    places = method_ranks(table["method"])  # a method of wide joint ranges alone is met after those of narrow ones
    in_order = sorted(rows, key=lambda key: (setups.index(key[0]), places[key[1]], key[2]))
    printed = pd.DataFrame([rows[key] for key in in_order]).fillna("")
    spaces = [joint_space.shown(value) for value in sorted(table["joint_range_deg"].unique(), key=joint_space.place)]
    columns = [f"{space} {what} (cm)" for space in spaces for what in ("ours", "best of 32", "paper")]
    printed = printed[[*_WORDS, *(column for column in columns if column in printed)]]
    return printed, [(in_order.index(key), column) for key, column in bold]


def trained_for(iterations: float, steps: float) -> str:
    """How long a method trained, in words; of one without gradient steps, that it did not."""
    length = f"{iterations:,.0f} iteration{'s' * (iterations != 1)}"
    if not steps:
        return "no training" if iterations == 1 else f"{length}, no training"
    return f"{length}, {steps:,.0f} steps"


def _errors_of(row: dict[Any, Any], space: str) -> dict[str, str]:
    """The cells that a row of the long form fills."""
    cells = {f"{space} ours (cm)": shown_error(row)}
    if not np.isnan(row["error_best_of_32_cm"]):
        cells[f"{space} best of 32 (cm)"] = f"{row['error_best_of_32_cm']:.2f}"
    if not np.isnan(row["paper_cm"]):
        cells[f"{space} paper (cm)"] = f"{row['paper_cm']:.2f}"
    return cells


def note_on_paper(table: pd.DataFrame) -> str:
    """A sentence on how the paper's numbers were trained; empty where none stands in the table."""
    return f"Paper: {paper.TRAINED}." if table["paper_cm"].notna().any() else ""


def _terms(table: pd.DataFrame) -> dict[str, str]:
    return {
        "Error": f"Distance between target and reached position: the mean over {targets_of(table)} and seeds.",
        "In brackets": "The 95 % t interval of the mean over seeds.",
        "In parentheses": "The error of every seed, where seeds are few. An error with neither is of one seed.",
        "Best of 32": "A generative model predicts 32 times, and the forward model picks the best prediction.",
        "In bold": RULE + ("" if clear_winners(table) else " Here there is none."),
    }


def _lengths_of_training(table: pd.DataFrame) -> list[Text]:
    """The lengths of our trainings, where the paper's centimetres stand beside them."""
    beside = table[table["paper_cm"].notna()]
    if beside.empty:
        return []
    trained = beside[["train_samples", "iterations", "gradient_steps"]].drop_duplicates().sort_values("train_samples")
    ours = "; ".join(
        f"{row['train_samples']:,.0f} positions, {row['iterations']:,.0f} iterations, "
        f"{row['gradient_steps']:,.0f} steps"
        for row in trained.to_dict("records")
    )
    return [Text(f"The paper finds EMSSL close to its end after 20 iterations. Trainings beside its values: {ours}.")]


def validation_warning(table: pd.DataFrame) -> list[Text]:
    """A warning about rows that are no results on the test set."""
    where = set(table["evaluated_on"])
    if "validation" not in where:
        return []
    which = "All rows" if len(where) == 1 else "Rows that say *validation*"
    return [
        Text(
            f"**{which} were evaluated on validation: on the last fifth of the training samples, which no training "
            "used.** They are for choosing settings. They are no results on the test set, and the paper's numbers do "
            "not stand beside them."
        )
    ]
