"""The engine of many machines: trials run on the nodes of a cluster, and go on elsewhere when a node is lost."""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from emssl_bench.engine import parcels
from emssl_bench.engine.base import Announced, Ended, Event, Placed, Started, Warned
from emssl_bench.engine.cluster import Cluster, Finished, Flow, Kept, Lost, Message, Order, Told
from emssl_bench.engine.fleet import LOOK_SECONDS, Fleet, Requirements, Seat
from emssl_bench.engine.processes import arm_of
from emssl_bench.records import Record, Store, Trial
from emssl_bench.system.files import write_atomically
from robots.spec import RobotSpec

MOST_LOSSES = 5
"""So often a trial goes on elsewhere."""
CHECKPOINT_SECONDS = 30.0
"""A trial sends checkpoints home no more often."""
_HOME_BYTES_PER_SECOND = 50e6
"""What all checkpoints together may be: with more trials each comes home less often."""
_EVENTS_PER_SECOND = 200.0
"""What all trials together may tell, for the same reason."""
_NO_NODE_SECONDS = 300.0
"""So long a run waits for a node once all have left."""
_FIRST_NODE_SECONDS = 30.0
"""So long it waits for the first one."""
_USUAL_CHECKPOINT_BYTES = 8.5e6


@dataclass(eq=False)
class _Job:
    """A trial and what has become of it."""

    trial: Trial
    arm: RobotSpec
    losses: int = 0
    machine: str = ""
    """The kind of machine that its checkpoint is of, where that is known."""
    seat: Seat | None = None
    kept_at_s: float | None = None


@dataclass(frozen=True)
class OnCluster:
    """Runs trials on the nodes of a cluster; this process alone writes.

    A node that is lost is no failure of its trials. Each is begun again from the newest checkpoint that has come home,
    up to `MOST_LOSSES` times. A trial that ends by itself is one failed record, as on one machine.
    """

    cluster: Cluster
    """Whoever opened it closes it."""
    arms: Sequence[RobotSpec]
    """The arm of all trials, or the arms among which each finds its own."""
    folder: Path
    """Of the run, on this machine: no other needs to see it."""
    requirements: Requirements
    """What a trial needs of a node."""
    commit: str
    """Of this process's code, which is that of all nodes."""
    jobs: int | None = None
    """Trials at a time; None: as many as fit."""
    workers: int = 1
    """Forward-model processes of each."""
    clock: Callable[[], float] = time.monotonic
    """Says the time [s]."""

    def run(self, trials: Sequence[Trial]) -> Generator[Event, None, None]:
        """As `Engine.run`.

        Raises:
            ClusterError: no node can be used.
        """
        run = _Run(self, [_Job(trial, arm_of(trial, self.arms)) for trial in trials])
        with ExitStack() as last:
            last.callback(self.cluster.end)  # again, should an interruption come before the first can begin
            last.callback(self.cluster.end)
            yield from run.events()


class _Run:
    """One run of the engine: which trials wait, and which run where."""

    def __init__(self, engine: OnCluster, jobs: Sequence[_Job]):
        self._engine, self._cluster, self._clock = engine, engine.cluster, engine.clock
        self._waiting, self._running = deque(jobs), dict[Flow, _Job]()
        self._fleet = Fleet(engine.cluster, engine.requirements, engine.clock)
        self._said: list[str] = []
        self._store = Store(engine.folder, self._said.append)
        self._checkpoint_bytes = _USUAL_CHECKPOINT_BYTES
        self._without_node_s: float | None = None

    def events(self) -> Iterator[Event]:
        while self._waiting or self._running:
            self._fleet.look()
            yield from self._begun()
            self._require_hope()
            for flow, message in self._cluster.heard(LOOK_SECONDS):
                if self._fleet.is_inspection(flow):
                    for line in self._fleet.heard(flow, message):
                        yield Announced(line)
                elif (job := self._running.get(flow)) is not None:
                    yield from self._heard(flow, job, message)

    def _begun(self) -> Iterator[Event]:
        """Begins as many trials as there are places."""
        most = self._engine.jobs or len(self._waiting) + len(self._running)
        while self._waiting and len(self._running) < most:
            seat = self._fleet.take(self._waiting[0].machine)
            if seat is None:
                return
            job = self._waiting.popleft()
            job.seat = seat
            self._running[self._cluster.begin(self._order(job, most), seat.node)] = job
            if not job.losses:
                yield Started(job.trial)
            yield Placed(job.trial, seat.node.host)

    def _order(self, job: _Job, most: int) -> Order:
        at_once = min(most, self._fleet.places)
        needed = self._engine.requirements
        return Order(
            job.trial,
            job.arm,
            self._engine.workers,
            parcels.outgoing(job.trial, self._store),
            needed.cpus,
            needed.gpus,
            events_every_s=max(1.0, at_once / _EVENTS_PER_SECOND),
            checkpoint_every_s=max(CHECKPOINT_SECONDS, at_once * self._checkpoint_bytes / _HOME_BYTES_PER_SECOND),
        )

    def _heard(self, flow: Flow, job: _Job, message: Message) -> Iterator[Event]:
        """What a trial sends home; where it has ended, it runs no more."""
        match message:
            case Told(events):
                yield from events
            case Kept(content):
                write_atomically(self._store.checkpoint_path(job.trial), content)
                self._checkpoint_bytes = max(len(content), self._checkpoint_bytes / 2)
                job.kept_at_s, job.machine = self._clock(), _seat(job).machine
            case Finished(record, models):
                parcels.bring_models(models, self._store)
                yield from (Announced(text) for text in self._said)
                self._said.clear()
                self._ended(flow, lost=False)
                # A node has the same code, and often no repository to say which.
                yield Ended(replace(record, commit=self._engine.commit) if record.commit else record)
            case Lost(why):
                self._ended(flow, lost=True)
                yield from self._lost(job, why)
            case _:
                pass

    def _lost(self, job: _Job, why: str) -> Iterator[Event]:
        job.losses += 1
        host = _seat(job).node.host
        if job.losses > MOST_LOSSES:
            error = f"its machine was lost {job.losses} times, the last time {host} ({why})"
            yield Ended(Record(job.trial, "failed", error=error))
            return
        if job.kept_at_s is None:
            there = self._store.checkpoint_path(job.trial).exists()
            how = "from the checkpoint in the folder" if there else "from its beginning"
        else:
            how = f"from a checkpoint of {self._clock() - job.kept_at_s:.0f} s ago"
        yield Warned(job.trial, f"lost on {host} ({why}); it goes on elsewhere {how} ({job.losses} of {MOST_LOSSES})")
        self._waiting.appendleft(job)

    def _ended(self, flow: Flow, lost: bool) -> None:
        self._fleet.give_back(_seat(self._running.pop(flow)), lost)

    def _require_hope(self) -> None:
        """
        Raises:
            ClusterError: there is no node, and there has been none for long, or what there is is refused.
        """
        if self._fleet.hopeful or self._running:
            self._without_node_s = None
            return
        now = self._clock()
        if self._without_node_s is None:
            self._without_node_s = now
        most = _FIRST_NODE_SECONDS if self._fleet.never_used else _NO_NODE_SECONDS
        if (self._fleet.never_used and self._fleet.refused) or now - self._without_node_s > most:
            raise self._fleet.nothing_there()


def _seat(job: _Job) -> Seat:
    assert job.seat is not None, "it has been begun"
    return job.seat
