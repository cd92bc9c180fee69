"""A cluster of Ray, https://docs.ray.io: what is begun there is a task whose stream brings the messages home.

Ray is imported when a cluster is opened, and never before.
"""

import importlib
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from emssl_bench.engine.cluster import Flow, Lost, Message, Node, Order
from emssl_bench.engine.relay import inspection, relay
from emssl_bench.exceptions import ClusterError, MissingDependency, error_line, one_line, shortened
from emssl_bench.system.signals import ENDING

_ANSWER_SECONDS = 10.0
_GET_SECONDS = 120.0
"""So long a message may take that is ready: a node may die while it is fetched."""
_STORE_BYTES = 100_000_000
"""Of Ray's store of objects on this machine, where this process starts Ray; by default it would take 30 % of memory."""
_LARGE_BYTES = 100_000
"""What many trials need is stored once."""
_MOST_STORED = 16
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
"""How a client of HTTP/2 begins, with empty settings. Who speaks it answers with settings of its own."""


class RayCluster:
    """As `Cluster`, of the cluster that this process is connected to."""

    def __init__(self, ray: Any, relayed: Callable[[Order], Iterator[Message]] = relay):
        """
        Args:
            ray: the module, connected.
            relayed: what is done on a node with an order.
        """
        self.ray = ray
        on_node = importlib.import_module("ray.util.scheduling_strategies").NodeAffinitySchedulingStrategy
        self._on = lambda node: on_node(node.name, soft=False)
        stream = ray.remote(num_returns="streaming", max_retries=0)
        self._relay, self._inspection = stream(_with_files(relayed)), stream(inspection)
        self._flows: list[Any] = []
        self._stored: dict[bytes, Any] = {}

    def nodes(self) -> Sequence[Node]:
        """As `Cluster.nodes`."""
        return [
            Node(
                found["NodeID"],
                found["NodeManagerHostname"],
                found["NodeManagerAddress"],
                found["Resources"].get("CPU", 0.0),
                found["Resources"].get("GPU", 0.0),
            )
            for found in self.ray.nodes()
            if found["Alive"]
        ]

    def inspect(self, node: Node) -> Flow:
        """As `Cluster.inspect`."""
        flow = self._inspection.options(num_cpus=0, scheduling_strategy=self._on(node)).remote()
        self._flows.append(flow)
        return flow

    def begin(self, order: Order, node: Node) -> Flow:
        """As `Cluster.begin`."""
        names, contents = list(order.files), [self._sent(*each) for each in order.files.items()]
        bare = replace(order, files={})
        options = {"num_cpus": order.cpus, "num_gpus": order.gpus, "name": order.trial.label}
        remote = self._relay.options(**options, scheduling_strategy=self._on(node))
        flow = remote.remote(bare, names, *contents)
        self._flows.append(flow)
        return flow

    def heard(self, timeout_s: float) -> Iterator[tuple[Flow, Message]]:
        """As `Cluster.heard`: one message of every stream that has some."""
        if not self._flows:
            time.sleep(timeout_s)
            return
        wait = self.ray.wait
        ready, _ = wait(self._flows, num_returns=1, timeout=timeout_s, fetch_local=False)
        if ready:  # asked again for all of them: asking costs as much as there are streams, however many are ready
            ready, _ = wait(self._flows, num_returns=len(self._flows), timeout=0, fetch_local=False)
        ended = []
        for flow in ready:
            try:
                yield flow, self.ray.get(next(flow), timeout=_GET_SECONDS)
            except StopIteration:
                ended.append(flow)
            except self.ray.exceptions.RayError as error:
                ended.append(flow)
                yield flow, Lost(_reason(error))
        if ended:
            self._flows = [flow for flow in self._flows if flow not in ended]

    def end(self) -> None:
        """As `Cluster.end`: the processes are killed, and what they have started ends with them."""
        flows, self._flows = self._flows, []
        for flow in flows:
            try:
                self.ray.cancel(flow, force=True)
            except (self.ray.exceptions.RayError, ValueError, TypeError):
                pass  # it has ended

    def _sent(self, name: str, content: bytes) -> Any:
        """A file's content, or where Ray keeps it for all who need it."""
        if len(content) < _LARGE_BYTES or not name.startswith("models/"):
            return content
        if content not in self._stored:
            if len(self._stored) >= _MOST_STORED:
                del self._stored[next(iter(self._stored))]
            self._stored[content] = self.ray.put(content)
        return self._stored[content]


