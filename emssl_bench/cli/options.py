"""The options of the command line, and what may be given for them."""

import argparse
import difflib
import sys
from pathlib import Path
from typing import Any, NoReturn

from emssl_bench import __version__
from emssl_bench.exceptions import MOST_IN_A_LINE, one_line, shortened
from emssl_bench.joint_space import LIMITS, JointRange
from emssl_bench.system.numerals import number
from robots.changes import KINDS

MOST_PROCESSES = 1024
JOINT_RANGES = "joint spaces: ± degrees, or limits for the arm's own limits"
MOST_SEEDS = 1000
EXIT_CODES = (
    "Exit codes: 0 when the work is done, also where nobody could be told; 1 when trials failed, or standard output "
    "could not be written; 2 after a mistake, with nothing done that it is about; 128 and the signal's number when "
    "interrupted (130 by Ctrl-C), with all that had finished kept."
)
BUDGETS = (
    "positions (training and test), iterations, epochs in each: smoke (4,000, 3, 2), a minute; quick (20,000, 15, 5), "
    "minutes a trial; paper (100,000, 200, 10: Table I), hours a trial"
)


class _Parser(argparse.ArgumentParser):
    """argparse, with one line for a mistake and the nearest valid option for a misspelt one."""

    def __init__(self, **options: Any):
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        unknown = message.removeprefix("unrecognized arguments: ").split()
        if len(unknown) and message.startswith("unrecognized"):
            near = difflib.get_close_matches(unknown[0], _all_options(self), n=1)
            message += f" (did you mean {near[0]}?)" if near else f" (see {self.prog} --help)"
        print(f"{self.prog}: {shortened(one_line(message), MOST_IN_A_LINE)}", file=sys.stderr)
        raise SystemExit(2)


def _all_options(of: argparse.ArgumentParser) -> list[str]:
    options = []
    for action in of._actions:
        options += action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            options += [option for choice in action.choices.values() for option in _all_options(choice)]
    return options


def parser() -> argparse.ArgumentParser:
    """The whole command line; `command` in what it parses is the name of the command."""
    top = _Parser(prog="emssl-bench", description="Benchmark of learned inverse kinematics.", epilog=EXIT_CODES)
    top.add_argument("--version", action="version", version=f"emssl-bench {__version__}")
    commands = top.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="train and judge methods; makes Table II and Fig. 6", formatter_class=_Help)
    run.add_argument("--method", nargs="+", default=["all"], metavar="NAME", help="methods, or all")
    _add_robot(run)
    run.add_argument("--joint-range", nargs="+", type=_joint_range, default=[90, 180], metavar="DEG", help=JOINT_RANGES)
    _add_training(run)
    run.add_argument(
        "--judge-on",
        choices=["test", "validation"],
        default="test",
        help="the test set; or, to choose settings, a fifth of the training samples, on which nothing is trained then",
    )
    _add_out(run, "where results go")

    adapt = commands.add_parser(
        "adapt",
        help="adapt learned models to a changed arm; makes Table IV",
        formatter_class=_Help,
        epilog=f"Changes: {'; '.join(KINDS.values())}.",
    )
    _add_robot(adapt)
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
        "--wanted",
        choices=["reachable", "all"],
        default="reachable",
        help="test positions to judge on: those that the changed arm can reach, or all",
    )
    adapt.add_argument(
        "--extend-cm", nargs="*", type=_number, default=[1, 3, 5], metavar="CM", help="every link longer by so much"
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
        type=_path,
        metavar="MODEL",
        dest="models",
        help="trained models (.safetensors) of the unchanged arm; seeds, joint ranges and data are theirs "
        "(default: train them first, in the same folder)",
    )
    adapt.add_argument("--joint-range", nargs="+", type=_joint_range, default=[90], metavar="DEG", help=JOINT_RANGES)
    adapt.add_argument(
        "--samples",
        type=_whole(1),
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
        type=_whole(1, 10**6),
        default=50,
        metavar="N",
        help="configurations measured on the changed arm to identify it, or to align the network",
    )
    adapt.add_argument(
        "--noise-mm", type=_positive_or_zero, default=0.0, metavar="MM", help="deviation of measured coordinates"
    )
    _add_training(adapt)
    of_training = ("set", "budget", "seeds", "joint_range")
    adapt.set_defaults(of_training={name: adapt.get_default(name) for name in of_training})
    _add_out(adapt, "where results go")

    sampling = commands.add_parser(
        "sampling", help="time the strategies of sampling; makes Table III and Fig. 7", formatter_class=_Help
    )
    _add_robot(sampling)
    sampling.add_argument("--samples", type=_whole(1, 10**7), default=70_000, metavar="N", help="wanted positions")
    sampling.add_argument(
        "--batch", type=_whole(1, 10**7), default=512, metavar="N", help="inference batch of Table III"
    )
    sampling.add_argument(
        "--workers", type=_count_or_auto, default="auto", metavar="N", help="forward-model processes of Table III"
    )
    sampling.add_argument(
        "--threads", type=_count_or_auto, default="auto", metavar="N", help="torch threads of inference"
    )
    sampling.add_argument("--rounds", type=_whole(1), default=5, metavar="N", help="times each case is measured")
    sampling.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="where inference runs")
    _add_out(sampling, "where results go")

    check = commands.add_parser(
        "check",
        help="see whether an arm can be used: its chain, its forward models, its workspace",
        formatter_class=_Help,
    )
    check.add_argument("robot", metavar="ARM", help="an arm's name, or the path of a URDF file")
    _add_tip(check)
    check.add_argument(
        "--joint-range",
        type=_joint_range,
        default=180.0,
        metavar="DEG",
        help="joint space: ± degrees, or limits for the arm's own limits",
    )
    _add_out(check, "where the picture of the workspace goes")

    report = commands.add_parser(
        "report", help="make tables, figures and report.md from the records of a run", formatter_class=_Help
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
        type=_path,
        metavar="FOLDER",
        help="where to write (default: the run's folder or, where something is left out, filtered/ in it)",
    )
    _add_out(report, "the run's folder")

    merge = commands.add_parser(
        "merge",
        help="bring records and models of several folders together",
        formatter_class=_Help,
        epilog="Of a trial with the same numbers in several folders, one record is kept. Of different numbers, those "
        "of --out are kept, or else of the first folder given, and each difference is said. A result is kept before a "
        "failure. Sampling times of one measurement stay together. The folders given are only read, and benchmarks "
        "are not merged.",
    )
    merge.add_argument("folders", nargs="+", type=_path, metavar="FOLDER", help="folders of runs")
    merge.add_argument("--strict", action="store_true", help="with different numbers, write nothing and exit with 2")
    merge.add_argument(
        "--out", type=_path, required=True, metavar="FOLDER", help="where to: a new folder, or one that has records"
    )

    commands.add_parser("robots", help="list the arms", formatter_class=_Help)

    methods = commands.add_parser("methods", help="list the methods, or one's settings", formatter_class=_Help)
    methods.add_argument("name", nargs="?", help="a method whose settings to show")
    return top


