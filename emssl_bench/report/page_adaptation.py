"""What report.md says of Table IV and of identifying the changed arm."""

from collections import defaultdict
from collections.abc import Sequence

import pandas as pd

from emssl_bench.adaptation.stopping import StopRule
from emssl_bench.report import identification, machines, table4
from emssl_bench.report.approaches import arms
from emssl_bench.report.escaping import in_markdown
from emssl_bench.report.files import markdown
from robots.changes import Change


def adapted(adaptation: pd.DataFrame, files: Sequence[str]) -> list[str]:
    """The paragraphs on Table IV; `files` has the paths of its figures among others."""
    rule = StopRule(0.0)
    return [
        "## Table IV: fast adaptation",
        markdown(table4.headline(adaptation)),
        *machines.warning(adaptation),
        "The arm changes; the target positions stay those of the unchanged arm. *Within reach*: models are evaluated, "
        "on both arms, on those positions alone that the changed one can reach within its joint space "
        f"({_reachable_shares(adaptation)}); a search by damped least squares decides. *Unchanged*: the error of the "
        "learned model on the unchanged arm. *Before* and *after*: on the changed one. All three are means over the "
        "test positions and seeds. The test set is evaluated once, at the end: validation positions decide when to "
        "stop and which iteration to keep. (*Stopped by test errors*: in records of versions up to 0.1.0 the test "
        "positions decided both.) *Aligned*: after the affine map that the measurements determine, before "
        "the first iteration. *Iterations*, one value a seed: how many until the validation error is within "
        f"{rule.within - 1:.0%} of the unchanged arm's; *>n*: ended after n, because {rule.patience} in a row brought "
        "no improvement or it had as many as training had, without getting there. *Calls*: configurations measured on "
        "the changed arm to adapt. *Validation calls*: those measured to know when to stop, at the start and after "
        "each iteration; the owner of an arm pays both. *Seconds*: without those in which distal learning learns anew, "
        "before the first iteration, the forward network that is fine-tuned. *Fewer calls*, *fewer steps*: how many "
        "times the calls, and the gradient steps on the inverse network, of training from scratch on the changed "
        "arm, with the "
        "settings that the model was trained with and the same rule of ending; *>* where that did not get there; blank "
        "where the approach did not, or where nothing was trained from scratch. From scratch the schedule is that of a "
        "training, over all of its iterations, so that it gets there near the last of them or not at all: of settings "
        "with fewer iterations these would be smaller numbers. *Trained with*, behind an approach: what is not the "
        "learner's default, and what differs where trials ran on several things. *EMSSL "
        "in the paper*: on an arm that it does not name, by one of its two approaches, it does not say which. An "
        "adapted model may do better than the unchanged one, where its learning rate ends at 0 and that of the "
        "training did not. Nothing checks that aligning helps: of a poor model, or where arms differ by more than an "
        "affine map can undo, it may do harm, which *Aligned* then shows.",
        "### Validation error (cm) at the start and after each iteration",
        markdown(table4.by_iteration(adaptation)),
        "Means over seeds; a seed that has ended keeps its last value. The start is before adaptation or, of an "
        "aligned network, once it is aligned.",
        "### Error against iterations and calls",
        *_pictures("Error against iterations of adaptation", "adaptation_iterations-", files),
        *_pictures("Error against calls on the changed arm", "adaptation_calls-", files),
        "A line is a trial. A figure has the changes of one arm and data set, those of the paper and others apart.",
    ]


def identifying(identified: pd.DataFrame, files: Sequence[str]) -> list[str]:
    """The paragraphs on identification; `files` has the paths of its figures among others."""
    return [
        "## Identifying the changed arm",
        markdown(identification.headline(identified)),
        "Millimetres, means over seeds, after n measurements at random configurations. *Position*: mean error on "
        "configurations that were not measured. *Link offsets*: root mean square error. Many link parameters make one "
        "arm: the error is of those, among all that lead to the same positions as the identified ones, that were found "
        "nearest to the true.",
        *_pictures("Position error after identification", "identification_positions-", files),
        *_pictures("Error of link offsets after identification", "identification_offsets-", files),
    ]


def _pictures(says: str, stem: str, files: Sequence[str]) -> list[str]:
    return [f"![{says}]({file})" for file in files if file.startswith(f"figures/{stem}") and file.endswith(".png")]


def _reachable_shares(adaptation: pd.DataFrame) -> str:
    if "reachable_share" not in adaptation:
        return "not asked for here"
    judged = adaptation.dropna(subset="reachable_share")
    judged = judged.assign(arm=arms(judged)).groupby(["arm", *table4.SETUP, "change"], sort=False)["reachable_share"]
    lists: dict[str, list[str]] = defaultdict(list)
    for row in judged.mean().reset_index().to_dict("records"):
        text = f"{Change.parse(row['change']).title}: {row['reachable_share']:.1%}"
        if text not in lists[row["arm"]]:
            lists[row["arm"]].append(text)
    several = len(lists) > 1
    return "; ".join((f"{in_markdown(arm)}, " if several else "") + ", ".join(texts) for arm, texts in lists.items())
