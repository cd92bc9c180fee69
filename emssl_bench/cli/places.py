"""Where the trials of a command run: on this machine, on a cluster, or a share of them on each of several machines."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emssl_bench.cli.argument_types import whole

if TYPE_CHECKING:
    from emssl_bench.engine.base import Engine

LOCAL, RAY, AUTO = "local", "ray", "auto"
MOST_SHARDS = 100_000


@dataclass(frozen=True)
class Shard:
    """One of several equal shares."""

    number: int
    """From 1 on."""
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


@dataclass(frozen=True)
class Crew:
    """What runs the trials of a command."""

    engine: "Engine"
    jobs: int
    """Trials at a time, as far as is known."""
    words: str
    """How many run where."""


def add_on(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--on",
        type=_place,
        default=LOCAL,
        metavar="WHERE",
        help="where trials run: local, this machine; ray, Ray started on this machine; ray:HOST:PORT, a cluster of "
        "Ray that this machine is part of; ray:auto, the one that it finds",
    )
    parser.add_argument(
        "--shard",
        type=_shard,
        metavar="I/N",
        help="only the I-th of N shares of the trials, for job arrays; merge brings their folders together",
    )


def _place(text: str) -> str:
    kind, colon, address = text.partition(":")
    host, _, port = address.rpartition(":")
    known = text in (LOCAL, RAY) or (kind == RAY and colon and address == AUTO)
    if not known and not (kind == RAY and host and "/" not in host and port.isdecimal() and 0 < int(port) < 65536):
        raise argparse.ArgumentTypeError(f"must be local, ray, ray:HOST:PORT or ray:auto, not {text[:60]!r}")
    return text


def _shard(text: str) -> Shard:
    first, slash, last = text.partition("/")
    try:
        if not slash:
            raise argparse.ArgumentTypeError
        number, of = whole(1, MOST_SHARDS)(first), whole(1, MOST_SHARDS)(last)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"must be I/N, such as 1/4, not {text[:40]!r}") from None
    if number > of:
        raise argparse.ArgumentTypeError(f"there are {of} shares, 1/{of} to {of}/{of}, and {text} is none of them")
    return Shard(number, of)


def share(options: argparse.Namespace, all_of_them: Sequence[Any]) -> list[Any]:
    """Every N-th of them, from the I-th on, as --shard I/N says; the same whenever the command is the same."""
    if options.shard is None:
        return list(all_of_them)
    mine = list(all_of_them[options.shard.number - 1 :: options.shard.of])
    if not mine:
        print(f"emssl-bench: the share {options.shard} is empty: there are {len(all_of_them)}.", file=sys.stderr)
    return mine


def on_cluster(options: argparse.Namespace) -> bool:
    return getattr(options, "on", LOCAL) != LOCAL


def require(options: argparse.Namespace) -> None:
    """
    Raises:
        MissingDependency: Ray is wanted and not installed.
        ClusterError: nothing answers where a cluster should be.
    """
    if on_cluster(options):
        from emssl_bench.engine import ray_cluster

        ray_cluster.require(_address(options))


@contextmanager
def crew(
    options: argparse.Namespace, trials: Sequence[Any], arms: Sequence[Any], store: Any, alone: bool = False
) -> Iterator[Crew]:
    """The engine that --on names, for trials that have the threads and workers that they shall have.

    Args:
        options: of the command.
        trials: what is to run.
        arms: theirs.
        store: of the run.
        alone: whether each trial is to have a machine for itself.

    Raises:
        ClusterError: the cluster cannot be used.
    """
    jobs, workers = getattr(options, "jobs", 1), getattr(options, "workers", 1)
    if not on_cluster(options) or not trials:
        from emssl_bench.engine.processes import Processes

        jobs, workers = (1 if each == "auto" else each for each in (jobs, workers))
        yield Crew(Processes(arms, store.folder, jobs, workers), jobs, _at_a_time(jobs, workers))
        return
    from emssl_bench.engine import ray_cluster
    from emssl_bench.engine.on_cluster import OnCluster
    from emssl_bench.records import machine

    workers = 1 if workers == "auto" else workers
    needed = _requirements(trials, workers, alone)
    with ray_cluster.opened(_address(options), machine.physical_cores()) as cluster:
        nodes = cluster.nodes()
        fitting = [1 if alone else int(node.cpus // needed.cpus) for node in nodes if node.cpus >= needed.cpus]
        most = len(trials) if jobs == "auto" or alone else jobs
        at_once = max(1, min(most, len(trials), sum(fitting)))
        engine = OnCluster(cluster, arms, store.folder, needed, machine.commit(), most, workers)
        where = f" on {len(fitting)} {'node' if len(fitting) == 1 else 'nodes'} of Ray"
        yield Crew(engine, at_once, _at_a_time(at_once, workers) + where)


def _requirements(trials: Sequence[Any], workers: int, alone: bool) -> Any:
    """What the trials need of a node: all of them, the same."""
    from emssl_bench.engine.fleet import Requirements
    from emssl_bench.records import machine

    settings = [trial.settings for trial in trials]
    return Requirements(
        machine.code_digest(),
        cpus=float(max(workers, *(each.threads for each in settings))),
        gpus=float(any(each.device == "cuda" for each in settings)),
        bullet=any(getattr(each, "forward", "") == "bullet" for each in settings),
        onednn=any(getattr(each, "by_onednn", False) for each in settings),
        machine=next((each.machine for each in settings if getattr(each, "machine", None)), None),
        alone=alone,
    )


def _address(options: argparse.Namespace) -> str | None:
    """Of the cluster; None where Ray is to be started on this machine."""
    return options.on.partition(":")[2] or None


def _at_a_time(jobs: int, workers: int) -> str:
    return f"{jobs} at a time, {workers} forward-model {'process' if workers == 1 else 'processes'} each"
