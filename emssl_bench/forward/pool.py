"""A pool of PyBullet arms in worker processes, called as one forward model."""

import math
import os
import time
import warnings
import weakref
from collections import deque
from multiprocessing.connection import wait
from typing import Any

import numpy as np

from emssl_bench.exceptions import InvalidValue, PoolClosed, WorkerDied
from emssl_bench.forward import _worker
from emssl_bench.forward.bullet import BLOCK_ROWS, BulletArm
from emssl_bench.forward.client import require_usable as require_usable
from emssl_bench.forward.pool_workers import Worker, array_of, end, end_all
from emssl_bench.shapes import FRAME_COLUMNS, Frames, JointAngles, Positions, checked
from emssl_bench.system.memory import shared_memory
from emssl_bench.system.opened import Opened
from emssl_bench.system.processes import PythonProcess
from robots.spec import RobotSpec

# PyBullet needs none of the threads that NumPy would start, which count as processes where those are limited.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


_GLANCE_S = 0.25
"""How long to wait for a pipe before looking whether its process lives, in case a stray copy of its end is open."""


class BulletPool:
    """PyBullet arms in worker processes, each with a DIRECT client of its own.

    Rows go to the workers in blocks through shared memory. A worker that dies or hangs is replaced and its
    block computed again, once; the result is bit for bit that of one `BulletArm`.

    Threads may share it, and wait for each other; a forked child may not. A pickled or copied pool is a new one with
    processes of its own.
    """

    def __init__(
        self,
        robot: RobotSpec,
        workers: int,
        block_rows: int = BLOCK_ROWS,
        block_timeout_s: float = 5.0,
        arm: type[BulletArm] = BulletArm,
    ):
        """Starts the workers and waits until all are ready.

        Args:
            robot: the arm.
            workers: number of processes, best the number of physical cores.
            block_rows: most configurations a worker is given at a time.
            block_timeout_s: a worker that needs longer for a block [s] counts as hung; ten times as long for the
                second try, in case it is the machine that is slow. A block of 1024 takes some 10 ms.
            arm: what each worker computes with, of a module that can be imported.

        Raises:
            InvalidValue: `workers` or `block_rows` is less than 1, or `arm` cannot be imported.
            MissingDependency: PyBullet is not installed, or no Python can be started.
            RobotError: it cannot hold so long an arm.
            SystemLimit: the system refuses processes, files or memory.
            WorkerDied: a worker could not start.
        """
        if workers < 1 or block_rows < 1:
            raise InvalidValue(f"a pool needs at least 1 worker and 1 row a block, not {workers} and {block_rows}.")
        if arm.__module__ == "__main__":
            raise InvalidValue(f"{arm.__name__} is in the script that runs: workers import it from a module only.")
        require_usable(robot)
        self._robot = robot
        self._block_rows = block_rows
        self._timeout_s = block_timeout_s
        self._arm = arm
        self.busy_seconds = 0.0
        """Time that all workers together have spent computing [s]; the rest is transport and waiting."""
        self._workers: list[Worker] = []
        self._failure: str | None = None
        self._opened = Opened("the pool", shared_by_a_fork=True, error=PoolClosed)
        self._ending = weakref.finalize(self, end_all, self._workers, os.getpid())
        try:
            for _ in range(workers):
                self._workers.append(self._start())
            for worker in self._workers:
                self._await_ready(worker)
        except BaseException:
            self.close()
            raise
        self._count = workers

    def _start(self) -> Worker:
        memory, descriptor = shared_memory(_worker.memory_size(self._robot, self._block_rows))
        try:
            arguments = (self._arm, self._robot, self._block_rows, descriptor)
            process = PythonProcess(_worker.start, arguments, "emssl-bench-arm", [descriptor], _ONE_THREAD)
        except BaseException:
            memory.close()
            raise
        finally:
            os.close(descriptor)
        inputs, outputs = _worker.parts(memoryview(memory), self._robot, self._block_rows)
        return Worker(process, array_of(inputs, self._robot.dof), array_of(outputs, FRAME_COLUMNS))

    def _await_ready(self, worker: Worker) -> None:
        end = time.monotonic() + max(60.0, self._timeout_s)
        while not (worker.process.connection.poll(_GLANCE_S) or not worker.process.is_alive()):
            if time.monotonic() > end:
                raise WorkerDied("a worker process did not start within a minute.")
        reason = self._answer(worker)
        if reason:
            raise WorkerDied(f"a worker process could not start: {reason}")

    def positions(self, joint_angles: JointAngles) -> Positions:
        """The position of the end effector at each joint vector.

        Args:
            joint_angles: (n, dof) [rad], in the order of `robot.joint_names`.

        Returns:
            (n, 3) [m], robot base frame: the numbers of `BulletArm.positions`.

        Raises:
            ShapeError: not (n, dof), or not finite.
            WorkerDied: a worker ended while computing a block, and so did its replacement; the pool is closed then.
            SystemLimit: the system refuses to start a replacement.
            PoolClosed: the pool is closed.
            Forked: the pool belongs to the process that this one was forked from.

        Source: Algorithm 1, lines 10 to 16.
        """
        return self._computed(joint_angles, 3)

    def frames(self, joint_angles: JointAngles) -> Frames:
        """Positions and orientations (n, 7): the numbers of `BulletArm.frames`."""
        return self._computed(joint_angles, FRAME_COLUMNS)

    def _computed(self, joint_angles: JointAngles, columns: int) -> np.ndarray:
        rows = checked(joint_angles, self._robot.dof, "joint angles")
        if self._failure:
            raise WorkerDied(f"the pool is closed, since {self._failure} Open a new one.")
        with self._opened:
            return self._rows(rows, columns)

    def _rows(self, rows: np.ndarray, columns: int) -> np.ndarray:
        found = np.full((len(rows), columns), np.nan)
        try:
            self._compute(rows, found)
            self._opened.require_usable()
        except BaseException as error:
            closed_under_us = self._opened.closed  # by a signal handler
            self.close()  # what the workers are still busy with must not answer the next call
            if closed_under_us and isinstance(error, Exception):
                raise PoolClosed("the pool was closed within a call: open a new one.") from None
            if isinstance(error, WorkerDied):
                self._failure = str(error)
            raise
        assert not np.isnan(found).any(), "a block was never computed"
        return found

    def _compute(self, rows: np.ndarray, found: np.ndarray) -> None:
        size = min(self._block_rows, max(1, math.ceil(len(rows) / len(self._workers))))
        waiting = deque(slice(start, min(start + size, len(rows))) for start in range(0, len(rows), size))
        second_try: set[int] = set()
        while True:
            for worker in self._workers:
                if worker.rows is None and waiting:
                    block = waiting.popleft()
                    patience = 10 if block.start in second_try else 1
                    self._give(worker, block, rows, found.shape[1], patience * self._timeout_s)
            busy = [worker for worker in self._workers if worker.rows is not None]
            if not busy:
                return
            self._wait_for_any(busy)
            for worker in busy:
                block = worker.rows
                assert block is not None
                if worker.process.connection.poll() or not worker.process.is_alive():
                    reason = self._answer(worker)
                elif time.monotonic() > worker.deadline:
                    reason = "it gave no answer in time"
                else:
                    continue
                worker.rows = None
                if reason is None:
                    found[block] = worker.frames[: block.stop - block.start, : found.shape[1]]
                    continue
                if block.start in second_try:
                    raise WorkerDied(f"rows {block.start} to {block.stop - 1} ended two workers; the second: {reason}.")
                second_try.add(block.start)
                warnings.warn(
                    f"worker {worker.process.pid} is replaced and its block is computed again: {reason}.", stacklevel=5
                )
                self._replace(worker)
                waiting.appendleft(block)

    def _give(self, worker: Worker, block: slice, rows: np.ndarray, columns: int, timeout_s: float) -> None:
        count = block.stop - block.start
        worker.joint_angles[:count] = rows[block]
        worker.rows = block
        worker.deadline = time.monotonic() + timeout_s
        try:
            worker.process.connection.send((count, columns))
        except OSError:
            pass  # it is dead: its end of the pipe says so, and `_compute` deals with it

    def _wait_for_any(self, busy: list[Worker]) -> None:
        soonest = min(worker.deadline for worker in busy)
        patience_s = max(0.0, soonest - time.monotonic()) + 0.001
        wait([worker.process.connection for worker in busy], timeout=min(patience_s, _GLANCE_S))

    def _answer(self, worker: Worker) -> str | None:
        """None if the worker has done its block, otherwise what has happened to it."""
        try:
            if worker.process.connection.poll():
                answer = worker.process.connection.recv()
                if isinstance(answer, str):
                    return f"it raised {answer}"
                self.busy_seconds += answer
                return None
        except (EOFError, ConnectionError):
            pass
        worker.process.join(1)
        return f"it ended with exit code {worker.process.exitcode}"

    def _replace(self, worker: Worker) -> None:
        self._workers.remove(worker)
        end(worker)
        self._workers.append(self._start())
        self._await_ready(self._workers[-1])

    def close(self) -> None:
        """Ends the processes, after the call of another thread has returned; in a forked child it does nothing."""
        if self._opened.end():
            self._ending()

    def __reduce__(self) -> tuple[Any, ...]:
        self._opened.require_usable()
        return type(self), (self._robot, self._count, self._block_rows, self._timeout_s, self._arm)


def opened(robot: RobotSpec, workers: int, device: str) -> BulletPool:
    """The forward model "bullet", which computes on no device."""
    return BulletPool(robot, workers)
