"""The nodes that trials run on: those that join are looked at, then used or refused; those that leave are no error."""

import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from emssl_bench.engine.cluster import Cluster, Flow, Inspection, Lost, Message, Node
from emssl_bench.exceptions import ClusterError, one_line, shortened

LOOK_SECONDS = 2.0
"""So often the cluster is asked which nodes it has."""
REST_SECONDS = 5.0
"""A node that lost a trial gets none for so long, twice as long after every further loss that no result came between:
the cluster takes a while to notice that a node is dead, and one with a full disk would lose trial after trial."""
LONGEST_REST_SECONDS = 300.0


@dataclass(frozen=True)
class Requirements:
    """What trials need of a node."""

    code: str
    """The code digest of the driver: other code would give other numbers."""
    cpus: float = 1.0
    """Of one trial."""
    gpus: float = 0.0
    bullet: bool = False
    onednn: bool = False
    machine: str | None = None
    """The only kind of machine on which trials may be timed, where that is what they are for."""
    alone: bool = False
    """Whether a trial has a machine for itself."""

    def complaint(self, found: Inspection) -> str | None:
        """Why a node cannot be used; None where it can."""
        if found.code != self.code:
            return f"its emssl-bench is other code ({found.code}, the driver's is {self.code}): install the same there"
        if self.bullet and not found.bullet:
            return "PyBullet is not installed there: install it, or use --forward chain"
        if self.onednn and not found.onednn:
            return "it cannot compute matrix products by oneDNN: use --matmul default"
        if self.machine and found.machine != self.machine:
            return "it is another kind of machine than the driver's, and times are measured: start the command there"
        return None


@dataclass(eq=False)
class Seat:
    """A node and how many trials it runs."""

    node: Node
    capacity: int
    """Trials at a time."""
    usable: bool = False
    machine: str = ""
    running: int = 0
    losses: int = 0
    """Since its last result."""
    rests_until_s: float = 0.0


class Fleet:
    """Gives out the places of nodes, the least busy node first."""

    def __init__(self, cluster: Cluster, requirements: Requirements, clock: Callable[[], float]):
        """
        Args:
            cluster: whose nodes they are.
            requirements: what trials need.
            clock: says the time [s].
        """
        self._cluster, self._requirements, self._clock = cluster, requirements, clock
        self._seats: dict[str, Seat] = {}
        self._inspections: dict[Flow, Seat] = {}
        self.refused: dict[str, str] = {}
        """Why a node is not used, by its name."""
        self._free: list[tuple[int, int, Seat]] = []
        """A heap of what was true of nodes; what no longer is, is left out when it comes up."""
        self._resting: list[Seat] = []
        self._numbers = itertools.count()
        self._look_again_s = 0.0
        self.places = 0
        """Of all nodes that are used or looked at."""
        self.never_used = True
        """Whether no node has been found to be of use."""

    def look(self) -> None:
        """Asks which nodes there are, if it is time to, and has a look at new ones."""
        now = self._clock()
        while self._resting and self._resting[0].rests_until_s <= now:
            self._offer(self._resting.pop(0))
        if now < self._look_again_s:
            return
        self._look_again_s = now + LOOK_SECONDS
        there = {node.name: node for node in self._cluster.nodes()}
        for name in self._seats.keys() - there.keys():
            self._leave(self._seats[name])
        taken = {seat.node.address for seat in self._seats.values()}
        for name, node in there.items():
            if name in self._seats or name in self.refused:
                continue
            capacity = self._capacity(node)
            if not capacity or (self._requirements.alone and node.address in taken):
                continue
            taken.add(node.address)
            seat = self._seats[name] = Seat(node, capacity)
            self.places += capacity
            self._inspections[self._cluster.inspect(node)] = seat

    def heard(self, flow: Flow, message: Message) -> Iterator[str]:
        """What a node says of itself; a line if it is refused."""
        seat = self._inspections.pop(flow)
        if seat.node.name not in self._seats:
            return
        if isinstance(message, Inspection):
            why = self._requirements.complaint(message)
            seat.machine = message.machine
        else:
            why = f"it cannot be looked at ({message.why if isinstance(message, Lost) else 'it says nothing of use'})"
        if why is None:
            seat.usable, self.never_used = True, False
            self._offer(seat)
            return
        self._leave(seat)
        self.refused[seat.node.name] = why
        yield f"the node {seat.node.host} is not used: {shortened(one_line(why), 500)}."

    def is_inspection(self, flow: Flow) -> bool:
        return flow in self._inspections

    def take(self, machine: str = "") -> Seat | None:
        """A place on the node that has the fewest trials; None where none is free.

        Args:
            machine: the kind on which a trial's checkpoint can be used: such a node comes first.
        """
        seat = None
        if machine:
            fitting = [seat for _, _, seat in self._free if seat.machine == machine and self._is_free(seat)]
            seat = min(fitting, key=lambda seat: seat.running, default=None)
        while seat is None and self._free:
            running, _, first = heapq.heappop(self._free)
            if self._is_free(first) and first.running == running:
                seat = first
        if seat is not None:
            seat.running += 1
            self._offer(seat)
        return seat

    def give_back(self, seat: Seat, lost: bool) -> None:
        """A trial has ended there, or was lost."""
        seat.running -= 1
        if not lost:
            seat.losses = 0
            self._offer(seat)
            return
        seat.losses += 1
        rest = min(REST_SECONDS * 2 ** (seat.losses - 1), LONGEST_REST_SECONDS)
        seat.rests_until_s = self._clock() + rest
        if seat not in self._resting:
            self._resting.append(seat)
        self._resting.sort(key=lambda seat: seat.rests_until_s)

    @property
    def hopeful(self) -> bool:
        """Whether there is a node that is used, or may be."""
        return bool(self._seats)

    def nothing_there(self) -> ClusterError:
        """What is wrong where no node can be used."""
        needed = self._requirements
        each = f"{needed.cpus:g} CPU" + (f" and {needed.gpus:g} GPU" if needed.gpus else "")
        if self.refused:
            why = "; ".join(dict.fromkeys(self.refused.values()))
            return ClusterError(f"no node of the cluster can be used: {shortened(one_line(why), 500)}.")
        return ClusterError(f"no node of the cluster has {each} for a trial.")

    def _capacity(self, node: Node) -> int:
        needed = self._requirements
        by_cpu = int(node.cpus // needed.cpus)
        fitting = min(by_cpu, int(node.gpus // needed.gpus)) if needed.gpus else by_cpu
        return min(fitting, 1) if needed.alone else fitting

    def _is_free(self, seat: Seat) -> bool:
        there = self._seats.get(seat.node.name) is seat
        return there and seat.usable and seat.running < seat.capacity and seat.rests_until_s <= self._clock()

    def _offer(self, seat: Seat) -> None:
        if len(self._free) > 4 * self.places + 1000:  # what is true no longer, deep in the heap
            self._free = [entry for entry in self._free if self._is_free(entry[2]) and entry[0] == entry[2].running]
            heapq.heapify(self._free)
        if self._is_free(seat):
            heapq.heappush(self._free, (seat.running, next(self._numbers), seat))

    def _leave(self, seat: Seat) -> None:
        self._seats.pop(seat.node.name, None)
        self.places -= seat.capacity
