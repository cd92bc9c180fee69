"""Shortcuts to what reports show."""

from emssl_bench.report import ReportData, make_sections, terminal
from emssl_bench.report.sections.accuracy import printed_errors


def errors_printed(table):
    """Table II as printed, of its long form."""
    return printed_errors(table)[0]


def print_report(records, console):
    """Prints what the terminal shows at the end of a run with these records."""
    terminal.print_sections(make_sections(ReportData(records)), console)
