"""The order of the methods, pair by pair, and whether the paper's order holds here."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from emssl_bench import joint_space, paper
from emssl_bench.report.escaping import in_markdown
from emssl_bench.report.frames import ReportData
from emssl_bench.report.frames.accuracy import SETUP
from emssl_bench.report.intervals import interval
from emssl_bench.report.naming import listed, method_title, setup_title
from emssl_bench.report.section import Definitions, Section, Text
from emssl_bench.report.tasks import by_cost, cost_terms
from emssl_bench.tasks import POSITION

Verdict = Literal["agrees", "disagrees", "undecided"]
DECIDING_SEEDS = 3
"""A pair with fewer seeds on either side stays undecided: two seeds hardly tell how far seeds spread."""
_TERMS = {
    "Paper": "The paper's order, after its own length of training.",
    "Ours": "All methods that ran with their default settings, best first.",
    "Agrees, disagrees": "A pair that the paper has too, in its order or in the opposite order.",
    "Undecided": "The 95 % t intervals of the two means over seeds overlap, or one of the two methods has fewer than "
    f"{DECIDING_SEEDS} seeds.",
    "Also": "A pair that the paper does not have.",
}


@dataclass(frozen=True)
class Order:
    """The order of the methods in one setup and joint range, best first."""

    setup: str
    paper: list[str]
    """The paper's methods, in its order."""
    ours: list[str]
    """All methods that ran, in ours."""
    pairs: dict[tuple[str, str], Verdict]
    """Pairs of the paper's methods, its better one first."""
    besides: dict[tuple[str, str], bool]
    """Other pairs, our better method first: whether their intervals are apart."""
    skipped: list[str]
    """Methods that ran without their default settings."""


def section(data: ReportData) -> Section | None:
    """Every pair of methods, in words."""
    body: list[Text | Definitions] = []
    for order in orders(by_cost(data.table_2)):
        body += [Text(f"**{in_markdown(order.setup)}**"), Definitions(described(order))]
    if not body:
        return None
    terms = {**_TERMS, **cost_terms(data.table_2)}
    return Section("Order of the methods", [Text("Best first, in every setup."), Definitions(terms), *body])


def orders(table: pd.DataFrame) -> Iterator[Order]:
    """The order in every setup and joint range with at least two methods that were evaluated on the test set.

    Args:
        table: the long form that `frames.accuracy.table_2` makes, by cost.
    """
    for _, group in table[table["evaluated_on"] == "test"].groupby([*SETUP, "joint_range_deg"], sort=False):
        if group["method"].nunique() < 2:
            continue
        alone = group[group["variant"] == ""].set_index("method")
        joint_range_deg = group["joint_range_deg"].iloc[0]
        of_papers_task = group["task"].iloc[0] == POSITION.name
        known = {m: paper.TABLE_II_CM.get((m, joint_range_deg)) if of_papers_task else None for m in alone.index}
        of_paper_cm = {method: error_cm for method, error_cm in known.items() if error_cm is not None}
        of_paper = sorted(of_paper_cm, key=of_paper_cm.__getitem__)
        ours = list(alone.sort_values("error_mean_cm", kind="stable").index)
        means = {method: _interval(row) for method, row in alone.iterrows()}
        yield Order(
            f"{setup_title(group.iloc[0].to_dict())}, {joint_space.shown(joint_range_deg)}",
            of_paper if len(of_paper) > 1 else [],
            ours,
            {(a, b): _verdict(means[a], means[b]) for a, b in itertools.combinations(of_paper, 2)},
            {
                (a, b): _verdict(means[a], means[b]) == "agrees"
                for a, b in itertools.combinations(ours, 2)
                if not {a, b} <= of_paper_cm.keys()
            },
            [method for method in group["method"].unique() if method not in alone.index],
        )


def _verdict(better: tuple[float, float], worse: tuple[float, float]) -> Verdict:
    """The paper's order of a pair against ours, by the 95 % t intervals of the means over seeds [cm]."""
    (low, high), (other_low, other_high) = better, worse
    if high < other_low:
        return "agrees"
    if other_high < low:
        return "disagrees"
    return "undecided"  # also with too few seeds, for which the interval is not a number


def _interval(row: pd.Series) -> tuple[float, float]:
    """The interval of the mean over seeds [cm], also where tables print single seeds; not numbers for too few."""
    errors = np.array(row["error_mean_by_seed_cm"].split(), dtype=float)
    return interval(errors) if len(errors) >= DECIDING_SEEDS else (np.nan, np.nan)


def described(order: Order) -> dict[str, str]:
    """The order as definitions, in Markdown; what is empty is left out."""
    terms = {"Paper": _chain(order.paper), "Ours": _chain(order.ours) if len(order.ours) > 1 else ""}
    for verdict in ("agrees", "disagrees", "undecided"):
        pairs = [f"{_title(a)} before {_title(b)}" for (a, b), found in order.pairs.items() if found == verdict]
        terms[verdict.capitalize()] = "; ".join(pairs)
    for decided, term, joint in ((True, "Also ahead", "before"), (False, "Also undecided", "and")):
        behind: dict[str, list[str]] = {}
        for (a, b), apart in order.besides.items():
            if apart == decided:
                behind.setdefault(a, []).append(_title(b))
        terms[term] = "; ".join(f"{_title(a)} {joint} {listed(b)}" for a, b in behind.items())
    terms["Left out, not having run with default settings"] = ", ".join(map(_title, order.skipped))
    return {term: f"{text}." for term, text in terms.items() if text}


def _title(method: str) -> str:
    return in_markdown(method_title(method))


def _chain(methods: list[str]) -> str:
    return " < ".join(map(_title, methods))
