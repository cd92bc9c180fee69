"""The effect of settings: the final error of each variant of a method, beside that of its default settings."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawn
from matplotlib.lines import Line2D

from emssl_bench import joint_space
from emssl_bench.report.by_task import figures_by_task
from emssl_bench.report.escaping import in_figure
from emssl_bench.report.figures import style
from emssl_bench.report.figures.drawing import drawing, plain_log_scale
from emssl_bench.report.figures.grid import Margins, grid
from emssl_bench.report.figures.panels import panel_title
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.accuracy import KEY, SETUP
from emssl_bench.report.naming import arm_labels, error_label, method_title
from emssl_bench.report.section import Definitions, Section
from emssl_bench.report.tasks import by_cost, cost_terms, errors_of

Row = tuple[str, str]
"""A method and its variant; the empty variant is the default."""
_ROW_IN, _PANEL_IN, _LETTER_IN = 0.24, 2.9, 0.082
_MOST_LETTERS = 90
"""Letters of the settings that a row is named by."""


def section(data: ReportData) -> Section | None:
    """The variants of all methods that have some."""
    compared = variants_compared(data.table_2)
    if compared.empty:
        return None
    terms = {
        "Bold row": "The method with its default settings; a dotted line leads down from it to its variants.",
        "Large marker": "The mean over seeds, filled for the default settings.",
        "Dots": "The seeds.",
    }
    return Section(
        "Effect of settings",
        [
            *figures_by_task(compared, draw_variants, "variants", "Final error of each method's settings"),
            Definitions({**terms, **cost_terms(compared)}),
        ],
    )


def variants_compared(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of Table II of every method that ran in a setup with more than one variant.

    Args:
        table: the long form that `frames.accuracy.table_2` makes.
    """
    kinds = table.groupby([*SETUP, "method"])["variant"].transform("nunique")
    of_errors = [error.format(what) for error in errors_of(table.columns) for what in ("mean", "mean_by_seed")]
    return table.loc[kinds > 1, [*KEY, "seeds", *of_errors]].reset_index(drop=True)


@drawing()
def draw_variants(compared: pd.DataFrame) -> Drawn:
    """A row of panels per setup, a panel per joint range, in it a line of dots per method and variant.

    Args:
        compared: the long form that `variants_compared` makes.
    """
    named = by_cost(compared).assign(arm=arm_labels(compared))
    setups = [(setup, _rows(setup)) for _, setup in named.groupby(SETUP, sort=False)]
    ranges = sorted(compared["joint_range_deg"].unique(), key=joint_space.place)
    labels = [[in_figure(variant or method_title(method), _MOST_LETTERS) for method, variant in s] for _, s in setups]
    longest = max(len(label) for each in labels for label in each)
    figure, axes_of = grid(
        [_PANEL_IN] * len(ranges),
        [_ROW_IN * len(rows) for _, rows in setups],
        Margins(left=_LETTER_IN * longest + 0.2, across=0.25, top=0.5, down=1.15),
        handles=[
            Line2D([], [], color="0.3", marker="o", markersize=7, linestyle="", label="mean over seeds"),
            Line2D([], [], color="0.3", marker=".", linestyle="", label="a seed"),
        ],
        sharey="row",
    )
    for row_of_axes, (setup, rows), texts in zip(axes_of, setups, labels, strict=True):
        for axes, joint_range_deg in zip(row_of_axes, ranges, strict=True):
            _draw_panel(axes, setup[setup["joint_range_deg"] == joint_range_deg], rows)
        row_of_axes[0].set_yticks(range(len(rows)), texts)
        for label, (_, variant) in zip(row_of_axes[0].get_yticklabels(), rows, strict=True):
            label.set_fontweight("normal" if variant else "bold")
        row_of_axes[0].set_ylim(len(rows) - 0.4, -0.6)
    return figure


def _rows(setup: pd.DataFrame) -> list[Row]:
    """The methods in their order; for each the default settings, also where they did not run, then its variants."""
    rows: dict[Row, None] = {}
    for method, mine in setup.groupby("method", sort=False):
        rows |= dict.fromkeys((str(method), variant) for variant in ["", *sorted(set(mine["variant"]) - {""})])
    return list(rows)


def _draw_panel(axes: Axes, shown: pd.DataFrame, rows: Sequence[Row]) -> None:
    if shown.empty:  # not every setup has run with every joint range
        axes.set_axis_off()
        return
    for row in shown.to_dict("records"):
        look, y = style.of_method(row["method"]), rows.index((row["method"], row["variant"]))
        seeds = np.array(row["error_mean_by_seed_cm"].split(), dtype=float)
        axes.plot(seeds, np.full(len(seeds), y), ".", color=look.colour, alpha=0.5, markersize=5)
        filled = "white" if row["variant"] else None
        axes.plot(row["error_mean_cm"], y, look.marker, color=look.colour, markerfacecolor=filled, markersize=7)
        if not row["variant"]:
            last = max(index for index, (method, _) in enumerate(rows) if method == row["method"])
            axes.plot([row["error_mean_cm"]] * 2, [y, last], color=look.colour, linewidth=0.8, linestyle=":")
    plain_log_scale(axes, "x")
    axes.yaxis.grid(False)
    axes.set_title(panel_title(shown, "\n"), fontsize="small")
    axes.set_xlabel(error_label(shown))
