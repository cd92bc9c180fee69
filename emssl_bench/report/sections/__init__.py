"""The topics of the report, one module each.

A module has one function, `section(data: ReportData) -> Section | None`; None means that the records hold nothing of
the topic. A new table or figure is a new module and a line below.
"""

RESULTS = (
    "introduction",
    "accuracy",
    "order",
    "learning_curves",
    "variants",
    "error_shares",
    "error_map",
    "coverage",
    "arm_queries",
    "costs",
    "sampling",
    "sampling_sweeps",
    "adaptation",
    "adaptation_iterations",
    "adaptation_curves",
    "identification",
    "benchmarks",
)
"""Modules of results, in the order of the page; sections of other packages follow them."""

CLOSING = (
    "failures",
    "limitations",
    "settings",
    "measured_on",
)
"""Modules of what results are to be read with, at the end of the page."""

SECTIONS = (*RESULTS, *CLOSING)
