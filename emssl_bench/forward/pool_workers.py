"""The processes of a pool, as their parent sees them."""

import math
import os
from dataclasses import dataclass

import numpy as np

from emssl_bench.system.processes import PythonProcess


@dataclass
class Worker:
    """A process, and the memory shared with it."""

    process: PythonProcess
    joint_angles: np.ndarray
    frames: np.ndarray
    rows: slice | None = None
    deadline: float = math.inf


def end_all(workers: list[Worker], opened_by: int) -> None:
    if os.getpid() != opened_by:  # a forked child forgets the pool, or exits: the processes are its parent's
        return
    for worker in workers:
        worker.process.connection.close()  # an idle worker ends by itself
    for worker in workers:
        if worker.rows is None:
            worker.process.join(1)
        end(worker)
    workers.clear()


def end(worker: Worker) -> None:
    worker.process.kill()
    worker.process.close()


def array_of(memory: memoryview, columns: int) -> np.ndarray:
    return np.frombuffer(memory).reshape(-1, columns)
