"""A cluster made up, with a clock of its own: nodes that come, go and die, and trials that take as long as is said."""

import functools
import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from emssl_bench.engine.base import Progressed
from emssl_bench.engine.cluster import Finished, Flow, Inspection, Kept, Lost, Message, Node, Order, Told
from emssl_bench.engine.fleet import Requirements
from emssl_bench.experiments.status import TrialStatus
from emssl_bench.records import Record, Trial

CODE = "0123456789ab"
NEEDED = Requirements(CODE)
ABLE = Inspection(CODE, "this kind", bullet=True, onednn=True)


def node(name: str, cpus: float = 1.0, gpus: float = 0.0, address: str = "") -> Node:
    return Node(name, f"host-{name}", address or f"address-{name}", cpus, gpus)


@dataclass
class FakeCluster:
    """As `Cluster`. A trial's checkpoint is the number of its finished iterations; one goes on after them."""

    result: Callable[[Trial], Record]
    iterations: int = 10
    iteration_s: float = 10.0
    noticed_s: float = 2.0
    """So long after a node's death the driver hears of it."""
    checkpoint_bytes: int = 0
    """Of a checkpoint, at least."""
    now_s: float = 0.0
    orders: list[tuple[str, Order]] = field(default_factory=list)
    """All that were begun, with the nodes."""
    messages: int = 0
    kept: int = 0
    """Checkpoints that came home."""
    ended: int = 0

    def __post_init__(self) -> None:
        self._nodes: dict[str, tuple[Node, Inspection]] = {}
        self._flows: dict[int, str] = {}
        self._lost: set[int] = set()
        self._numbers = itertools.count()
        self._later: list[tuple[float, int, Callable[[], Any]]] = []
        self._heard: list[tuple[Flow, Message]] = []

    def clock(self) -> float:
        return self.now_s

    def at(self, time_s: float, do: Callable[[], Any]) -> None:
        """Does something when the clock comes to a time."""
        heapq.heappush(self._later, (time_s, next(self._numbers), do))

    def join(self, *nodes: Node, able: Inspection = ABLE) -> None:
        for each in nodes:
            self._nodes[each.name] = (each, able)

    def kill(self, name: str) -> None:
        """A node dies, with all that runs there; it is in the list of nodes until that is noticed."""
        for flow in [flow for flow, on in self._flows.items() if on == name]:
            self._lost.add(flow)
            self.at(self.now_s + self.noticed_s, lambda flow=flow: self._end(flow, Lost("the node died")))
        self.at(self.now_s + self.noticed_s, lambda: self._nodes.pop(name, None))

    def send(self, flow: Flow, message: Message) -> None:
        """Has a message come, whether it is one that a node would send or not."""
        self._heard.append((flow, message))

    def nodes(self) -> list[Node]:
        return [each for each, _ in self._nodes.values()]

    def inspect(self, node: Node) -> Flow:
        flow, (_, able) = self._begun(node), self._nodes[node.name]
        self.at(self.now_s + 1.0, lambda: self._end(flow, able))
        return flow

    def begin(self, order: Order, node: Node) -> Flow:
        self.orders.append((node.name, order))
        flow = self._begun(node)
        kept = [content for name, content in order.files.items() if name.startswith("checkpoints/")]
        self._iterate(flow, order, int(kept[0]) if kept else 0, self.now_s, self.now_s)
        return flow

    def heard(self, timeout_s: float) -> Iterator[tuple[Flow, Message]]:
        until_s = self.now_s + timeout_s
        while self._later and self._later[0][0] <= (self.now_s if self._heard else until_s):
            self.now_s, _, do = heapq.heappop(self._later)
            do()
        if not self._heard:
            self.now_s = until_s
        heard, self._heard = self._heard, []
        self.messages += len(heard)
        yield from heard

    def end(self) -> None:
        self.ended += 1
        self._flows.clear()

    @property
    def running(self) -> int:
        return len(self._flows)

    def _begun(self, node: Node) -> int:
        flow = next(self._numbers)
        self._flows[flow] = node.name
        if node.name not in self._nodes:
            self.at(self.now_s, lambda: self._end(flow, Lost("the node had left")))
        return flow

    def _iterate(self, flow: int, order: Order, done: int, told_s: float, kept_s: float) -> None:
        def after() -> None:
            nonlocal told_s, kept_s
            if flow in self._lost or flow not in self._flows:
                return
            if done + 1 == self.iterations:
                self._end(flow, Finished(self.result(order.trial), {}))
                return
            if self.now_s - told_s >= order.events_every_s:
                told_s = self.now_s
                status = TrialStatus(done + 1, self.iterations, 2.0, 100.0, 5.0)
                self.send(flow, Told([Progressed(order.trial, status)]))
            if self.now_s - kept_s >= order.checkpoint_every_s:
                kept_s = self.now_s
                self.kept += 1
                self.send(flow, Kept(_checkpoint(done + 1, self.checkpoint_bytes)))
            self._iterate(flow, order, done + 1, told_s, kept_s)

        self.at(self.now_s + self.iteration_s, after)

    def _end(self, flow: int, message: Message) -> None:
        if flow in self._flows:
            del self._flows[flow]
            self._heard.append((flow, message))


@functools.cache
def _checkpoint(done: int, size: int) -> bytes:
    return (b"%d" % done).ljust(size)
