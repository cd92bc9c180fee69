"""The benchmarks of the suite's parts."""

import pandas as pd

from emssl_bench.report.escaping import in_markdown
from emssl_bench.report.frames import ReportData
from emssl_bench.report.section import Section, Table, Text


def section(data: ReportData) -> Section | None:
    """The median of every benchmark."""
    timings = data.benchmark_timings
    if timings.empty:
        return None
    where = in_markdown(timings["measured_on"].iloc[0])
    return Section(
        "Benchmarks",
        [Text(f"Medians, by `tox -e bench`, on {where}."), Table(printed_benchmarks(timings), ("Group", "Benchmark"))],
    )


def printed_benchmarks(timings: pd.DataFrame) -> pd.DataFrame:
    """The table as printed.

    Args:
        timings: the long form that `frames.benchmarks.benchmark_timings` makes.
    """
    return pd.DataFrame(
        {
            "Group": timings["group"],
            "Benchmark": timings["name"],
            "Median (ms)": timings["median_seconds"].mul(1000).map("{:,.3f}".format),
            "x quickest": timings["times_quickest"].map("{:.2f}".format),
            "Rounds": timings["rounds"].astype(str),
        }
    )
