"""Nodes and drivers are killed while trials run on a Ray cluster of two nodes of this machine; then all is compared.

    python -m tests.benchmarks.cluster_losses nodes FOLDER [KILLS]    # 12 trials, a node killed so often
    python -m tests.benchmarks.cluster_losses adapt FOLDER    # base models and adaptations, a node killed once
    python -m tests.benchmarks.cluster_losses drivers FOLDER [COUNT]   # the command killed so often, then finished

The numbers in docs/cluster.md are of this.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psutil

HEALTH = {"period_ms": 1000, "timeout_ms": 2000, "failure_threshold": 3, "initial_delay_ms": 1000}
CHECKPOINT_SECONDS = 2.0
"""For 30: these trials last seconds."""
RUN = ["run", "--robot", "planar3", "--method", "direct", "emssl", "--joint-range", "90", "--budget", "smoke"]
RUN += ["--forward", "chain", "--matmul", "default", "--seeds", "0-5", "--set", "emssl.iterations=12"]
ADAPT = ["adapt", "--robot", "planar3", "--approach", "replace", "align", "--extend-cm", "1", "3", "--seeds", "0"]
ADAPT += ["--budget", "smoke", "--forward", "chain", "--matmul", "default", "--set", "emssl.iterations=30"]
STORE = 100_000_000
MARK = "EMSSL_BENCH_CLUSTER_LOSSES"
"""In the environment of all that the cluster starts."""
EVENTS = 12
"""A node is killed after so many iterations of trials, and so on."""


@contextmanager
def two_nodes():
    """A cluster of two nodes with a CPU each, and the second node."""
    for name, value in HEALTH.items():
        os.environ[f"RAY_health_check_{name}"] = str(value)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ[MARK] = str(os.getpid())
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 1, "object_store_memory": STORE, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        yield cluster, cluster.add_node(num_cpus=1, object_store_memory=STORE)
    finally:
        cluster.shutdown()


def kill(node: Any) -> None:
    os.kill(raylet_of(node), signal.SIGKILL)


def raylet_of(node: Any) -> int:
    return node.all_processes["raylet"][0].process.pid


def main_in_process(arguments: list[str], said: list[tuple[float, str]]) -> int:
    """The command, here; and what its display was told of losses and places, with the time."""
    from emssl_bench import cli
    from emssl_bench.cli.display import PlainDisplay
    from emssl_bench.engine import on_cluster

    on_cluster.CHECKPOINT_SECONDS = CHECKPOINT_SECONDS
    say = PlainDisplay._say

    def noted(self: Any, trial: Any, text: str) -> None:
        said.append((time.monotonic(), f"{trial.label}: {text}"))
        say(self, trial, text)

    PlainDisplay._say = noted
    try:
        return cli.main(arguments)
    finally:
        PlainDisplay._say = say


def differences(ours: Path, theirs: Path) -> list[str]:
    """In what two runs differ beyond seconds: metrics, curves, tables, weights."""
    from emssl_bench.records import Store
    from emssl_bench.records.trial import numbers

    first, second = ({r.trial.label: r for r in Store(folder).records()} for folder in (ours, theirs))
    found = sorted(first.keys() ^ second.keys())
    for label in first.keys() & second.keys():
        a, b = first[label], second[label]
        if (numbers(a), a.tables, a.status) != (numbers(b), b.tables, b.status):
            found.append(f"{label}: numbers")
        if a.model and (ours / a.model).read_bytes() != (theirs / (b.model or "none")).read_bytes():
            found.append(f"{label}: weights")
    return found


def with_kills(arguments: list[str], folder: Path, reference: Path, kills: int, events: int = EVENTS) -> None:
    """The command on two nodes, one of which is killed so often while a trial of several iterations runs there."""
    said: list[tuple[float, str]] = []
    killed: list[float] = []
    with two_nodes() as (cluster, node):

        def killing() -> None:
            nonlocal node
            from ray._private import utils

            utils.set_sigterm_handler = lambda *_: None  # only the main thread could
            for number in range(kills):
                wait_for(lambda n=number: sum("iteration " in text for _, text in said) > events * (n + 1))
                wait_for(partial(trials_running, raylet_of(node)))
                time.sleep(random.Random(number).uniform(0, 2))
                killed.append(time.monotonic())
                kill(node)
                print(f"--- a raylet is killed ({number + 1} of {kills})", flush=True)
                time.sleep(8)
                node = cluster.add_node(num_cpus=1, object_store_memory=STORE)

        threading.Thread(target=killing, daemon=True).start()
        begun = time.monotonic()
        code = main_in_process([*arguments, "--on", f"ray:{cluster.address}", "--out", str(folder)], said)
        wall = time.monotonic() - begun
    print(f"=== {kills} kills: exit code {code}, {wall:.0f} s")
    for at, text in said:
        if "lost on" in text:
            before = [k for k in killed if k <= at]
            label = text.partition(":")[0]
            again = next((t for t, other in said if t > at and other.startswith(f"{label}: on ")), at)
            print(f"===   {text} | after the kill: noticed {at - before[-1]:.1f} s, placed {again - before[-1]:.1f} s")
    print(f"=== differences from --on local: {differences(folder, reference) or 'none'}")


def wait_for(true: Callable[[], Any]) -> None:
    while not true():
        time.sleep(0.1)


def local(arguments: list[str], folder: Path) -> None:
    begun = time.monotonic()
    code = main_in_process([*arguments, "--jobs", "2", "--out", str(folder)], [])
    print(f"=== local: exit code {code}, {time.monotonic() - begun:.0f} s")


def drivers(folder: Path, reference: Path, count: int) -> None:
    """The command on a cluster killed while trials run, after 0 to 11 of 12; nothing may run on, or be lost.

    When it has come to its end before it was killed, it is compared, and begins again in another folder.
    """
    draw, kept, killed, runs = random.Random(0), {}, 0, 0
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it, and what it starts
    with two_nodes() as (cluster, _):
        command = [sys.executable, "-m", "emssl_bench.cli", *RUN, "--on", f"ray:{cluster.address}", "--out"]
        while killed < count:
            out, least = folder / str(runs), draw.randrange(12)
            driver = subprocess.Popen([*command, str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wait_for(lambda driver=driver: trials_running() or driver.poll() is not None)
            wait_for(lambda driver=driver, out=out, n=least: len(records(out)) >= n or driver.poll() is not None)
            try:
                code = driver.wait(draw.uniform(0, 5))
                finished(code, out, reference)
                kept, runs = {}, runs + 1
                continue
            except subprocess.TimeoutExpired:
                how = signal.SIGKILL if killed % 2 else signal.SIGINT
                driver.send_signal(how)
                driver.wait()
                killed += 1
            begun = time.monotonic()
            while trials_running() and time.monotonic() - begun < 60:
                time.sleep(0.1)
            ended = time.monotonic() - begun
            now = {path: path.read_bytes() for path in records(out)}
            lost, kept, left = [path for path in kept if now.get(path) != kept[path]], now, len(trials_running())
            said = f"{how.name}, {len(now)} records, lost {len(lost)}, still running {left} after {ended:.1f} s"
            print(f"=== {killed}: {said}", flush=True)
        code = subprocess.run([*command, str(out)], stdout=subprocess.DEVNULL).returncode
    finished(code, out, reference)


def records(folder: Path) -> list[Path]:
    return list((folder / "records").rglob("*.json"))


def finished(code: int, folder: Path, reference: Path) -> None:
    found = differences(folder, reference) or "none"
    print(f"=== finished: exit code {code}; differences from --on local: {found}", flush=True)


def trials_running(below: int = 0) -> list[int]:
    """Processes of trials that this cluster has started; those below a process, if one is given."""
    found = []
    for process in psutil.process_iter():
        try:
            ours = process.environ().get(MARK) == str(os.getpid())
            trial = ours and any(part.startswith("emssl-bench ") for part in process.cmdline())
            if trial and (not below or below in (each.pid for each in process.parents())):
                found.append(process.pid)
        except psutil.Error:
            pass  # it has ended, or is another's
    return found


def main(what: str, folder: Path, count: int = 1) -> None:
    if what == "adapt":
        local(ADAPT, folder / "adapt-local")
        with_kills(ADAPT, folder / "adapt-ray", folder / "adapt-local", 1, events=8)
        return
    if not (folder / "local" / "records").exists():
        local(RUN, folder / "local")
    if what == "nodes":
        with_kills(RUN, folder / f"ray-{count}", folder / "local", count)
    else:
        drivers(folder / "drivers", folder / "local", count)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:]))
