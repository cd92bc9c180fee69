"""What report.md says of Table II and its figures."""

import pandas as pd

from emssl_bench import joint_space
from emssl_bench.experiments.coverage import NEIGHBOURS
from emssl_bench.report import coverage, error_map, machines, methods, order, table2, variants, winners
from emssl_bench.report.accuracy import Accuracy
from emssl_bench.report.escaping import in_markdown
from emssl_bench.report.files import markdown


def sections(found: Accuracy) -> list[str]:
    """The paragraphs, without those of figures for which there is nothing."""
    accuracy, shares, cells, calls = found.table, found.shares, found.cells, found.calls
    judged, best = set(accuracy["judged_on"]), winners.labels(accuracy)
    positions = "validation positions" if judged == {"validation"} else "test positions"
    parts = [
        f"## Table II: mean distance error {table2.judged_where(accuracy)}",
        markdown(table2.headline(accuracy, bold=best)),
        *filter(None, [table2.note(accuracy)]),
        f"Error of a cell: the distance between wanted and reached position, averaged over the {positions} "
        "and over seeds; in parentheses every seed, or in brackets the 95 % t interval of the mean over seeds; without "
        "either, one seed. "
        f"*Best of 32*: a generative model that may guess 32 times and pick by the forward model. {winners.RULE}"
        + ("" if best else " Here none is."),
        *_lengths(accuracy),
        *_validation(judged),
        *_order(accuracy),
        "## Figure 6: error against iteration",
        "![Error against iteration](figures/fig6.png)",
        "A line is the mean over seeds. Its band reaches from the best seed to the worst. Each method has its default "
        f"settings here and in the figures below. {_steps(accuracy)}"
        + (" Triangles on the right edge: the paper's final values." if accuracy["paper_cm"].notna().any() else ""),
    ]
    if not variants.table(accuracy).empty:
        parts += [
            "## What other settings change",
            "![Final error of each method's settings](figures/variants.png)",
            "Final errors of every method that ran with several settings. The upper row of a method, in bold, has its "
            "default settings, and a dotted line leads down from it.",
        ]
    if not shares.empty:
        parts += [
            "## How errors are distributed",
            "![Share of positions against error](figures/errors.png)",
            f"The share of the {positions} that an error stays within: for every share the mean over seeds. A line "
            "that goes flat near the top is a method that brings most positions close and a few nowhere near, which "
            f"a mean error does not tell. {_left_out(shares, accuracy)}".rstrip(),
        ]
    if not cells.empty:
        parts += [
            "## Where in the workspace errors are large",
            "![Mean error by place](figures/error_map.png)",
            f"Mean error over the {positions} of all seeds, by distance from the base's vertical axis and by height; "
            f"blank: no position there, or fewer than one in {error_map.FEWEST:,}. A colour is the same error in every "
            "panel. Positions are where random joint angles lead: cells at the rim and along the axis have few. "
            f"{_columns_left_out(cells)}{_left_out(cells, accuracy)}".rstrip(),
        ]
    if not found.coverage.empty:
        parts += [
            "## What answers cover",
            markdown(coverage.headline(found.coverage)),
            "Shares of the positions that a model was judged on, and what they bring to its mean error, by what its "
            "answers to the positions that it learned from do near there. *No answer near*: none of them leads there, "
            "and a self-supervised method gets no example from there. *Answers near disagree*: several lead there, but "
            "the mean of their joint angles does not. *Neither*: how exactly the network has learned, and all else. "
            f"*Near* is what holds {NEIGHBOURS} of the positions that it learned from, in the median *Near (cm)*: with "
            "more positions it is less, so that rows of the same arm, data and range compare. These are places and not "
            "causes: where joint angles were averaged, too, answers may lead elsewhere and none near. "
            f"Generators, whose answers differ by chance, are not here.{_of_trials(found)}",
        ]
    if not calls.empty:
        given = any(map(methods.needs_gradient, calls["method"].unique()))
        of_given = "Calls of a method that is given the arm's gradient are of another kind: each gives that as well."
        parts += [
            "## Error against what was asked of the arm",
            "![Error against forward calls and labelled samples](figures/calls.png)",
            "Means over seeds; the dot is the end. A labelled sample counts as the forward call that made it, so that "
            "methods that learn from labels have asked for everything before they begin: their lines are upright, and "
            "a little beside each other where they would coincide. The wanted positions are given to every method and "
            "not counted. "
            f"{of_given if given else ''}".rstrip(),
        ]
    return [
        *parts,
        "## Tails, successes and costs",
        markdown(table2.details(accuracy)),
        "*Max*: the mean, over seeds, of their largest errors. *Fell in last quarter*: the share of its error that a "
        "method lost in the last quarter of its iterations. Where the learning rate ends at 0 that is the schedule; "
        "where it is constant, as EMSSL's is, it says how far from its end the training was.",
        *machines.warning(accuracy),
    ]


