"""Table IV: what it costs to adapt to a changed arm."""

from collections import defaultdict

import pandas as pd

from emssl_bench import paper
from emssl_bench.adaptation.stopping import StopRule
from emssl_bench.report import machines
from emssl_bench.report.by_task import by_task, own_columns, stem_of
from emssl_bench.report.escaping import in_markdown
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.adaptation import SETUP
from emssl_bench.report.frames.changes import has_papers
from emssl_bench.report.intervals import shown_error
from emssl_bench.report.naming import approach_title, arm_and_range_labels, other_task, trained_with
from emssl_bench.report.section import Definitions, Section, Summary, Table, Text
from emssl_bench.report.tasks import COST, by_cost, cost_terms, errors_of, noun_of, title_of, unit_of
from emssl_bench.tasks import POSITION
from robots.changes import Change

WORDS = ("Arm and data", "Change", "Approach", "Trained on")
_NOT_IN_TERMINAL = ("Seeds", "Fewer queries", "Fewer steps", "Trained on")


def section(data: ReportData) -> Section | None:
    """Our adaptations below the paper's."""
    table = data.table_4
    if table.empty:
        return None
    noun = "target positions" if noun_of(table) == "positions" else "targets"
    return Section(
        "Table IV: fast adaptation",
        [
            *(_as_table(task, rows, own_columns(rows, table)) for task, rows in by_task(table)),
            *machines.warning(table),
            Text(f"The arm changes; the {noun} stay those of the unchanged arm."),
            Definitions({**_terms(table), **_terms_of_cost(table)}),
            Text(
                "An adapted model may have a lower error than the unchanged one, where its learning rate ends at 0 and "
                "that of training did not. Alignment may also do harm, as *Aligned* then shows: for a poor model, or "
                "where arms differ by more than an affine map can undo."
            ),
        ],
    )


def _as_table(task: str, rows: pd.DataFrame, frame: pd.DataFrame) -> Table:
    """The table of one task, given whole and with its own columns alone."""
    printed = printed_adaptation(rows)
    title = "Table IV: adaptation to a changed arm" if task == POSITION.name else f"Adaptation of the task {task}"
    columns = [str(column) for column in printed if column not in _NOT_IN_TERMINAL]
    return Table(
        printed, WORDS, frame, stem_of("table4", task), summary=Summary(title, columns, common=("Arm and data",))
    )


def _terms(table: pd.DataFrame) -> dict[str, str]:
    rule, noun = StopRule(0.0), noun_of(table)
    return {
        "Within reach": f"Models are evaluated, on both arms, only on {noun} that the changed arm can reach within "
        f"its joint space ({_reachable_shares(table)}). Damped least squares on the analytic kinematics decides.",
        "Unchanged, before, after": "The error of the learned model on the unchanged arm, and on the changed arm "
        f"before and after adaptation: means over the test {noun} and seeds. The test set is evaluated once, at the "
        f"end; validation {noun} decide when to stop and which iteration to keep.",
        "Stopped by test errors": f"In records of versions up to 0.1.0 the test {noun} decided both.",
        "Aligned": "After the affine map that the measurements determine, before the first iteration.",
        "Iterations": "For each seed, until the validation error is within "
        f"{rule.within - 1:.0%} of the unchanged arm's. *>n*: ended after n without success, because {rule.patience} "
        "iterations in a row brought no improvement or training had no more.",
        "Queries": "Configurations measured on the changed arm to adapt.",
        "Validation queries": "Those measured to decide when to stop, at the start and after each iteration. The owner "
        "of an arm pays for both.",
        "Seconds": "Without the time in which distal learning retrains the forward network that is then fine-tuned.",
        "Fewer queries, fewer steps": "The queries, and the gradient steps on the inverse network, of training from "
        "scratch on the changed arm, as a multiple of the approach's. *>*: training from scratch did not succeed. "
        "Blank: the approach did not, or nothing was trained from scratch.",
        "From scratch": "With the settings of the model and the same stop rule. Its schedule spans all iterations of a "
        "training, so that it succeeds near the last of them or not at all. With fewer iterations the multiples would "
        "be smaller.",
        "Trained with": "Settings of the model that are not the learner's default, or that differ between trials.",
        "EMSSL in the paper": "On an arm that the paper does not name, by one of its two approaches; it does not say "
        "which.",
    }


