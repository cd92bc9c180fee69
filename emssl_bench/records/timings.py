"""What is timed: which settings sampling measurements share, and where the benchmarks of a run lie."""

MEASURED_TOGETHER = (
    *("robot", "robot_digest", "machine", "samples", "threads"),
    *("rounds", "device", "table_batch", "table_processes", "task"),
)
"""What cases of sampling that were timed in turns have in common; only their times may be compared."""

BENCHMARKS = "benchmarks.json"
"""The file beside the records that pytest-benchmark writes."""