def _add_training(command: argparse.ArgumentParser) -> None:
    """Options of every command that trains."""
    command.add_argument(
        "--seeds",
        nargs="+",
        type=_seeds,
        action=_Seeds,
        default=[0],
        metavar="N",
        help="base seeds, one trial of everything each; 0-9 stands for all from 0 to 9",
    )
    command.add_argument("--budget", default="quick", metavar="NAME", help=BUDGETS)
    command.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="METHOD.SETTING=VALUE",
        help="settings of methods, over the budget's; see emssl-bench methods NAME",
    )
    command.add_argument(
        "--workers", type=_count_or_auto, default="auto", metavar="N", help="forward-model processes of a trial"
    )
    command.add_argument("--jobs", type=_count_or_auto, default="auto", metavar="N", help="trials side by side")
    command.add_argument(
        "--threads",
        type=_whole(1, MOST_PROCESSES),
        default=1,
        metavar="N",
        help="torch threads of a trial; they change rounding",
    )
    command.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="where networks are trained")
    command.add_argument(
        "--forward", choices=["bullet", "chain"], default="bullet", help="forward model: PyBullet, or the torch chain"
    )


def _add_robot(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--robot", nargs="+", default=["paper6"], metavar="ARM", help="arms: names, or paths of URDF files"
    )
    _add_tip(command)


def _add_tip(command: argparse.ArgumentParser) -> None:
    command.add_argument("--tip", metavar="LINK", help="end effector of a URDF file with several branches")
    command.add_argument(
        "--base",
        metavar="LINK",
        help="where the arm begins: what carries that link, a mobile base for instance, is left out",
    )


def _add_out(command: argparse.ArgumentParser, help: str) -> None:
    command.add_argument("--out", type=_path, default=Path("results/local"), metavar="FOLDER", help=help)


class _Seeds(argparse.Action):
    """Puts the ranges of seeds together, each seed once."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option_string: Any = None) -> None:
        setattr(namespace, self.dest, list(dict.fromkeys(seed for seeds in values for seed in seeds)))


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    def _get_help_string(self, action: argparse.Action) -> str | None:
        if isinstance(action.default, list):
            if not action.default:
                return action.help
            return f"{action.help} (default: {' '.join(map(str, action.default))})"
        return super()._get_help_string(action) if action.default is not None else action.help


def _path(text: str) -> Path:
    if not text or "\0" in text:  # "" would be the folder we are in: an unset variable, not a wish
        raise argparse.ArgumentTypeError(f"must be a path, not {text[:40]!r}")
    return Path(text)


def _number(text: str) -> float:
    try:
        return number(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number, not {text[:40]!r}") from None


def _joint_range(text: str) -> JointRange:
    if text == LIMITS:
        return LIMITS
    try:
        return _number(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{error}; or {LIMITS}, which stands for the arm's own") from None


def _positive_or_zero(text: str) -> float:
    value = _number(text)
    if not 0 <= value < 1e6:
        raise argparse.ArgumentTypeError(f"must be a number of at least 0, not {text[:40]!r}")
    return value


def _whole(least: int, most: int = 10**9):
    def whole(text: str) -> int:
        plain = text.isascii() and text.isdigit() and len(text) < 20
        if not plain or int(text) < least:
            raise argparse.ArgumentTypeError(f"must be a whole number of at least {least}, not {text[:40]!r}")
        if int(text) > most:
            raise argparse.ArgumentTypeError(f"must be at most {most}, not {text}")
        return int(text)

    return whole


def _seeds(text: str) -> range:
    """Of one seed, or of a range such as 0-9, which has its ends."""
    first, dash, last = text.partition("-")
    if not (first and dash):
        seed = _whole(0)(text)
        return range(seed, seed + 1)
    try:
        ends = _whole(0)(first), _whole(0)(last)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"must be a seed, or a range such as 0-9, not {text[:40]!r}") from None
    if ends[0] > ends[1]:
        raise argparse.ArgumentTypeError(f"a range goes from the lower seed to the higher, not {text!r}")
    if ends[1] - ends[0] >= MOST_SEEDS:
        raise argparse.ArgumentTypeError(f"a range is of at most {MOST_SEEDS:,} seeds, not {text!r}")
    return range(ends[0], ends[1] + 1)


def _count_or_auto(text: str) -> int | str:
    if text == "auto":
        return text
    try:
        return _whole(1, MOST_PROCESSES)(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(str(error).replace("must be", "must be auto or", 1)) from None
