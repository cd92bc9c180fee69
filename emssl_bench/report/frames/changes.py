"""The order of changes of an arm in tables, and which of them the paper has."""

from collections.abc import Sequence

import pandas as pd

from emssl_bench import joint_space, paper
from emssl_bench.report.naming import APPROACHES
from emssl_bench.tasks import POSITION
from robots.changes import KINDS, Change

ARM = ["robot", "robot_digest", "joint_range_deg"]
"""Columns that trials of one unchanged arm have in common."""


def by_change(frame: pd.DataFrame, first: Sequence[str], last: Sequence[str]) -> pd.DataFrame:
    """The rows sorted by `first`, then change, then `last`; approaches are in the order of their titles."""
    changes = sorted(set(frame["change"]), key=lambda text: _rank(Change.parse(text)))
    places = {name: place for place, name in enumerate(APPROACHES)}
    ranks = {
        "change": changes.index,
        "approach": lambda name: places.get(name, len(places)),
        "joint_range_deg": joint_space.place,
    }
    return frame.sort_values(
        [*first, "change", *last],
        key=lambda column: column.map(ranks[str(column.name)]) if column.name in ranks else column,
        ignore_index=True,
    )


def _rank(change: Change) -> tuple[bool, int, int, float]:
    """The paper's changes first, then by kind, link and amount."""
    return (not in_paper(change), list(KINDS).index(change.kind), change.link, change.amount)


def in_paper(change: Change) -> bool:
    """True for the changes in Table IV of the paper."""
    return change.kind == "links" and change.amount in paper.TABLE_IV


def has_papers(row: pd.Series) -> bool:
    """True for rows that the paper's numbers may stand beside: of positions, which are its task."""
    ours = row["robot"] == paper.OUR_ARM and row["joint_range_deg"] == paper.TABLE_IV_RANGE_DEG
    return row["task"] == POSITION.name and ours and in_paper(Change.parse(str(row["change"])))
