"""What is done on a node of a cluster: a trial's own process in a scratch folder, and what it says sent home.

Nothing here imports Ray or torch: a relay is there for every trial, and has 30 MB of its own.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from pathlib import Path

from emssl_bench.engine.base import Busy, Ended, Event, Progressed
from emssl_bench.engine.cluster import Finished, Inspection, Kept, Lost, Message, Order, Told
from emssl_bench.engine.parcels import models_of
from emssl_bench.engine.processes import heard, started
from emssl_bench.records import Store
from emssl_bench.system.files import try_lock, write_atomically
from emssl_bench.system.processes import PythonProcess
from emssl_bench.system.signals import ENDING

_SCRATCH = "emssl-bench-trial-"
_LOOK_SECONDS = 0.5
"""So often, at least, it is seen whether something is to be sent home."""
_INSPECTION_SECONDS = 300.0


def relay(order: Order) -> Iterator[Message]:
    """Runs a trial here; the last message is `Finished`, or `Lost` where this machine ends it.

    Raises:
        RecordError: its files cannot be written here.
    """
    with scratch() as folder:
        for name, content in order.files.items():
            write_atomically(folder / name, content)
        checkpoint = Store(folder).checkpoint_path(order.trial)
        sent, told_s = _stamp(checkpoint), time.monotonic()
        kept_s = told_s
        job = started(order.trial, order.arm, folder, order.workers)
        record, events = None, []
        try:
            while record is None:
                wait([job.process.connection], min(order.events_every_s, _LOOK_SECONDS))
                for event in heard(job):
                    if isinstance(event, Ended):
                        record = event.record
                    else:
                        events.append(event)
                now = time.monotonic()
                if events and record is None and now - told_s >= order.events_every_s:
                    yield Told(newest(events))
                    events, told_s = [], now
                if record is None and now - kept_s >= order.checkpoint_every_s and _stamp(checkpoint) != sent:
                    sent, kept_s = _stamp(checkpoint), now
                    yield Kept(checkpoint.read_bytes())
        finally:
            job.process.kill()
            job.process.close()
        signal_number = -(job.process.exitcode or 0)
        if record.status == "failed" and signal_number in ENDING:  # by a shutdown, not by itself
            yield Lost(f"its process was told to end by signal {signal_number}")
            return
        if events:
            yield Told(newest(events))
        # Not the model that it started from, which is at home.
        yield Finished(record, {name: found for name, found in models_of(folder).items() if name not in order.files})


def newest(events: Sequence[Event]) -> Sequence[Event]:
    """The events without progress and phases that later ones have overtaken."""
    last: dict[type, Event] = {type(event): event for event in events if isinstance(event, Progressed | Busy)}
    return [event for event in events if last.get(type(event), event) is event]


def inspection() -> Iterator[Message]:
    """Says what this machine can do; in a process of its own, which may import torch."""
    process = PythonProcess.ending_with_parent(_inspect, (), "emssl-bench inspection", may_print=True)
    try:
        if not wait([process.connection], _INSPECTION_SECONDS):
            yield Lost(f"it has not answered for {_INSPECTION_SECONDS:g} s")
            return
        yield process.connection.recv()
    except EOFError:
        yield Lost("the process that was to look at it ended")
    finally:
        process.kill()
        process.close()


def _inspect(connection: Connection) -> None:
    from importlib.util import find_spec

    from emssl_bench.exceptions import error_line
    from emssl_bench.records import machine

    try:
        from emssl_bench.solvers import products

        bullet, onednn = find_spec("pybullet") is not None, products.available()
        connection.send(Inspection(machine.code_digest(), machine.digest(), bullet, onednn))
    except Exception as error:  # of whatever is not installed as it should be
        connection.send(Lost(error_line(error)))


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for one trial, gone at its end; what killed relays have left behind goes with it."""
    top = Path(tempfile.gettempdir())
    for left in top.glob(f"{_SCRATCH}*"):
        descriptor = _locked(left)
        if descriptor is not None:
            shutil.rmtree(left, ignore_errors=True)
            os.close(descriptor)
    folder = Path(tempfile.mkdtemp(prefix=_SCRATCH))
    descriptor = _locked(folder)
    try:
        folder.mkdir(exist_ok=True)  # another relay may have taken it for one that was left behind
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if descriptor is not None:
            os.close(descriptor)


def _locked(folder: Path) -> int | None:
    """A descriptor that holds the folder for this process; None where another has it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    except OSError:
        return None
    if try_lock(descriptor):
        return descriptor
    os.close(descriptor)
    return None


def _stamp(path: Path) -> int | None:
    """When a file was written; None where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
