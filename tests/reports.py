"""What reports are made of, and shortcuts to what they show."""

from emssl_bench.report import ReportData, make_sections, terminal
from emssl_bench.report.frames.accuracy import accuracy_runs, table_2
from emssl_bench.report.sections.accuracy import printed_errors
from tests.examples import record


def all_methods(seeds=(0,)):
    """Records of the paper's methods."""
    errors = {"direct": 30.0, "distal": 3.0, "cgan": 6.0, "emssl": 2.0}
    return [
        record(name, joint_range, seed, error + seed / 10)
        for name, error in errors.items()
        for joint_range in (90, 180)
        for seed in seeds
    ]


def table(records):
    """Table II in its long form."""
    return table_2(accuracy_runs(records))


def errors_printed(frame):
    """Table II as printed, of its long form."""
    return printed_errors(frame)[0]


def print_report(records, console):
    """Prints what the terminal shows at the end of a run with these records."""
    terminal.print_sections(make_sections(ReportData(records)), console)
