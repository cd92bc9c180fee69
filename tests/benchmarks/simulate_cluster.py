"""The driver of a cluster far past the machines at hand: the real loop, store and display, with nodes made up.

    python -m tests.benchmarks.simulate_cluster [--trials 100000] [--nodes 1000] [--cpus 1]

A trial takes ten minutes and tells of ten iterations. One node is lost every minute and joins again after five. What
the made-up cluster computes is not counted; of checkpoints, 20 bytes of 8.5 MB are written. The numbers in
docs/cluster.md are of this.
"""

import argparse
import io
import pickle
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

import robots
from emssl_bench.cli.display import PlainDisplay
from emssl_bench.cli.pace import Pace
from emssl_bench.engine import on_cluster
from emssl_bench.engine.cluster import Node
from emssl_bench.engine.driver import run_trials
from emssl_bench.engine.on_cluster import OnCluster
from emssl_bench.records import Record, Store, Trial
from emssl_bench.system.files import write_atomically
from tests.examples import record
from tests.fake_cluster import NEEDED, FakeCluster, node

ITERATIONS, ITERATION_S = 10, 60.0
LOST_EVERY_S, AWAY_S = 60.0, 300.0
CHECKPOINT_BYTES = 8_500_000
CURVE_POINTS, VOXELS = 200, 1000


class Metered:
    """A made-up cluster whose own computing is not counted: its methods stop the clock."""

    def __init__(self, cluster: FakeCluster):
        self.cluster, self.own_s = cluster, 0.0

    def _apart(self, do: Callable[[], Any]) -> Any:
        begun = time.process_time()
        try:
            return do()
        finally:
            self.own_s += time.process_time() - begun

    def nodes(self) -> Any:
        return self._apart(self.cluster.nodes)

    def inspect(self, node: Node) -> Any:
        return self._apart(lambda: self.cluster.inspect(node))

    def begin(self, order: Any, node: Node) -> Any:
        self.cluster.orders.clear()
        return self._apart(lambda: self.cluster.begin(order, node))

    def heard(self, timeout_s: float) -> Any:
        return self._apart(lambda: list(self.cluster.heard(timeout_s)))

    def end(self) -> None:
        self.cluster.end()


def example() -> Record:
    """A record as large as one of the paper's budget."""
    small = record("emssl", 90)
    curve = {name: [float(point) for point in range(1, CURVE_POINTS + 1)] for name in small.curve}
    voxels = {name: [0.1 * value for value in range(VOXELS)] for name in ("x", "y", "z", "positions", "error_mean_cm")}
    return replace(small, curve=curve, tables={**small.tables, "error_voxels": voxels})


def seconds_to_write(whole: Record, folder: Path) -> float:
    """CPU time of writing such a record."""
    store, begun = Store(folder), time.process_time()
    for seed in range(20):
        store.save(replace(whole, trial=replace(whole.trial, seed=seed)))
    return (time.process_time() - begun) / 20


def lose_nodes(cluster: FakeCluster, count: int, cpus: int) -> None:
    """One dies every minute, and one like it joins later."""

    def lose(number: int) -> None:
        there = cluster.nodes()
        victim = there[number * 7919 % len(there)]
        cluster.kill(victim.name)
        cluster.at(cluster.now_s + AWAY_S, lambda: cluster.join(node(f"again-{number}", cpus=cpus)))
        cluster.at(cluster.now_s + LOST_EVERY_S, lambda: lose(number + 1))

    cluster.join(*(node(f"n{number}", cpus=cpus) for number in range(count)))
    cluster.at(LOST_EVERY_S, lambda: lose(0))


def simulated(trials: Sequence[Trial], nodes: int, cpus: int, whole: Record, folder: Path) -> None:
    frozen = pickle.dumps(whole)

    def result(trial: Trial) -> Record:
        return replace(pickle.loads(frozen), trial=trial)  # of its own memory, as it comes from a node

    made_up = FakeCluster(result, ITERATIONS, ITERATION_S, noticed_s=30.0, checkpoint_bytes=CHECKPOINT_BYTES)
    lose_nodes(made_up, nodes, cpus)
    cluster = Metered(made_up)
    engine = OnCluster(cluster, [robots.load("paper6")], folder, NEEDED, "abc", clock=made_up.clock)
    console = Console(file=io.StringIO(), width=300)
    before_mb, begun = peak_mb(), time.process_time()
    display = PlainDisplay(trials, console, Pace(trials, nodes * cpus, 0))
    records = run_trials(trials, engine, Store(folder), display, whole=False)
    used = time.process_time() - begun - cluster.own_s
    assert sorted(each.trial.seed for each in records) == list(range(len(trials))), "each has exactly one record"
    failed = sum(each.status == "failed" for each in records)
    rounds = -(-len(trials) // (nodes * cpus))
    lines = console.file.getvalue().count("lost on")  # type: ignore[attr-defined]
    at_home_mb = made_up.kept * CHECKPOINT_BYTES / 1e6
    print(f"{len(trials):,} trials on {nodes:,} nodes of {cpus}: {failed} failed, {lines:,} went on elsewhere")
    least_h = rounds * ITERATIONS * ITERATION_S / 3600
    print(f"  last record after {made_up.now_s / 3600:.2f} h; without losses {least_h:.2f} h")
    print(f"  driver: {1000 * used / len(trials):.2f} ms of CPU time a trial, {used:.0f} s in all")
    print(f"  driver: {100 * used / made_up.now_s:.2f} % of a core over the run")
    more_mb = peak_mb() - before_mb
    print(f"  memory: {more_mb:.0f} MB more, {1000 * more_mb / len(trials):.1f} KB a trial")
    print(f"  messages: {made_up.messages:,}, {made_up.messages / len(trials):.1f} a trial")
    print(f"  checkpoints: {made_up.kept:,}; {at_home_mb / made_up.now_s:.1f} MB/s, if each is 8.5 MB")


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--cpus", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where to write: in memory, a disk is not waited for")
    options = parser.parse_args()
    on_cluster.write_atomically = lambda path, content: write_atomically(path, content[:20])
    whole, small = example(), record("emssl", 90)
    trials = [replace(small.trial, seed=seed) for seed in range(options.trials)]
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        print(
            f"a record of the paper's budget: {1000 * seconds_to_write(whole, Path(folder) / 'whole'):.1f} ms to write"
        )
        print(f"a small one, as below: {1000 * seconds_to_write(small, Path(folder) / 'small'):.1f} ms")
        simulated(trials, options.nodes, options.cpus, small, Path(folder) / "run")


if __name__ == "__main__":
    main()
