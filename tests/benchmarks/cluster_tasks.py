"""What a task of the cluster costs when it does nothing: 10,000 orders through the engine on Ray, on this machine.

    python -m tests.benchmarks.cluster_tasks [COUNT] [CPUS]

The numbers in docs/cluster.md are of this.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import robots
from emssl_bench.engine.base import Ended
from emssl_bench.engine.cluster import Finished, Message, Order
from emssl_bench.engine.fleet import Requirements
from emssl_bench.engine.on_cluster import OnCluster
from emssl_bench.engine.ray_cluster import RayCluster, opened
from emssl_bench.records import Record, machine
from tests.examples import record


def nothing(order: Order) -> Iterator[Message]:
    """A relay that has nothing to do."""
    yield Finished(Record(order.trial, "failed", error="nothing was to be done"), {})


def main(count: int = 10_000, cpus: int = 2) -> None:
    base = record("emssl", 90).trial
    trials = [replace(base, seed=seed) for seed in range(count)]
    begun = time.monotonic()
    with opened(None, cpus) as connected, tempfile.TemporaryDirectory() as folder:
        cluster = RayCluster(connected.ray, nothing)
        ready = time.monotonic()
        needed = Requirements(machine.code_digest())
        events = OnCluster(cluster, [robots.load("paper6")], Path(folder), needed, "none").run(trials)
        first, ended = None, 0
        for event in events:
            if isinstance(event, Ended):
                ended += 1
                first = first or time.monotonic()
        seconds = time.monotonic() - (first or 0.0)
    print(f"Ray ready after {ready - begun:.1f} s, the first result {(first or 0.0) - ready:.1f} s later")
    print(f"{ended:,} tasks in {seconds:.1f} s after the first: {1000 * seconds / ended:.2f} ms a task")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
