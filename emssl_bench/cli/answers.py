"""The command `answers`: several solutions of every target are compared with all that there are."""

import argparse
import itertools
import sys
from collections.abc import Sequence
from typing import Any

from emssl_bench.cli.argument_types import joint_range, over_0, path, whole
from emssl_bench.cli.common import once, opened, reported
from emssl_bench.cli.places import add_on, share
from emssl_bench.cli.shared_options import JOINT_RANGES, add_out, add_robot, add_task, add_watch
from emssl_bench.cli.trials import run_shown
from emssl_bench.exceptions import InvalidValue

HELP = "compare several solutions of every target with all solutions that there are"
EPILOG = (
    "Models are those that emssl-bench run has trained; lookup and babbling are among them. All solutions of poses "
    "need pip install 'emssl-bench[peers]', and an arm of six or seven revolute joints. Reference sets lie in "
    "references/ of the folder; where they are removed they are made again."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument(
        "--method",
        nargs="+",
        default=["all"],
        metavar="NAME",
        help="methods whose models are compared; all or everything: of each",
    )
    add_robot(parser)
    parser.add_argument(
        "--joint-range", nargs="+", type=joint_range, default=[90, 180], metavar="DEG", help=JOINT_RANGES
    )
    add_task(parser)
    parser.add_argument(
        "--samples",
        nargs="+",
        type=whole(1, 10_000),
        default=[1, 8, 32, 128],
        metavar="K",
        help="numbers of solutions of a target",
    )
    parser.add_argument(
        "--from",
        nargs="+",
        type=path,
        metavar="MODEL",
        dest="models",
        help="trained models (.safetensors), or folders of runs, all of whose models are meant (default: the folder "
        "that --out names)",
    )
    parser.add_argument("--targets", type=whole(1, 100_000), default=200, metavar="N", help="targets")
    parser.add_argument(
        "--configurations",
        type=whole(1, 10**9),
        default=2_000_000,
        metavar="N",
        help="random configurations, among which those that lead to a position are its solutions",
    )
    parser.add_argument(
        "--within-share",
        type=over_0(1),
        default=0.15,
        metavar="SHARE",
        help="of positions: how near solutions are taken for the same, as a share of the joint ranges",
    )
    parser.add_argument(
        "--within-deg", type=over_0(180), default=10.0, metavar="DEG", help="of poses: the same, for every joint"
    )
    parser.add_argument("--references-only", action="store_true", help="make the reference sets, and nothing else")
    add_watch(parser)
    add_on(parser)
    add_out(parser, "where results go")


def run(options: argparse.Namespace) -> int:
    """Measures the models that are asked for; makes the tables and figures of many answers."""
    from emssl_bench.cli import base_models
    from emssl_bench.experiments import answers, references
    from emssl_bench.records import Store
    from emssl_bench.tasks import task

    options.device, options.forward = "cpu", "chain"
    arms, _ = opened(options)
    of_task = task(options.task)
    sets = {
        (arm.digest, joint_range): references.planned(
            arm, of_task, joint_range, options.targets, options.configurations
        )
        for arm in arms
        for joint_range in once(options.joint_range)
    }
    store = Store(options.out)
    if options.references_only:
        with store.claimed():
            return _make_references(sets, arms, options.task, store)
    models, lines = _chosen(options, arms, store)
    for line in lines:
        print(f"emssl-bench: {line}", file=sys.stderr)
    trials = [
        trial
        for arm in arms
        for trial in answers.plan(
            [trained for _, trained, its in models if its == arm],
            arm,
            options.samples,
            lambda of: sets[of.robot_digest, of.joint_range_deg],
            within_share=options.within_share,
            within_deg=options.within_deg,
        )
    ]
    trials = share(options, trials)
    if options.shard and not trials:
        return 0
    with store.claimed():
        base_models.put_used(models, trials, store)
        waiting = [trial for trial in trials if not store.done(trial)]

        def first_line(crew: Any) -> str:
            return f"{len(waiting)} of {len(trials)} models to measure, {crew.words}; results in {store.folder}"

        return reported(store, run_shown(options, waiting, arms, store, first_line))


def _make_references(sets: dict[Any, Any], arms: Sequence[Any], task_text: str, store: Any) -> int:
    """Makes the reference sets that are not there, and says where they all are."""
    from emssl_bench.experiments import reference_files

    for (digest, _), settings in sets.items():
        arm = next(arm for arm in arms if arm.digest == digest)
        made = reference_files.opened(settings.written(), arm, task_text, store.folder)
        solutions = sum(map(len, made.solutions))
        print(
            f"{reference_files.path_of(settings, store.folder)}: {arm.name}, {settings.kind}, "
            f"{len(made.targets):,} targets with {solutions:,} solutions"
        )
    return 0


def _chosen(
    options: argparse.Namespace, arms: Sequence[Any], store: Any
) -> tuple[list[tuple[Any, Any, Any]], list[str]]:
    """The models meant, each with the trial that learned it and its arm; and a line for all that has none.

    Raises:
        InvalidValue: there is no model of a method; says how to train one.
        UnknownName: a method is none.
        ModelError: a file holds no model, or one of another arm.
    """
    from emssl_bench.cli import base_models
    from emssl_bench.joint_space import shown
    from emssl_bench.methods import registry

    methods = [name for name in once(options.method) if name not in registry.GROUPS]
    for name in methods:
        registry.method_class(name)
    every, ranges = not set(registry.GROUPS).isdisjoint(options.method), once(options.joint_range)
    given = options.models or ([options.out] if options.out.exists() else [])
    found = [
        (model, trained, arm)
        for model, trained, arm in base_models.read_all(given, arms, store.tell)
        if trained.experiment == "accuracy"
        and (trained.settings.task, trained.settings.evaluated_on) == (options.task, "test")
        and trained.settings.joint_range_deg in ranges
        and (every or trained.name in methods)
    ]
    held = {(arm, name, each.settings.joint_range_deg) for _, each, arm in found for name in (each.name, "")}
    lines = []
    names: list[str] = [*methods, ""] if every else methods
    for arm, name in itertools.product(arms, names):
        lacking = [each for each in ranges if (arm, name, each) not in held]
        if len(lacking) == len(ranges):
            raise InvalidValue(_no_model(options, arm, name))
        of = f"model of {name}" if name else "model"
        lines += [f"{arm.name}, {shown(each)}: there is no {of}." for each in lacking]
    return found, lines


def _no_model(options: argparse.Namespace, arm: Any, name: str) -> str:
    """What to do where there is no model of a method, or of any."""
    ranges = " ".join(f"{each:g}" if isinstance(each, float) else str(each) for each in once(options.joint_range))
    asked = f"--method {name or 'lookup cgan'} --robot {arm.name} --task {options.task} --joint-range {ranges}"
    where = ", ".join(map(str, options.models or [options.out]))
    what = f"model of {name}" if name else "model"
    return (
        f"there is no {what} for {arm.name}, task {options.task}, joint range {ranges} in {where}; "
        f"train one: emssl-bench run {asked} --out {options.out}"
    )
