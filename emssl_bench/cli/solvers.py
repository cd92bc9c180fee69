"""The command `solvers`: numerical solvers are compared, ours and those of other packages."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from emssl_bench.cli.argument_types import joint_range, over_0, whole
from emssl_bench.cli.common import once, opened, reported
from emssl_bench.cli.places import add_on
from emssl_bench.cli.shared_options import add_models, add_out, add_robot, add_watch
from emssl_bench.cli.trials import run_shown
from emssl_bench.exceptions import InvalidValue, UnknownName
from emssl_bench.solvers.contenders import CONTENDERS, contender
from emssl_bench.tasks import TASKS

HELP = "compare numerical solvers on sets of targets: success, error, CPU time, queries"
EPILOG = (
    "Solvers of other packages are measured where they are installed: pip install 'emssl-bench[peers]'. "
    "Those that start from a trained model need one for the arm, the joint range and the task: --model."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    add_robot(parser)
    parser.add_argument("--task", nargs="+", choices=list(TASKS), default=list(TASKS), help="what targets are")
    parser.add_argument(
        "--targets",
        nargs="+",
        default=["uniform"],
        metavar="SET",
        help="sets of targets, or all: uniform (joint angles), volume, limits, singular, edge, path, unreachable",
    )
    parser.add_argument("--solver", nargs="+", default=["all"], metavar="NAME", help="solvers, or all")
    add_models(parser)
    parser.add_argument("--joint-range", type=joint_range, default=180.0, metavar="DEG", help="± degrees, or limits")
    parser.add_argument("--count", type=whole(1, 10**6), default=1000, metavar="N", help="targets in a set")
    parser.add_argument(
        "--cpu-seconds",
        type=over_0(100_000),
        default=2.0,
        metavar="S",
        help="for a solver's answers to one target at a time; a slow one gets fewer targets",
    )
    parser.add_argument("--target-seed", type=whole(0), default=0, metavar="N", help="of the targets")
    add_watch(parser)
    add_on(parser)
    add_out(parser, "where results go")


def run(options: argparse.Namespace) -> int:
    """Measures every solver on every set of targets; makes the table of solvers."""
    from emssl_bench.cli import base_models, places
    from emssl_bench.experiments import solvers
    from emssl_bench.experiments.target_sets import TARGET_SETS
    from emssl_bench.records import Store

    names, missing = chosen(options.solver)
    sets = of_all(options.targets, list(TARGET_SETS), "set of targets")
    options.device, options.forward = "cpu", "chain"
    arms, _ = opened(options)
    store = Store(options.out)
    models = base_models.read_all(options.model, arms, store.tell)
    with store.claimed():
        queries = _queries({model.path.parent for model, *_ in models})
        known = [(trained, queries.get(trained.digest)) for _, trained, _ in models]
        own = (options.joint_range, options.count, options.cpu_seconds, options.target_seed, known)
        trials = [trial for arm in arms for trial in solvers.plan(names, options.task, sets, arm, *own)]
        for line in [*missing, *without_model(names, trials)]:
            print(f"emssl-bench: {line}", file=sys.stderr)
        trials = places.share(options, trials)
        if options.shard and not trials:
            return 0
        base_models.put_used(models, trials, store)
        waiting = [trial for trial in trials if not store.done(trial)]

        def first_line(crew: Any) -> str:
            pace = "one at a time" if crew.jobs == 1 else f"{crew.jobs} at a time, one on each machine"
            return f"{len(waiting)} of {len(trials)} measurements to make, {pace}; results in {store.folder}"

        return reported(store, run_shown(options, waiting, arms, store, first_line, alone=True))


def of_all(named: Sequence[str], valid: Sequence[str], kind: str) -> list[str]:
    """What is named, each once; "all" stands for all that are valid.

    Raises:
        UnknownName: one is not valid.
    """
    for name in named:
        if name not in (*valid, "all"):
            raise UnknownName(kind, name, [*valid, "all"])
    return list(valid) if "all" in named else once(named)


def chosen(named: Sequence[str]) -> tuple[list[str], list[str]]:
    """The solvers meant; and a line for each that is left out since its package is not installed.

    Raises:
        InvalidValue: one that was named is not installed.
    """
    names, lines = of_all(named, list(CONTENDERS), "solver"), []
    for name in names:
        if lacking := contender(name).not_installed():
            lines.append(f"the solver {name} is left out: pip install {' '.join(lacking)}.")
    if lines and "all" not in named:
        raise InvalidValue(lines[0].replace("is left out", "is not installed"))
    return [name for name in names if not contender(name).not_installed()], lines


def without_model(names: Sequence[str], trials: Sequence[Any]) -> list[str]:
    """A line where solvers are left out since there is no model for them.

    Raises:
        InvalidValue: nothing is left.
    """
    planned = {trial.settings.solver for trial in trials}
    lacking = [name for name in names if contender(name).needs_model and name not in planned]
    none = "--model gives no model of the arm, joint range and task"
    if not trials:
        needs = "needs" if len(lacking) == 1 else "need"
        why = f"{', '.join(lacking)} {needs} a model, and {none}" if lacking else "no solver is made for these tasks"
        raise InvalidValue(f"nothing to measure: {why}.")
    left_out = f"the solvers {', '.join(lacking)} are left out: {none}."
    return [left_out] if lacking else []


def _queries(folders: Iterable[Path]) -> dict[str, float]:
    """The queries of the arm that trainings made, by their digests, of the records beside folders of models."""
    from emssl_bench.records import Store

    runs = [Store(folder.parent, lambda text: None) for folder in folders if folder.name == "models"]
    records = [record for run in runs for record in run.records()]
    return {each.trial.digest: each.metrics["forward_calls"] for each in records if "forward_calls" in each.metrics}
