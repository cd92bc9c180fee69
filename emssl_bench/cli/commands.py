"""The commands, and the command line that they make up together.

To add one, write its file and its line here.
"""

import argparse
from collections.abc import Mapping
from typing import Protocol

from emssl_bench import __version__
from emssl_bench.cli import (
    adapt,
    answers,
    check,
    export,
    merge,
    methods,
    paths,
    report,
    robots,
    run,
    sampling,
    solve,
    solvers,
)
from emssl_bench.cli.argument_types import HelpFormatter, Parser

EXIT_CODES = (
    "Exit codes. 0: success, even if the output was closed; 1: some trials failed, forward models disagree (check), or "
    "the output could not be written; 2: wrong usage, or the system refused something, such as space on a disk; "
    "128 plus the signal's number: interrupted (130 by Ctrl-C), what had finished is kept."
)


class Command(Protocol):
    """What the module of a command has.

    It imports torch, pandas and the like only when it runs: the command line is made of all modules.
    """

    @property
    def HELP(self) -> str:
        """What the command is for, in the list of commands."""
        ...

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds the command's own arguments, and an epilog where it has one."""
        ...

    def run(self, options: argparse.Namespace) -> int:
        """Runs the command; returns the exit code.

        Raises:
            EmsslBenchError: the user has made a mistake, which the message says in one line.
        """
        ...


COMMANDS: Mapping[str, Command] = {
    "run": run,
    "adapt": adapt,
    "sampling": sampling,
    "solvers": solvers,
    "paths": paths,
    "answers": answers,
    "solve": solve,
    "export": export,
    "check": check,
    "report": report,
    "merge": merge,
    "robots": robots,
    "methods": methods,
}


def parser() -> argparse.ArgumentParser:
    """The whole command line; `command` in what it parses is the name of the command."""
    top = Parser(prog="emssl-bench", description="Benchmark of learned inverse kinematics.", epilog=EXIT_CODES)
    top.add_argument("--version", action="version", version=f"emssl-bench {__version__}")
    commands = top.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        command.add_arguments(commands.add_parser(name, help=command.HELP, formatter_class=HelpFormatter))
    return top
