"""The command line. It imports torch, pandas and the like only in the command that needs them."""

import signal
import sys
from collections.abc import Sequence

from emssl_bench.cli.commands import COMMANDS, parser
from emssl_bench.exceptions import MOST_IN_A_LINE, EmsslBenchError, one_line, shortened
from emssl_bench.system.signals import interrupting
from emssl_bench.system.streams import Guarded, guarded

OUTPUT_LOST = 1
BAD_INPUT = 2
INTERRUPTED = 128
"""And the signal's number: 130 after Ctrl-C, as shells have it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; a user's mistake ends in one line on standard error and exit code 2.

    If standard output is closed, the work is done all the same. If it cannot be written, on a full disk for instance,
    an error at the end says so.
    """
    with guarded() as output:
        code = _code(arguments, output)
        try:
            output.flush()
        except BrokenPipeError:  # piped into head, for instance, which has all that it needs
            pass
        if output.error and not isinstance(output.error, BrokenPipeError):
            reason = getattr(output.error, "strerror", None) or output.error
            _complain(f"standard output cannot be written ({reason}).")
            code = code or OUTPUT_LOST
    return code


def _code(arguments: Sequence[str] | None, output: Guarded) -> int:
    """Runs a command; its exit code."""
    try:
        with interrupting():
            options = parser().parse_args(arguments)
            return COMMANDS[options.command].run(options)
    except SystemExit as end:  # of argparse, after --help or a mistake
        return end.code if isinstance(end.code, int) else 0
    except EmsslBenchError as error:
        _complain(str(error))
        return BAD_INPUT
    except KeyboardInterrupt as interruption:
        number = getattr(interruption, "signal_number", signal.SIGINT)
        why = " because its output was closed" if number == getattr(signal, "SIGPIPE", None) else ""
        _complain(f"interrupted{why}; what had finished is kept, run again to go on.")
        return INTERRUPTED + number
    except OSError as error:  # what the system does not give: processes, files, memory
        if error is output.error:  # closed, and what it was to print had been done
            return 0
        where = f"{error.filename}: " if error.filename else ""
        _complain(f"{where}{error.strerror or error}.")
        return BAD_INPUT


def _complain(text: str) -> None:
    print(f"emssl-bench: {shortened(one_line(text), MOST_IN_A_LINE)}", file=sys.stderr)
