"""In which order the methods come, and whether those of the paper's Table II come in its order here too."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from emssl_bench import joint_space, paper
from emssl_bench.report.escaping import in_markdown
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
    """Those that the paper has, in its order."""
    ours: list[str]
    """All that ran, in ours."""
    pairs: dict[tuple[str, str], Verdict]
    """Of two methods that the paper has, by its better one and its worse one."""
    besides: dict[tuple[str, str], bool]
    """Of the other pairs, by our better method and our worse one: whether the intervals tell them apart."""
    skipped: list[str]
    """Methods that ran, but not with their usual settings."""


def orders(table: pd.DataFrame) -> Iterator[Order]:
    """One for every setup and joint range with at least two methods, evaluated on the test set.

    Args:
        table: the long form that `table2.table` makes.
    """
    for _, group in table[table["judged_on"] == "test"].groupby([*SETUP, "joint_range_deg"], sort=False):
        if group["method"].nunique() < 2:
            continue
        alone = group[group["variant"] == ""].set_index("method")  # what tables call by the method's name alone
        asked = group["joint_range_deg"].iloc[0]
        of_paper_cm = {
            method: paper.TABLE_II_CM[method, asked] for method in alone.index if (method, asked) in paper.TABLE_II_CM
        }
        of_paper = sorted(of_paper_cm, key=of_paper_cm.__getitem__)
        ours = list(alone.sort_values("error_mean_cm", kind="stable").index)
        yield Order(
            f"{setup_title(group.iloc[0].to_dict())}, {joint_space.shown(asked)}",
            of_paper if len(of_paper) > 1 else [],
            ours,
            {(a, b): _verdict(alone.loc[a], alone.loc[b]) for a, b in itertools.combinations(of_paper, 2)},
            {
                (a, b): _verdict(alone.loc[a], alone.loc[b]) == "agrees"
                for a, b in itertools.combinations(ours, 2)
                if not {a, b} <= of_paper_cm.keys()
            },
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
    parts = [f"- **{in_markdown(order.setup)}**."]
    if order.paper:
        parts.append(f"Paper: {_chain(order.paper)}.")
    if len(order.ours) > 1:
        parts.append(f"Ours: {_chain(order.ours)}.")
    for verdict in ("agrees", "disagrees", "undecided"):
        pairs = [f"{_title(a)} before {_title(b)}" for (a, b), found in order.pairs.items() if found == verdict]
        if pairs:
            parts.append(f"{verdict.capitalize()}: {'; '.join(pairs)}.")
    for decided, words, joint in ((True, "Also ahead", "before"), (False, "Also undecided", "and")):
        behind: dict[str, list[str]] = {}
        for (a, b), apart in order.besides.items():
            if apart == decided:
                behind.setdefault(a, []).append(_title(b))
        if behind:
            parts.append(f"{words}: {'; '.join(f'{_title(a)} {joint} {_listed(b)}' for a, b in behind.items())}.")
    if order.skipped:
        parts.append(f"Left out, not having run with their usual settings: {', '.join(map(_title, order.skipped))}.")
    return " ".join(parts)


def _title(method: str) -> str:
    return in_markdown(title(method))


def _listed(names: list[str]) -> str:
    return ", ".join(names[:-1]) + (" and " if names[:-1] else "") + names[-1]


def _chain(methods: list[str]) -> str:
    return " < ".join(map(_title, methods))
