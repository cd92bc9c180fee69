"""The names of methods, arms, data and approaches in tables and figures."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from emssl_bench import joint_space
from emssl_bench.exceptions import BrokenPlugin, UnknownName
from emssl_bench.methods import registry
from emssl_bench.report.tasks import measure_of, noun_of
from emssl_bench.tasks import POSITION

if TYPE_CHECKING:
    from emssl_bench.methods.base import Method

APPROACHES = {
    "identify": "Identify, then EMSSL",
    "replace": "EMSSL on the changed arm",
    "align": "Align, then EMSSL on the changed arm",
    "scratch": "EMSSL from scratch",
    "solve": "Identify, then solve: nothing is learned",
    "direct": "Direct regression, fine-tuned",
    "distal": "Distal learning, fine-tuned",
}
"""Titles of the approaches to a changed arm, in the order of the tables."""


def method_class(method: str) -> type["Method"] | None:
    """The class of a method; None for a plug-in that is not installed, whose records can still be shown."""
    try:
        return registry.method_class(method)
    except (UnknownName, BrokenPlugin):
        return None


def method_title(method: str, variant: str = "") -> str:
    """A method's name in tables, with the settings that are not its defaults in parentheses.

    A plug-in whose title another method has as well has its own name there, too.
    """
    cls = method_class(method)
    title = cls.title if cls else method
    notes = [method] if cls and method not in registry.METHODS and _shared(title, method) else []
    notes += [variant] if variant else []
    return f"{title} ({', '.join(notes)})" if notes else title


def _shared(title: str, method: str) -> bool:
    """Whether a method that can be used, other than `method`, has the title."""
    others = (method_class(name) for name in registry.names() if name != method)
    return any(cls is not None and cls.title == title for cls in others)


def needs_gradient(method: str) -> bool:
    """True for a method that is given the arm's exact gradient, which no other has: it is not compared with them."""
    cls = method_class(method)
    return cls is not None and cls.differentiates_arm


def method_ranks(methods: Iterable[str]) -> dict[str, int]:
    """The place of each method in tables: the paper's in its order, then others, then those given the gradient."""
    known = set(methods)
    names = [name for name in [*registry.METHODS, *sorted(known - registry.METHODS.keys())] if name in known]
    return {name: place for place, name in enumerate(sorted(names, key=needs_gradient))}


def arm_labels(frame: pd.DataFrame) -> list[str]:
    """The arm of every row, with its digest where several arms of the frame share its name."""
    several = frame.groupby("robot")["robot_digest"].transform("nunique") > 1
    return [
        f"{robot} ({digest})" if told_apart else robot
        for robot, digest, told_apart in zip(frame["robot"], frame["robot_digest"], several, strict=True)
    ]


def arm_and_range_labels(frame: pd.DataFrame) -> list[str]:
    """The arm and joint range of every row, e.g. "paper6 ±90°"."""
    ranges = frame["joint_range_deg"].map(joint_space.shown)
    return [f"{arm} {joint_range}" for arm, joint_range in zip(arm_labels(frame), ranges, strict=True)]


def setup_title(row: Mapping[Any, Any]) -> str:
    """The arm and data of a row of Table II, e.g. "paper6 (6351f0969b78), 14,000 / 6,000 samples"."""
    data = f"{row['train_samples']:,} / {row['test_samples']:,} samples"
    if row["evaluated_on"] == "validation":
        data = f"{row['train_samples']:,} samples, a fifth of them for validation"
    return f"{row['robot']} ({row['robot_digest']}), {data}{other_task(row['task'])}"


def other_task(task: str) -> str:
    """The name of a task, behind a comma; "" for positions, which need no mention."""
    return "" if task == POSITION.name else f", task {task}"


def without_usual_task(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame without its column `task`, where all rows are of positions, which need no mention."""
    return frame.drop(columns="task") if set(frame["task"]) <= {POSITION.name} else frame


def evaluated_on(rows: pd.DataFrame) -> str:
    """The set that errors were measured on, for titles and axes: "on validation" if that holds for every row."""
    return "on validation" if set(rows["evaluated_on"]) == {"validation"} else "on the test set"


def error_label(rows: pd.DataFrame) -> str:
    """What is drawn of errors, for axes: their mean or, where a task tells several apart, that of its one number."""
    return f"mean {measure_of(rows)} {evaluated_on(rows)} (cm)"


def targets_of(rows: pd.DataFrame) -> str:
    """The targets that errors are of, for sentences, e.g. "test positions"."""
    return f"{'validation' if evaluated_on(rows) == 'on validation' else 'test'} {noun_of(rows)}"


def approach_title(approach: str, learner: str) -> str:
    """An approach to a changed arm, with what learns in it."""
    name = APPROACHES.get(approach, approach)
    return name.replace("EMSSL", method_title(learner)) if learner else name


def approach_titles(runs: pd.DataFrame) -> list[str]:
    """The approach of every row, with what learns in it and what tells its model from others of that method."""
    return [
        approach_title(approach, learner) + trained_with(variant)
        for approach, learner, variant in zip(runs["approach"], runs["learner"], runs["variant"], strict=True)
    ]


def trained_with(variant: str) -> str:
    """The settings that tell models of one method apart, as the end of a title."""
    return f", trained with {variant}" if variant else ""


def listed(names: Sequence[str]) -> str:
    """e.g. "a, b and c"."""
    return ", ".join(names[:-1]) + (" and " if names[:-1] else "") + names[-1]