def _lengths(accuracy: pd.DataFrame) -> list[str]:
    """How long the trainings were, beside the paper's, where its centimetres stand in the table."""
    beside = accuracy[accuracy["paper_cm"].notna()]
    if beside.empty:
        return []
    trained = beside[["train_samples", "iterations", "gradient_steps"]].drop_duplicates().sort_values("train_samples")
    ours = "; ".join(
        f"{row['train_samples']:,.0f} positions, {row['iterations']:,.0f} iterations, "
        f"{row['gradient_steps']:,.0f} steps"
        for row in trained.to_dict("records")
    )
    return [f"The paper finds EMSSL close to its end after 20 iterations. Beside its values stand here: {ours}."]


def _steps(accuracy: pd.DataFrame) -> str:
    """Whether methods that are compared had equally many iterations and gradient steps."""
    if (accuracy.groupby(table2.SETUP)[["iterations", "gradient_steps"]].nunique() == 1).all(axis=None):
        return "An iteration is the same number of epochs on equally many samples for every method."
    return (
        "**Iterations or gradient steps differ between methods** (*Tails, successes and costs* has the steps): where "
        "they do, errors do not compare the methods alone."
    )


def _validation(judged: set[str]) -> list[str]:
    """What must be said of rows that are no results on the test set."""
    if "validation" not in judged:
        return []
    which = "All rows" if len(judged) == 1 else "Rows that say *validation*"
    return [
        f"**{which} were judged on validation: on the last fifth of the training samples, on which nothing was "
        "trained.** That is for choosing settings; they are no results on the test set, and the paper's numbers do "
        "not stand beside them."
    ]


def _order(accuracy: pd.DataFrame) -> list[str]:
    items = [order.described(each) for each in order.orders(accuracy)]
    if not items:
        return []
    return [
        "### Order of the methods",
        "Best first, of all methods that ran with their default settings; the paper's order is that of its own length "
        "of training. A pair is undecided where the 95 % t intervals of the two means over seeds overlap, and always "
        f"where one of the two has fewer than {order.DECIDING_SEEDS} seeds. *Agrees* and *disagrees*: with the paper, "
        "which has both methods. *Also*: pairs that it does not have.",
        "\n".join(items),
    ]


def _left_out(shown: pd.DataFrame, accuracy: pd.DataFrame) -> str:
    """Which trials are missing in a figure."""
    seen = shown.drop_duplicates(table2.KEY).set_index(table2.KEY)["seeds"]
    missing = accuracy.set_index(table2.KEY)["seeds"].sub(seen, fill_value=0)
    missing = missing[missing > 0].astype(int).reset_index()
    if missing.empty:
        return ""
    rows = [
        in_markdown(
            f"{methods.title(row['method'], row['variant'])}, {joint_space.shown(row['joint_range_deg'])}, "
            f"{table2.setup_title(row)}"
        )
        + f" ({row['seeds']} {'seed' if row['seeds'] == 1 else 'seeds'})"
        for row in missing.to_dict("records")
    ]
    return f"Not in it, because their records are from before it was measured: {'; '.join(rows)}. "


def _of_trials(found: Accuracy) -> str:
    """Of how many trials the table of coverage is, where not of all that could be in it."""
    known, could = found.coverage["seeds"].sum(), found.runs["error_best_of_32_cm"].isna().sum()
    if known == could:
        return ""
    return (
        f" It is of {known} of {could} trials: the records of the others are from before it was measured, or their "
        "models are not the suite's networks."
    )


def _columns_left_out(cells: pd.DataFrame) -> str:
    if len(error_map.drawn(cells)) == len(cells):
        return ""
    return (
        f"At most {error_map.MOST_COLUMNS} columns are drawn, of the setup with the most trials, each method once; "
        "all are in [error_map.csv](figures/error_map.csv). "
    )
