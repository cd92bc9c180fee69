"""The command `report`: pages, tables and figures are made from records."""

import argparse

from emssl_bench.cli.argument_types import path
from emssl_bench.cli.common import made, once
from emssl_bench.cli.shared_options import add_out

HELP = "make report.html, report.md, tables and figures from the records of a run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--method", nargs="+", default=[], metavar="NAME", help="show these methods alone, in every table and figure"
    )
    parser.add_argument("--robot", nargs="+", default=[], metavar="NAME", help="show these arms alone, by their names")
    parser.add_argument(
        "--no-variants",
        action="store_true",
        help="leave out what ran with other than the default settings of its method",
    )
    parser.add_argument(
        "--into",
        type=path,
        metavar="FOLDER",
        help="where to write (default: the run's folder or, where something is left out, filtered/ in it)",
    )
    add_out(parser, "the run's folder")


def run(options: argparse.Namespace) -> int:
    """Makes report.html, report.md, tables and figures from the records."""
    from emssl_bench import report
    from emssl_bench.records import Store
    from emssl_bench.report.selection import Selection

    store = Store(options.out)
    store.try_to_set_aside()
    chosen = Selection(tuple(once(options.method)), tuple(once(options.robot)), not options.no_variants)
    written = report.write(store, chosen, options.into)
    print(f"Page: {written[0]}\nReport: {made(written)}")
    return 0