def _with_files(relayed: Callable[[Order], Iterator[Message]]) -> Callable[..., Iterator[Message]]:
    """The relay of an order whose files come as arguments of their own, which Ray fetches."""

    def run(bare: Order, names: Sequence[str], *contents: bytes) -> Iterator[Message]:
        # Of a generator: Ray sends values into what it iterates, which a list cannot take.
        yield from relayed(replace(bare, files=dict(zip(names, contents, strict=True))))

    return run


def _reason(error: Exception) -> str:
    """Why an order was lost, in a few words."""
    known = {
        "NodeDiedError": "the node died",
        "LocalRayletDiedError": "Ray's own process there died",
        "WorkerCrashedError": "the process that ran it died",
        "OutOfMemoryError": "the node ran out of memory",
        "TaskUnschedulableError": "the node had left",
        "TaskCancelledError": "it was cancelled",
        "GetTimeoutError": "its message did not arrive",
    }
    name = type(error).__name__
    cause = getattr(error, "cause", None)
    return known.get(name) or error_line(cause if isinstance(cause, BaseException) else error)


@contextmanager
def opened(address: str | None, cpus: int) -> Iterator[RayCluster]:
    """Connects to a cluster, or starts Ray on this machine alone; ends that again.

    Args:
        address: HOST:PORT, or "auto" for the one that this machine is part of; None: this machine alone.
        cpus: of this machine, where Ray is started on it.

    Raises:
        MissingDependency: Ray is not installed.
        ClusterError: the address does not answer, or this machine is not part of that cluster.
    """
    ray = require(address)
    here: dict[str, Any] = {"num_cpus": cpus, "object_store_memory": _STORE_BYTES, "include_dashboard": False}
    handlers = {number: signal.getsignal(number) for number in ENDING}
    try:
        ray.init(address or "local", log_to_driver=False, logging_level="error", **({} if address else here))
    except Exception as error:  # of many kinds
        ray.shutdown()
        where = "a cluster on this machine" if address == "auto" else address or "Ray on this machine"
        said = shortened(one_line(str(error)), 300)
        raise ClusterError(f"{where} cannot be used ({type(error).__name__}: {said}).") from None
    finally:
        _restore(handlers)  # Ray takes those of this process
    worker: Any = importlib.import_module("ray._private.worker")
    worker.print_to_stdstream = lambda *_, **__: None  # pages of a dead node's log, between the lines of the display
    try:
        yield RayCluster(ray)
    finally:
        ray.shutdown()
        _restore(handlers)


def require(address: str | None) -> Any:
    """The module of Ray, once it is known that there is an answer at an address.

    Raises:
        MissingDependency: Ray is not installed.
        ClusterError: there is no answer.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # these are read when Ray is imported
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    if address:
        os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", "1")  # or it tries for minutes
    try:
        ray = importlib.import_module("ray")
    except ImportError:
        raise MissingDependency("--on ray needs Ray: pip install 'emssl-bench[ray]'.") from None
    if address and address != "auto":
        _require_answer(address)
    return ray


def _restore(handlers: dict[signal.Signals, Any]) -> None:
    try:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    except ValueError:
        pass  # not in the main thread, where Ray has taken none


def _require_answer(address: str) -> None:
    """
    Raises:
        ClusterError: nothing at the address speaks as Ray does; Ray itself would wait for minutes.
    """
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), _ANSWER_SECONDS) as connection:
            if os.environ.get("RAY_USE_TLS", "0") in ("", "0"):
                connection.settimeout(_ANSWER_SECONDS)
                connection.sendall(_PREFACE)
                if connection.recv(9)[3:4] != b"\x04":
                    raise OSError("it is not Ray that answers")
    except OSError as error:
        why = error.strerror or str(error)
        raise ClusterError(f"no cluster of Ray answers at {address} ({why}): see ray status there.") from None
