"""The trials that failed, with their reasons."""

from emssl_bench.report.escaping import in_code, in_markdown
from emssl_bench.report.frames import ReportData
from emssl_bench.report.section import Bullets, Section, Text


def section(data: ReportData) -> Section | None:
    """One line for every failed trial."""
    failed = [record for record in data.records if record.status == "failed"]
    if not failed:
        return None
    items = [f"{in_code(record.trial.label)}: {in_markdown(record.reason)}" for record in failed]
    return Section(
        "Failed trials", [Text("They are in no table. Running the same command again retries them."), Bullets(items)]
    )
