"""The command line. It imports torch, pandas and the like only in the command that needs them."""

import io
import sys
from collections.abc import Sequence

from emssl_bench.commands import sampling, showing, training
from emssl_bench.errors import MOST_IN_A_LINE, EmsslBenchError, one_line, shortened
from emssl_bench.options import parser

BAD_INPUT = 2
INTERRUPTED = 130

COMMANDS = {
    "run": training.train,
    "adapt": training.adapt,
    "sampling": sampling.time_sampling,
    "check": showing.check_arm,
    "report": showing.show_report,
    "merge": showing.merge_folders,
    "robots": showing.list_robots,
    "methods": showing.list_methods,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; a user's mistake ends in one line on standard error and exit code 2."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal that has no ±, or a path that is not UTF-8
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        options = parser().parse_args(arguments)
        return COMMANDS[options.command](options)
    except EmsslBenchError as error:
        print(f"emssl-bench: {shortened(one_line(str(error)), MOST_IN_A_LINE)}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("emssl-bench: interrupted; what had finished is kept, run again to go on.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # somebody piped us into head
        sys.stderr.close()
        return 0


if __name__ == "__main__":
    raise SystemExit(main())
