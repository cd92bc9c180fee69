"""Whether the methods of the paper's Table II come in its order here too."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from emssl_bench import joint_range, paper
from emssl_bench.report.intervals import interval
from emssl_bench.report.methods import title
from emssl_bench.report.table2 import SETUP, setup_title

Verdict = Literal["agrees", "disagrees", "undecided"]
DECIDING_SEEDS = 3
"""With fewer on either side a pair stays undecided: two seeds hardly tell how far seeds lie apart."""


@dataclass(frozen=True)
class Order:
    """The order of the methods, best first, in one setup and joint range."""

    setup: str
    paper: list[str]
    ours: list[str]
    pairs: dict[tuple[str, str], Verdict]
    """By the paper's better method and its worse one."""
    skipped: list[str]
    """The paper's methods that ran, but not with their usual settings."""


def orders(table: pd.DataFrame) -> Iterator[Order]:
    """One for every setup and joint range with at least two of the paper's methods, judged on the test set.

    Args:
        table: the long form that `table2.table` makes.
    """
    of_paper_cm = [paper.TABLE_II_CM.get(row) for row in zip(table["method"], table["joint_range_deg"], strict=True)]
    ranked = table.assign(of_paper_cm=pd.Series(of_paper_cm, table.index, dtype=float))
    compared = ranked[ranked["of_paper_cm"].notna() & (ranked["judged_on"] == "test")]
    for _, group in compared.groupby([*SETUP, "joint_range_deg"], sort=False):
        if group["method"].nunique() < 2:
            continue
        alone = group[group["variant"] == ""].set_index("method")  # what tables call by the method's name alone
        of_paper, ours = (list(alone.sort_values(by, kind="stable").index) for by in ("of_paper_cm", "error_mean_cm"))
        yield Order(
            f"{setup_title(group.iloc[0].to_dict())}, {joint_range.shown(group['joint_range_deg'].iloc[0])}",
            of_paper,
            ours,
            {(a, b): _verdict(alone.loc[a], alone.loc[b]) for a, b in itertools.combinations(of_paper, 2)},
            [method for method in group["method"].unique() if method not in alone.index],
        )


def _verdict(better: pd.Series, worse: pd.Series) -> Verdict:
    """Whether ours has the paper's better method ahead as well, by the 95 % t intervals of the means over seeds."""
    (low, high), (other_low, other_high) = _interval(better), _interval(worse)
    if high < other_low:
        return "agrees"
    if other_high < low:
        return "disagrees"
    return "undecided"  # also where one has too few seeds, whose interval is not a number


def _interval(row: pd.Series) -> tuple[float, float]:
    """Of the mean over seeds [cm], also where tables print the seeds instead; of too few there is none."""
    errors = np.array(row["error_mean_by_seed_cm"].split(), dtype=float)
    return interval(errors) if len(errors) >= DECIDING_SEEDS else (np.nan, np.nan)


def described(order: Order) -> str:
    """It as an item of a Markdown list."""
    parts = [f"- **{order.setup}**."]
    if order.pairs:
        parts.append(f"Paper: {_chain(order.paper)}. Ours: {_chain(order.ours)}.")
    for verdict in ("agrees", "disagrees", "undecided"):
        pairs = [f"{title(a)} before {title(b)}" for (a, b), found in order.pairs.items() if found == verdict]
        if pairs:
            parts.append(f"{verdict.capitalize()}: {'; '.join(pairs)}.")
    if order.skipped:
        parts.append(f"Left out, not having run with their usual settings: {', '.join(map(title, order.skipped))}.")
    return " ".join(parts)


def _chain(methods: list[str]) -> str:
    return " < ".join(map(title, methods))
