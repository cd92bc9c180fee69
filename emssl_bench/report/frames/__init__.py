"""Data frames made of records: what tables and figures show, in long form, with units in the names of columns."""

from emssl_bench.report.frames.report_data import ReportData

__all__ = ["ReportData"]
