"""Tails, success rates and costs of every method."""

import pandas as pd

from emssl_bench import joint_space
from emssl_bench.report import machines
from emssl_bench.report.by_task import by_task
from emssl_bench.report.frames import ReportData
from emssl_bench.report.naming import arm_labels, method_title
from emssl_bench.report.section import Definitions, Section, Table
from emssl_bench.report.tasks import noun_of
from emssl_bench.tasks import POSITION


def section(data: ReportData) -> Section | None:
    """The spread of errors, and the costs in labels, queries, steps and seconds."""
    table = data.table_2
    if table.empty:
        return None
    terms = {
        "Mean, median, 95 %": "Of the distance errors of a seed; then the mean over seeds.",
        "Max": "The mean, over seeds, of their largest errors.",
        "≤": "The success rate: the share of positions with at most this error.",
        "Fell in last quarter": "The share of its error that a method lost in the last quarter of its iterations. "
        "Under a learning rate that ends at 0 this reflects the schedule. Under a constant rate, such as EMSSL's, it "
        "tells how far training was from its end.",
        "Arm queries": "While learning; *for each solution*: in use, of methods whose solvers query the arm.",
        "Gradient steps": "On the inverse network; *on other networks*: on forward networks and discriminators.",
    }
    return Section(
        "Tails, successes and costs",
        [
            *(
                Table(printed_costs(rows, with_tails=task == POSITION.name), ("Arm", "Method", "Trained on"))
                for task, rows in by_task(table)
            ),
            Definitions(terms),
            *machines.warning(table),
        ],
    )


def printed_costs(table: pd.DataFrame, with_tails: bool = True) -> pd.DataFrame:
    """The table as printed.

    Args:
        table: the long form that `frames.accuracy.table_2` makes, of one task.
        with_tails: whether it has the spread of errors, which the tables of other tasks than the paper's have already.
    """

    def count(column: str) -> pd.Series:
        return table[column].map("{:,.0f}".format)

    return pd.DataFrame(
        {
            "Arm": arm_labels(table) + table["evaluated_on"].map({"test": "", "validation": ", validation"}),
            noun_of(table).capitalize(): count("train_samples"),
            "Range": table["joint_range_deg"].map(joint_space.shown),
            "Method": [method_title(m, v) for m, v in zip(table["method"], table["variant"], strict=True)],
            "Seeds": table["seeds"],
            **(_tails(table) if with_tails else {}),
            "Fell in last quarter": table["last_quarter_fall"].map("{:.0%}".format).replace("nan%", ""),
            "Labelled samples": count("labelled_samples"),
            "Arm queries": count("forward_calls"),
            **_in_use(table),
            "Gradient steps": count("gradient_steps"),
            "on other networks": count("other_gradient_steps"),
            "Training (s)": machines.shown_seconds(table, "{:,.0f}"),
            "Trained on": table["machines"],
        }
    )


def _in_use(table: pd.DataFrame) -> dict[str, pd.Series]:
    """What a solution costs, where a method's solver queries the arm."""
    if "queries_per_solution" not in table or table["queries_per_solution"].isna().all():
        return {}
    return {"for each solution": table["queries_per_solution"].fillna(0).map("{:,.0f}".format)}


def _tails(table: pd.DataFrame) -> dict[str, pd.Series]:
    return {
        **{
            f"{name} (cm)": table[f"error_{key}_cm"].map("{:.2f}".format)
            for name, key in (("Mean", "mean"), ("Median", "median"), ("95 %", "p95"), ("Max", "max"))
        },
        **{
            f"≤ {name}": table[f"success_rate_{key}"].map("{:.1%}".format)
            for name, key in (("1 mm", "1mm"), ("5 mm", "5mm"), ("1 cm", "1cm"), ("5 cm", "5cm"))
        },
    }
