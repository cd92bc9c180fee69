"""The options of the command line, and what may be given for them."""

import argparse

from emssl_bench import __version__
from emssl_bench.cli.argument_types import (
    HelpFormatter,
    Parser,
    count_or_auto,
    joint_range,
    path,
    positive_or_zero,
    real_number,
    renamed_from,
    whole,
)
from emssl_bench.cli.shared_options import add_out, add_robot, add_tip, add_training
from robots.changes import KINDS

JOINT_RANGES = "joint spaces: ± degrees, or limits for the arm's own limits"
EXIT_CODES = (
    "Exit codes: 0 when the work is done, also where nobody could be told; 1 when trials failed, or standard output "
    "could not be written; 2 after a mistake, with nothing done that it is about; 128 and the signal's number when "
    "interrupted (130 by Ctrl-C), with all that had finished kept."
)


def parser() -> argparse.ArgumentParser:
    """The whole command line; `command` in what it parses is the name of the command."""
    top = Parser(prog="emssl-bench", description="Benchmark of learned inverse kinematics.", epilog=EXIT_CODES)
    top.add_argument("--version", action="version", version=f"emssl-bench {__version__}")
    commands = top.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser(
        "run", help="train and evaluate methods; makes Table II and Fig. 6", formatter_class=HelpFormatter
    )
    run.add_argument("--method", nargs="+", default=["all"], metavar="NAME", help="methods, or all")
    add_robot(run)
    run.add_argument("--joint-range", nargs="+", type=joint_range, default=[90, 180], metavar="DEG", help=JOINT_RANGES)
    add_training(run)
    run.add_argument(
        *("--evaluate-on", "--judge-on"),
        action=renamed_from("--judge-on"),
        dest="evaluate_on",
        metavar="{test,validation}",
        choices=["test", "validation"],
        default="test",
        help="the test set; or, to choose settings, a fifth of the training samples, on which nothing is trained then",
    )
    add_out(run, "where results go")

    adapt = commands.add_parser(
        "adapt",
        help="adapt learned models to a changed arm; makes Table IV",
        formatter_class=HelpFormatter,
        epilog=f"Changes: {'; '.join(KINDS.values())}.",
    )
    add_robot(adapt)
    adapt.add_argument(
        "--approach",
        nargs="+",
        default=["all"],
        metavar="NAME",
        help="identify, replace (the paper's), align (ours), scratch, direct, distal (to compare), or all",
    )
    adapt.add_argument(
        "--learner",
        default="emssl",
        metavar="METHOD",
        help="method that adapts in identify, replace, align and scratch, and whose model they start from; any that "
        "has adapt, a plug-in's too (default: emssl)",
    )
    adapt.add_argument(
        *("--targets", "--wanted"),
        action=renamed_from("--wanted"),
        dest="targets",
        metavar="{reachable,all}",
        choices=["reachable", "all"],
        default="reachable",
        help="targets to evaluate on: those that the changed arm can reach, or all",
    )
    adapt.add_argument(
        "--extend-cm", nargs="*", type=real_number, default=[1, 3, 5], metavar="CM", help="every link longer by so much"
    )
    adapt.add_argument(
        "--change",
        nargs="+",
        action="extend",
        default=[],
        metavar="KIND=AMOUNT",
        help="other changes, or beyond for a set of five; they are listed below",
    )
    adapt.add_argument(
        "--from",
        nargs="+",
        type=path,
        metavar="MODEL",
        dest="models",
        help="trained models (.safetensors) of the unchanged arm; seeds, joint ranges and data are theirs "
        "(default: train them first, in the same folder)",
    )
    adapt.add_argument("--joint-range", nargs="+", type=joint_range, default=[90], metavar="DEG", help=JOINT_RANGES)
    adapt.add_argument(
        "--samples",
        type=whole(1),
        metavar="N",
        help="forward calls in an iteration of adaptation (default: one for every training position)",
    )
    adapt.add_argument(
        "--schedule",
        choices=["constant", "cosine"],
        default="cosine",
        help="of the learning rate in each iteration of adaptation; scratch has that of the training",
    )
    adapt.add_argument(
        "--adapt-with",
        nargs="+",
        action="extend",
        default=[],
        metavar="METHOD.SETTING=VALUE",
        help="settings while adapting, over those that the model was trained with",
    )
    adapt.add_argument(
        "--measurements",
        type=whole(1, 10**6),
        default=50,
        metavar="N",
        help="configurations measured on the changed arm to identify it, or to align the network",
    )
    adapt.add_argument(
        "--noise-mm", type=positive_or_zero, default=0.0, metavar="MM", help="deviation of measured coordinates"
    )
    add_training(adapt)
    of_training = ("set", "budget", "seeds", "joint_range")
    adapt.set_defaults(of_training={name: adapt.get_default(name) for name in of_training})
    add_out(adapt, "where results go")

    sampling = commands.add_parser(
        "sampling", help="time the strategies of sampling; makes Table III and Fig. 7", formatter_class=HelpFormatter
    )
    add_robot(sampling)
    sampling.add_argument("--samples", type=whole(1, 10**7), default=70_000, metavar="N", help="targets")
    sampling.add_argument(
        "--batch", type=whole(1, 10**7), default=512, metavar="N", help="inference batch of Table III"
    )
    sampling.add_argument(
        "--workers", type=count_or_auto, default="auto", metavar="N", help="forward-model processes of Table III"
    )
    sampling.add_argument(
        "--threads", type=count_or_auto, default="auto", metavar="N", help="torch threads of inference"
    )
    sampling.add_argument("--rounds", type=whole(1), default=5, metavar="N", help="times each case is measured")
    sampling.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="where inference runs")
    add_out(sampling, "where results go")

    check = commands.add_parser(
        "check",
        help="see whether an arm can be used: its chain, its forward models, its workspace",
        formatter_class=HelpFormatter,
    )
    check.add_argument("robot", metavar="ARM", help="an arm's name, or the path of a URDF file")
    add_tip(check)
    check.add_argument(
        "--joint-range",
        type=joint_range,
        default=180.0,
        metavar="DEG",
        help="joint space: ± degrees, or limits for the arm's own limits",
    )
    add_out(check, "where the picture of the workspace goes")

    report = commands.add_parser(
        "report", help="make tables, figures and report.md from the records of a run", formatter_class=HelpFormatter
    )
    report.add_argument(
        "--method", nargs="+", default=[], metavar="NAME", help="show these methods alone, in every table and figure"
    )
    report.add_argument("--robot", nargs="+", default=[], metavar="NAME", help="show these arms alone, by their names")
    report.add_argument(
        "--no-variants",
        action="store_true",
        help="leave out what ran with other than the default settings of its method",
    )
    report.add_argument(
        "--into",
        type=path,
        metavar="FOLDER",
        help="where to write (default: the run's folder or, where something is left out, filtered/ in it)",
    )
    add_out(report, "the run's folder")

    merge = commands.add_parser(
        "merge",
        help="bring records and models of several folders together",
        formatter_class=HelpFormatter,
        epilog="Of a trial with the same numbers in several folders, one record is kept. Of different numbers, those "
        "of --out are kept, or else of the first folder given, and each difference is said. A result is kept before a "
        "failure. Sampling times of one measurement stay together. The folders given are only read, and benchmarks "
        "are not merged.",
    )
    merge.add_argument("folders", nargs="+", type=path, metavar="FOLDER", help="folders of runs")
    merge.add_argument("--strict", action="store_true", help="with different numbers, write nothing and exit with 2")
    merge.add_argument(
        "--out", type=path, required=True, metavar="FOLDER", help="where to: a new folder, or one that has records"
    )

    commands.add_parser("robots", help="list the arms", formatter_class=HelpFormatter)

    methods = commands.add_parser("methods", help="list the methods, or one's settings", formatter_class=HelpFormatter)
    methods.add_argument("name", nargs="?", help="a method whose settings to show")
    return top
