"""What a larger budget brings: final errors against gradient steps, and against training samples."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawn
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter

from emssl_bench import joint_space
from emssl_bench.report.by_task import figures_by_task
from emssl_bench.report.escaping import in_figure
from emssl_bench.report.figures import style
from emssl_bench.report.figures.drawing import drawing, plain_log_scale
from emssl_bench.report.figures.grid import grid
from emssl_bench.report.figures.panels import lines
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.budgets import GROUP, OF_SAMPLES, OF_STEPS, budget_rows
from emssl_bench.report.naming import arm_labels, error_label, method_title, other_task
from emssl_bench.report.section import Definitions, Section
from emssl_bench.report.tasks import by_cost, cost_terms, noun_of

_WIDTH_IN, _HEIGHT_IN = 3.85, 2.8
_SMALLEST, _LARGER = 3.5, 2.0
"""The size of the markers of the fewest training samples, and how much larger those of the next are."""


def section(data: ReportData) -> Section | None:
    """Every method's error by budget, where one was trained with three or more."""
    rows = budget_rows(data.accuracy_runs, data.table_2)
    if rows.empty:
        return None
    terms = {
        "Marker": "The final error of a row of the tables above: the mean over seeds. The larger it is, the more "
        "training samples.",
        "Line": "Joins rows of one method that differ in the length of training alone; against training samples, rows "
        "that differ in their number alone.",
        "Level line": "A method without gradient steps; the thicker, the more training samples.",
        "Gradient steps": "On the inverse network.",
    }
    return Section(
        "Error against budget",
        [
            *figures_by_task(rows, draw_budgets, "budgets", "Final error against gradient steps and training samples"),
            Definitions({**terms, **cost_terms(rows)}),
        ],
    )


@drawing()
def draw_budgets(rows: pd.DataFrame) -> Drawn:
    """A panel per arm and joint range, error against gradient steps; and one against training samples, where lines are.

    Both axes are logarithmic.

    Args:
        rows: the long form that `frames.budgets.budget_rows` makes, of one task.
    """
    named = by_cost(rows).assign(arm=arm_labels(rows), variant=rows["settings"])
    panels = [shown for _, shown in named.groupby(GROUP, sort=False)]
    sizes = sorted(named["train_samples"].unique())
    handles = [
        *(
            Line2D([], [], label=in_figure(method_title(*line)), marker=look.marker, markersize=5, **look.line)
            for line, look, _ in lines(named)
        ),
        *(
            Line2D([], [], color="0.3", marker="o", linestyle="", markersize=_size(n, sizes), label=_samples(n, named))
            for n in sizes
        ),
    ]
    views = [("gradient_steps", OF_STEPS, "gradient steps")]
    if (named.groupby(OF_SAMPLES)["train_samples"].nunique() > 1).any():
        views.append(("train_samples", OF_SAMPLES, f"training {noun_of(rows)}"))
    figure, axes_of = grid([_WIDTH_IN] * len(views), [_HEIGHT_IN] * len(panels), handles=handles)
    for row_of_axes, shown in zip(axes_of, panels, strict=True):
        _draw_levels(row_of_axes[0], shown[shown["gradient_steps"] == 0], sizes)
        for axes, (x, alike, label) in zip(row_of_axes, views, strict=True):
            _draw_lines(axes, shown[shown[x] > 0], alike, x, sizes)
            plain_log_scale(axes)
            plain_log_scale(axes, "x")
            axes.xaxis.set_major_formatter(EngFormatter(sep=""))
            axes.set(xlabel=label, ylabel=error_label(shown), title=_title(shown))
    return figure


def _draw_levels(axes: Axes, untrained: pd.DataFrame, sizes: Sequence[int]) -> None:
    for row in untrained.to_dict("records"):
        look = style.of_model(row["method"], row["settings"])
        axes.axhline(row["error_mean_cm"], linewidth=_size(row["train_samples"], sizes) / 4, **look.line)


def _draw_lines(axes: Axes, shown: pd.DataFrame, alike: Sequence[str], x: str, sizes: Sequence[int]) -> None:
    for _, line in shown.sort_values(x).groupby(list(alike), sort=False):
        look = style.of_model(line["method"].iloc[0], line["settings"].iloc[0])
        axes.plot(line[x], line["error_mean_cm"], linewidth=1.3, **look.line)
        for samples, value, error in zip(line["train_samples"], line[x], line["error_mean_cm"], strict=True):
            axes.plot(value, error, look.marker, color=look.colour, markersize=_size(samples, sizes))


def _size(samples: int, sizes: Sequence[int]) -> float:
    return _SMALLEST + _LARGER * list(sizes).index(samples)


def _samples(samples: int, rows: pd.DataFrame) -> str:
    return f"{samples:,} training {noun_of(rows)}"


def _title(shown: pd.DataFrame) -> str:
    row = shown.iloc[0]
    validation = ", validation" if row["evaluated_on"] == "validation" else ""
    range_and_task = f"{joint_space.shown(row['joint_range_deg'])}{validation}{other_task(str(row['task']))}"
    return f"{in_figure(row['arm'])}, {range_and_task}"
