"""What approaches to a changed arm are called in tables and figures, and in which order they and changes stand."""

import pandas as pd

from emssl_bench import joint_space, paper
from emssl_bench.report import arm_names
from robots.changes import KINDS, Change

TITLES = {
    "identify": "Identify, then EMSSL",
    "replace": "EMSSL on the changed arm",
    "align": "Align, then EMSSL on the changed arm",
    "scratch": "EMSSL from scratch",
    "direct": "Direct regression, fine-tuned",
    "distal": "Distal learning, fine-tuned",
}
"""Of the approaches, in the order of the tables."""


def names(runs: pd.DataFrame) -> list[str]:
    """The approach of every row, with what learns in it and what tells its model from others of that method."""
    return [
        title(approach, learner) + trained_with(variant)
        for approach, learner, variant in zip(runs["approach"], runs["learner"], runs["variant"], strict=True)
    ]


def title(approach: str, learner: str) -> str:
    """The approach, with what learns in it."""
    name = TITLES.get(approach, approach)
    return name.replace("EMSSL", "EMSSL plus") if learner == "emssl-plus" else name


def trained_with(variant: str) -> str:
    """What tells models of one method apart, in words."""
    return f", trained with {variant}" if variant else ""


def arms(frame: pd.DataFrame) -> list[str]:
    """The arm and joint range of every row, with the arm's digest where several arms have its name."""
    ranges = frame["joint_range_deg"].map(joint_space.shown)
    return [f"{arm} {asked}" for arm, asked in zip(arm_names.labels(frame), ranges, strict=True)]


def in_order(frame: pd.DataFrame, first: list[str], last: list[str]) -> pd.DataFrame:
    """By `first`, then changes in the order of their kinds and amounts, then `last`, approaches as in `TITLES`."""
    changes = sorted(set(frame["change"]), key=lambda text: _rank(Change.parse(text)))
    places = {name: place for place, name in enumerate(TITLES)}
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


def has_papers(row: pd.Series) -> bool:
    """Whether the paper's numbers may stand beside a row."""
    ours = row["robot"] == paper.OUR_ARM and row["joint_range_deg"] == paper.TABLE_IV_RANGE_DEG
    return ours and in_paper(Change.parse(str(row["change"])))


def in_paper(change: Change) -> bool:
    return change.kind == "links" and change.amount in paper.TABLE_IV
