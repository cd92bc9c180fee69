"""What may be given for an option, and how a mistake is told: in one line."""

import argparse
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from emssl_bench.exceptions import MOST_IN_A_LINE, EmsslBenchError, one_line, shortened
from emssl_bench.joint_space import LIMITS, JointRange
from emssl_bench.system.numerals import number
from emssl_bench.tasks import task

MOST_PROCESSES = 1024
MOST_SEEDS = 1000


class Parser(argparse.ArgumentParser):
    """argparse, with one line for a mistake and the nearest valid option for a misspelt one."""

    def __init__(self, **options: Any):
        super().__init__(allow_abbrev=False, **options)

    def parse_known_args(  # pyright: ignore[reportIncompatibleMethodOverride]  # it has overloads that we need not have
        self, args: Any = None, namespace: Any = None
    ) -> Any:
        """As argparse, of the whole command line and then of the words of a command, but nothing is passed over.

        What is not known is refused by the command that it was given to, with its own options; and so is a list that
        is given twice, of which argparse takes the last alone.
        """
        words = list(sys.argv[1:] if args is None else args)
        options = [_option(word) for word in words[: words.index("--") if "--" in words else None]]
        for action in self._actions:
            is_list = action.nargs in ("+", "*") and not isinstance(action, argparse._AppendAction)
            if is_list and sum(map(options.count, action.option_strings)) > 1:
                self.error(f"argument {'/'.join(action.option_strings)}: is given twice; name all values after one")
        found, unknown = super().parse_known_args(words, namespace)
        if unknown:
            misspelt = next((word for word in unknown if word.startswith("-")), unknown[0])
            near = difflib.get_close_matches(_option(misspelt), _options(self), n=1, cutoff=0.75)
            hint = f"did you mean {near[0]}?" if near else f"see {self.prog} --help"
            self.error(f"unrecognized arguments: {' '.join(unknown)} ({hint})")
        return found, unknown

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {shortened(one_line(message), MOST_IN_A_LINE)}", file=sys.stderr)
        raise SystemExit(2)


def _option(word: str) -> str:
    return word.partition("=")[0]


def _options(of: argparse.ArgumentParser) -> list[str]:
    return [option for action in of._actions for option in action.option_strings]


class SeedsAction(argparse.Action):
    """Puts the ranges of seeds together, each seed once."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option_string: Any = None) -> None:
        setattr(namespace, self.dest, list(dict.fromkeys(seed for seeds in values for seed in seeds)))


def add_renamed(
    parser: argparse.ArgumentParser, name: str, old: str, choices: Sequence[str], default: str, help: str
) -> None:
    """An option with choices that still answers to its old name, and then says what it is called now."""

    class Renamed(argparse.Action):
        def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option_string: Any = None) -> None:
            if option_string == old:
                print(f"emssl-bench: {old} is now {self.option_strings[0]}.", file=sys.stderr)
            setattr(namespace, self.dest, values)

    dest, metavar = name.removeprefix("--").replace("-", "_"), "{" + ",".join(choices) + "}"
    parser.add_argument(
        name, old, action=Renamed, dest=dest, metavar=metavar, choices=choices, default=default, help=help
    )


class HelpFormatter(argparse.ArgumentDefaultsHelpFormatter):
    def _get_help_string(self, action: argparse.Action) -> str | None:
        if isinstance(action.default, list):
            if not action.default:
                return action.help
            return f"{action.help} (default: {' '.join(map(str, action.default))})"
        return super()._get_help_string(action) if action.default is not None else action.help


def path(text: str) -> Path:
    if not text or "\0" in text:  # "" would be the folder we are in: an unset variable, not a wish
        raise argparse.ArgumentTypeError(f"must be a path, not {text[:40]!r}")
    return Path(text)


def real_number(text: str) -> float:
    try:
        return number(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number, not {text[:40]!r}") from None


def joint_range(text: str) -> JointRange:
    if text == LIMITS:
        return LIMITS
    try:
        return real_number(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{error}; or {LIMITS}, which stands for the arm's own") from None


def positive_or_zero(text: str) -> float:
    value = real_number(text)
    if not 0 <= value < 1e6:
        raise argparse.ArgumentTypeError(f"must be a number of at least 0, not {text[:40]!r}")
    return value


def over_0(most: float):
    def over_0(text: str) -> float:
        value = real_number(text)
        if not 0 < value <= most:
            raise argparse.ArgumentTypeError(f"must be over 0 and at most {most:,g}, not {text[:40]!r}")
        return value

    return over_0


def whole(least: int, most: int = 10**9):
    def whole(text: str) -> int:
        plain = text.isascii() and text.isdigit() and len(text) < 20
        if not plain or int(text) < least:
            raise argparse.ArgumentTypeError(f"must be a whole number of at least {least}, not {text[:40]!r}")
        if int(text) > most:
            raise argparse.ArgumentTypeError(f"must be at most {most}, not {text}")
        return int(text)

    return whole


def seeds_of(text: str) -> range:
    """Of one seed, or of a range such as 0-9, which has its ends."""
    first, dash, last = text.partition("-")
    if not (first and dash):
        seed = whole(0)(text)
        return range(seed, seed + 1)
    try:
        ends = whole(0)(first), whole(0)(last)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"must be a seed, or a range such as 0-9, not {text[:40]!r}") from None
    if ends[0] > ends[1]:
        raise argparse.ArgumentTypeError(f"a range goes from the lower seed to the higher, not {text!r}")
    if ends[1] - ends[0] >= MOST_SEEDS:
        raise argparse.ArgumentTypeError(f"a range is of at most {MOST_SEEDS:,} seeds, not {text!r}")
    return range(ends[0], ends[1] + 1)


def count_or_auto(text: str) -> int | str:
    if text == "auto":
        return text
    try:
        return whole(1, MOST_PROCESSES)(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(str(error).replace("must be", "must be auto or", 1)) from None


def task_text(text: str) -> str:
    """A task's name and settings, as they are written in records."""
    try:
        return task(text).text
    except EmsslBenchError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
