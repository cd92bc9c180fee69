"""The command `paths`: solvers and trained models follow lines and circles."""

import argparse
import sys
from typing import Any

from emssl_bench.cli.argument_types import joint_range, over_0, whole
from emssl_bench.cli.common import once, opened, reported
from emssl_bench.cli.places import add_on
from emssl_bench.cli.shared_options import add_models, add_out, add_robot, add_watch
from emssl_bench.cli.solvers import chosen, of_all, without_model
from emssl_bench.cli.trials import run_shown
from emssl_bench.tasks import TASKS

HELP = "follow lines and circles: joint moves a step, flips of branch, errors along the path"
EPILOG = (
    "Every solver answers each target alone; one that can use its last answer is measured so, too, and of one that "
    "has several answers the nearest to the last is taken. A trained model is the solver `learned`: --model."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    add_robot(parser)
    parser.add_argument("--task", nargs="+", choices=list(TASKS), default=list(TASKS), help="what targets are")
    parser.add_argument("--shape", nargs="+", default=["all"], metavar="SHAPE", help="line, circle, or all")
    parser.add_argument(
        "--solver",
        nargs="+",
        metavar="NAME",
        help="solvers of the command solvers, or all (default: table and lookup, and with --model learned)",
    )
    add_models(parser)
    parser.add_argument(
        "--samples",
        nargs="+",
        type=whole(2, 10_000),
        default=[32],
        metavar="K",
        help="answers to a target, of which the nearest to the last one is taken",
    )
    parser.add_argument("--joint-range", type=joint_range, default=180.0, metavar="DEG", help="± degrees, or limits")
    parser.add_argument("--count", type=whole(1, 10_000), default=20, metavar="N", help="paths of a shape")
    parser.add_argument("--step-cm", type=over_0(100), default=1.0, metavar="CM", help="between targets")
    parser.add_argument(
        "--flip", type=over_0(180), default=45.0, metavar="DEG", help="a step in which a joint moves farther is a flip"
    )
    parser.add_argument("--path-seed", type=whole(0), default=0, metavar="N", help="of the paths")
    add_watch(parser)
    add_on(parser)
    add_out(parser, "where results go")


def run(options: argparse.Namespace) -> int:
    """Measures every solver on every shape; makes the table of paths."""
    from emssl_bench.cli import base_models, places
    from emssl_bench.experiments import path_sets, paths
    from emssl_bench.records import Store

    names, missing = chosen(options.solver or ["table", "lookup", *(["learned"] if options.model else [])])
    shapes = of_all(options.shape, list(path_sets.SHAPES), "shape of paths")
    options.device, options.forward = "cpu", "chain"
    arms, _ = opened(options)
    store = Store(options.out)
    models = base_models.read_all(options.model, arms, store.tell)
    with store.claimed():
        size = (options.joint_range, options.count, options.step_cm / 100, options.flip, options.path_seed)
        known = [trained for _, trained, _ in models]
        asked = (names, options.task, shapes, once(options.samples))
        trials = [trial for arm in arms for trial in paths.plan(*asked, arm, *size, known)]
        for line in [*missing, *without_model(names, trials)]:
            print(f"emssl-bench: {line}", file=sys.stderr)
        for arm in arms:
            path_sets.check_step(arm, shapes, options.step_cm / 100)
        trials = places.share(options, trials)
        if options.shard and not trials:
            return 0
        base_models.put_used(models, trials, store)
        waiting = [trial for trial in trials if not store.done(trial)]

        def first_line(crew: Any) -> str:
            return f"{len(waiting)} of {len(trials)} measurements to make, {crew.words}; results in {store.folder}"

        return reported(store, run_shown(options, waiting, arms, store, first_line))
