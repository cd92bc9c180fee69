"""What a cluster is to the engine: nodes, orders begun on one of them, and messages that come home.

Nothing here imports Ray or torch. `ray_cluster.py` is a cluster; tests and the simulation have one made up.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from emssl_bench.engine.base import Event
from emssl_bench.records import Record, Trial
from robots.spec import RobotSpec


@dataclass(frozen=True)
class Node:
    """A machine of the cluster, or a part of one."""

    name: str
    """Its own for as long as the cluster lives: a machine that leaves and joins again has another."""
    host: str
    """What its users call it."""
    address: str
    """Equal for nodes on the same machine."""
    cpus: float
    gpus: float = 0.0


@dataclass(frozen=True)
class Order:
    """A trial to run on a node, with all that it needs there."""

    trial: Trial
    arm: RobotSpec
    workers: int
    """Forward-model processes."""
    files: Mapping[str, bytes]
    """By their place in the run's folder: its checkpoint, the model that it starts from."""
    cpus: float
    gpus: float
    events_every_s: float
    """Events are told no more often."""
    checkpoint_every_s: float
    """Nor are checkpoints sent home."""


@dataclass(frozen=True)
class Inspection:
    """What a node can do, as it says itself."""

    code: str
    """`machine.code_digest()` there."""
    machine: str
    """`machine.digest()` there: a checkpoint is used on the kind of machine that wrote it."""
    bullet: bool
    """Whether PyBullet is installed."""
    onednn: bool
    """Whether matrix products can be computed by oneDNN."""


@dataclass(frozen=True)
class Told:
    """What happened to a trial since it was last told; of progress only the newest."""

    events: Sequence[Event]


@dataclass(frozen=True)
class Kept:
    """A trial's newest checkpoint."""

    content: bytes


@dataclass(frozen=True)
class Finished:
    """A trial has ended, with a result or as a failure."""

    record: Record
    models: Mapping[str, bytes]
    """By their place in the run's folder."""


@dataclass(frozen=True)
class Lost:
    """An order ended without what it was to give: the trial is not to blame."""

    why: str


Message = Inspection | Told | Kept | Finished | Lost
Flow = Hashable
"""What names the messages of one order."""


class Cluster(Protocol):
    """Begins orders on nodes and hears of them; whoever opened it closes it."""

    def nodes(self) -> Sequence[Node]:
        """Those that live now."""
        ...

    def inspect(self, node: Node) -> Flow:
        """Begins to look at a node; the flow's only message is an `Inspection`, or `Lost`."""
        ...

    def begin(self, order: Order, node: Node) -> Flow:
        """Begins a trial on a node; the flow's last message is `Finished` or `Lost`."""
        ...

    def heard(self, timeout_s: float) -> Iterable[tuple[Flow, Message]]:
        """What has come, at least one message unless so much time passes without any."""
        ...

    def end(self) -> None:
        """Ends everything that was begun and still runs."""
        ...
