"""The introduction: the paper, and the filter of a report of some records."""

from emssl_bench import paper
from emssl_bench.report.frames import ReportData
from emssl_bench.report.section import Section, Text


def section(data: ReportData) -> Section:
    """The paper that is reproduced, and the filter of a report of some records."""
    about = f"Reproduces the experiments of *{paper.TITLE}* (arXiv {paper.ARXIV})."
    return Section("", [Text(text) for text in (about, data.selection.described) if text])
