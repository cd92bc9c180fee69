"""The command `run`: methods are trained and evaluated."""

import argparse
import sys
from collections.abc import Sequence

from emssl_bench.cli.argument_types import add_renamed, joint_range
from emssl_bench.cli.common import once, opened, reported
from emssl_bench.cli.places import add_on, share
from emssl_bench.cli.shared_options import JOINT_RANGES, add_out, add_robot, add_training
from emssl_bench.cli.trials import run_trials, trainings
from emssl_bench.exceptions import UnknownName
from emssl_bench.records.settings import AccuracySettings

HELP = "train and evaluate methods; makes Table II and Fig. 6"
METHODS = "methods; all: those of the paper, ours, and what they are held against; everything: all that there are"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--method", nargs="+", default=["all"], metavar="NAME", help=METHODS)
    add_robot(parser)
    parser.add_argument(
        "--joint-range", nargs="+", type=joint_range, default=[90, 180], metavar="DEG", help=JOINT_RANGES
    )
    add_training(parser)
    add_on(parser)
    add_renamed(
        parser,
        *("--evaluate-on", "--judge-on"),
        choices=["test", "validation"],
        default=AccuracySettings.evaluated_on,
        help="the test set; or, to choose settings, a fifth of the training samples, on which nothing is trained then",
    )
    add_out(parser, "where results go")


def run(options: argparse.Namespace) -> int:
    """Trains and evaluates methods; makes Table II and Fig. 6."""
    from emssl_bench.records import Store

    methods, left_out = _chosen_methods(options.method)
    arms, device = opened(options)
    trials = [trial for arm in arms for trial in trainings(options, methods, arm, device, options.evaluate_on)]
    trials = share(options, trials)
    if options.shard and not trials:
        return 0
    store = Store(options.out)
    for complaint in left_out:
        print(f"emssl-bench: {complaint}", file=sys.stderr)
    with store.claimed():
        waiting = [trial for trial in trials if not store.done(trial)]
        return reported(store, run_trials(options, waiting, len(trials), arms, store))


def _chosen_methods(chosen: Sequence[str]) -> tuple[list[str], list[str]]:
    """The methods meant, each once; and where a group of them is, a line for each that is left out."""
    from emssl_bench.methods import registry

    valid = [*registry.names(), *registry.GROUPS]
    for name in chosen:
        if name not in valid:
            raise UnknownName("method", name, valid)
    groups = [name for name in registry.GROUPS if name in chosen]
    methods, left_out = registry.usable(groups[-1]) if groups else ([], [])
    return once([*methods, *(name for name in chosen if name not in registry.GROUPS)]), left_out
