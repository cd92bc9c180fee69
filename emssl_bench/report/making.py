"""From data to sections: ours, and those of other packages."""

from collections.abc import Sequence
from importlib import import_module

from emssl_bench.report import plugins, sections
from emssl_bench.report.frames import ReportData
from emssl_bench.report.section import Section


def make_sections(data: ReportData) -> list[Section]:
    """All sections for which the data hold something, in the order of the page.

    A broken section of another package is named in one line (`data.tell`) and left out.
    """
    ours = _made_of(data, sections.RESULTS)
    closing = _made_of(data, sections.CLOSING)
    taken = {file for section in [*ours, *closing] for file in section.files}
    return [*ours, *plugins.sections(data, taken), *closing]


def _made_of(data: ReportData, names: Sequence[str]) -> list[Section]:
    modules = (import_module(f"{sections.__name__}.{name}") for name in names)
    return [section for module in modules if (section := module.section(data)) is not None]