def _terms_of_cost(table: pd.DataFrame) -> dict[str, str]:
    """What errors are where targets are more than positions."""
    return {
        name: f"{meaning} *Unchanged*, *before* and *after* are such numbers there, and they decide when to stop."
        for name, meaning in cost_terms(table).items()
    }


def _reachable_shares(table: pd.DataFrame) -> str:
    """The share of positions within reach, by change."""
    if "reachable_share" not in table:
        return "not used here"
    rows = table.dropna(subset="reachable_share")
    rows = rows.assign(arm=arm_and_range_labels(rows)).groupby(["arm", *SETUP, "change"], sort=False)["reachable_share"]
    lists: dict[str, list[str]] = defaultdict(list)
    for row in rows.mean().reset_index().to_dict("records"):
        text = f"{Change.parse(row['change']).title}: {row['reachable_share']:.1%}"
        if text not in lists[row["arm"]]:
            lists[row["arm"]].append(text)
    several = len(lists) > 1
    return "; ".join((f"{in_markdown(arm)}, " if several else "") + ", ".join(texts) for arm, texts in lists.items())


def printed_adaptation(table: pd.DataFrame) -> pd.DataFrame:
    """Table IV as printed: ours below the paper's, where the paper has the change.

    Args:
        table: the long form that `frames.adaptation.table_4` makes.
    """
    ours, parts = pd.concat([words_of_rows(table), _numbers(table)], axis=1), []
    for _, group in table.groupby([*SETUP, "change"], sort=False):
        rows = ours.loc[group.index]
        if has_papers(group.iloc[0]):
            parts.append(_papers_row(group.iloc[0], rows.iloc[0]))
        parts.append(rows)
    return pd.concat(parts, ignore_index=True)


def _papers_row(ours: pd.Series, printed: pd.Series) -> pd.DataFrame:
    """The paper's numbers for the change of one of our rows, which is given in long form and as printed."""
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


def words_of_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The words of every row: arm and data, change, approach."""
    rows, noun = table.to_dict("records"), noun_of(table)
    setups = [
        f"{arm}, {row['train_samples']:,} {noun}"
        + (f", noise {row['noise_mm']:g} mm" if row["noise_mm"] else "")
        + (", those within reach" if row["targets"] == "reachable" else "")
        + ("" if row["validation_samples"] else ", stopped by test errors")
        + other_task(row["task"])
        for arm, row in zip(arm_and_range_labels(table), rows, strict=True)
    ]
    approaches = [
        approach_title(row["approach"], row["learner"])
        + (f" ({row['measurements']} measured)" if row["measurements"] else "")
        + (f", {row['samples']:,} an iteration" if row["samples"] != row["train_samples"] else "")
        + (", constant rate" if row["schedule"] == "constant" else "")
        + (f", {row['adapting']}" if row["adapting"] else "")
        + trained_with(row["variant"])
        for row in rows
    ]
    changes = [Change.parse(text).title for text in table["change"]]
    words = {"Arm and data": setups, "Change": changes, "Approach": approaches}
    return pd.DataFrame(words, index=table.index)


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    """The cells of every row behind its words."""
    apart = _apart(table)
    table = by_cost(table)

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
        **apart,
        "Seeds": table["seeds"],
        "Iterations": table["iterations"],
        "Queries": table["forward_calls"].map("{:,.0f}".format),
        **(
            {"Validation queries": table["validation_calls"].map("{:,.0f}".format).replace("nan", "")}
            if "validation_calls" in table
            else {}
        ),
        "Seconds": machines.shown_seconds(table, "{:.0f}"),
        "Trained on": table["machines"],
        "Fewer queries": times("times_calls"),
        "Fewer steps": times("times_steps"),
    }
    return pd.DataFrame(printed, index=table.index).astype(str)


def _apart(table: pd.DataFrame) -> dict[str, pd.Series]:
    """Every error before and after adaptation, where a task tells several apart."""
    errors = [error for error in errors_of(table.columns) if error.format("before") in table and error != COST]
    if COST.format("mean") not in table:
        return {}
    return {
        f"{title_of(error)} {word} ({unit_of(error)})": table[error.format(what)].map("{:.2f}".format)
        for error in errors
        for what, word in (("before", "before"), ("mean", "after"))
        if table[COST.format("mean")].notna().any()
    }
