"""The command `merge`: records and models of several folders are brought together."""

import argparse

from emssl_bench.cli.argument_types import path
from emssl_bench.cli.common import reported

HELP = "bring records and models of several folders together"
EPILOG = (
    "Of a trial with the same numbers in several folders, one record is kept. Of different numbers, those of --out are "
    "kept, or else of the first folder given, and each difference is said. A result is kept before a failure. Sampling "
    "times of one measurement stay together. The folders given are only read, and benchmarks are not merged."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("folders", nargs="+", type=path, metavar="FOLDER", help="folders of runs")
    parser.add_argument("--strict", action="store_true", help="with different numbers, write nothing and exit with 2")
    parser.add_argument(
        "--out", type=path, required=True, metavar="FOLDER", help="where to: a new folder, or one that has records"
    )


def run(options: argparse.Namespace) -> int:
    """Brings records and models of several folders together."""
    from emssl_bench.records import Store, merge
    from emssl_bench.records.store import to_stderr

    store = Store(options.out)
    for folder, count in merge.merge(options.folders, store, options.strict, to_stderr).items():
        print(f"{count} records from {folder}")
    return reported(store, [])
