"""Many PyBullet arms in worker processes, called as one."""

import math
import multiprocessing
import time
import warnings
from collections import deque
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

import numpy as np

from emssl_bench.arrays import JointAngles, Positions, checked
from emssl_bench.errors import InvalidValue, WorkerDied
from emssl_bench.forward import _worker, require_pybullet
from emssl_bench.forward.bullet import BLOCK_ROWS, BulletArm
from robots.spec import RobotSpec

# A forked child of a process that has used torch's threads hangs, and outlives a killed parent.
_spawning = multiprocessing.get_context("spawn")


@dataclass
class _Worker:
    """A process, the pipe to it, and the memory shared with it."""

    process: BaseProcess
    connection: Connection
    joint_angles: np.ndarray
    positions: np.ndarray
    rows: slice | None = None
    deadline: float = math.inf


class BulletPool:
    """PyBullet arms in worker processes, each with a DIRECT client of its own.

    Rows go to the workers in blocks through shared memory. A worker that dies or hangs is replaced and its
    block computed again, once; the result is bit for bit that of one `BulletArm`.
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
            arm: what each worker computes with.

        Raises:
            InvalidValue: `workers` or `block_rows` is less than 1.
            MissingDependency: PyBullet is not installed.
            RobotError: it cannot hold so long an arm.
            WorkerDied: a worker could not start.
        """
        if workers < 1 or block_rows < 1:
            raise InvalidValue(f"a pool needs at least 1 worker and 1 row a block, not {workers} and {block_rows}.")
        require_pybullet(robot)
        self._robot = robot
        self._block_rows = block_rows
        self._timeout_s = block_timeout_s
        self._arm = arm
        self.busy_seconds = 0.0
        """Time the workers have spent computing so far, summed over them [s]; the rest is transport and waiting."""
        self._workers: list[_Worker] = []
        try:
            for _ in range(workers):
                self._workers.append(self._start())
            for worker in self._workers:
                self._await_ready(worker)
        except BaseException:
            self.close()
            raise

    def _start(self) -> _Worker:
        # Anonymous shared memory: it has no name that could be left behind, whoever is killed.
        inputs = _spawning.RawArray("d", self._block_rows * self._robot.dof)
        outputs = _spawning.RawArray("d", self._block_rows * 3)
        ours, theirs = _spawning.Pipe()
        arguments = (theirs, self._arm, self._robot, inputs, outputs)
        process = _spawning.Process(target=_worker.main, args=arguments, name="emssl-bench-arm", daemon=True)
        process.start()
        theirs.close()  # or the death of the worker would not close the pipe
        return _Worker(process, ours, _array(inputs, self._robot.dof), _array(outputs, 3))

    def _await_ready(self, worker: _Worker) -> None:
        if not wait([worker.connection, worker.process.sentinel], timeout=max(60.0, self._timeout_s)):
            raise WorkerDied("a worker process did not start within a minute.")
        reason = self._answer(worker)
        if reason:
            raise WorkerDied(f"a worker process could not start: {reason}")

    def positions(self, joint_angles: JointAngles) -> Positions:
        """Where the end effector is at each joint vector.

        Args:
            joint_angles: (n, dof) [rad], in the order of `robot.joint_names`.

        Returns:
            (n, 3) [m], robot base frame: the numbers of `BulletArm.positions`.

        Raises:
            ShapeError: not (n, dof), or not finite.
            WorkerDied: a worker ended while computing a block, and so did its replacement; or the pool is closed.

        Source: Algorithm 1, lines 10 to 16.
        """
        rows = checked(joint_angles, self._robot.dof, "joint angles")
        if not self._workers:
            raise WorkerDied("the pool is closed: open a new one.")
        positions = np.full((len(rows), 3), np.nan)
        try:
            self._compute(rows, positions)
        except BaseException:
            self.close()  # what the workers are still busy with must not answer the next call
            raise
        assert not np.isnan(positions).any(), "a block was never computed"
        return positions

    def _compute(self, rows: np.ndarray, positions: np.ndarray) -> None:
        size = min(self._block_rows, max(1, math.ceil(len(rows) / len(self._workers))))
        waiting = deque(slice(start, min(start + size, len(rows))) for start in range(0, len(rows), size))
        second_try: set[int] = set()
        while True:
            for worker in self._workers:
                if worker.rows is None and waiting:
                    block = waiting.popleft()
                    patience = 10 if block.start in second_try else 1
                    self._give(worker, block, rows, patience * self._timeout_s)
            busy = [worker for worker in self._workers if worker.rows is not None]
            if not busy:
                return
            self._wait_for_any(busy)
            for worker in busy:
                block = worker.rows
                assert block is not None
                if worker.connection.poll() or not worker.process.is_alive():
                    reason = self._answer(worker)
                elif time.monotonic() > worker.deadline:
                    reason = "it gave no answer in time"
                else:
                    continue
                worker.rows = None
                if reason is None:
                    positions[block] = worker.positions[: block.stop - block.start]
                    continue
                if block.start in second_try:
                    raise WorkerDied(f"rows {block.start} to {block.stop - 1} ended two workers; the second: {reason}.")
                second_try.add(block.start)
                warnings.warn(
                    f"worker {worker.process.pid} is replaced and its block is computed again: {reason}.", stacklevel=4
                )
                self._replace(worker)
                waiting.appendleft(block)

    def _give(self, worker: _Worker, block: slice, rows: np.ndarray, timeout_s: float) -> None:
        count = block.stop - block.start
        worker.joint_angles[:count] = rows[block]
        worker.rows = block
        worker.deadline = time.monotonic() + timeout_s
        try:
            worker.connection.send(count)
        except OSError:
            pass  # it is dead: its sentinel says so, and `_compute` deals with it

    def _wait_for_any(self, busy: list[_Worker]) -> None:
        soonest = min(worker.deadline for worker in busy)
        handles: list[Any] = [handle for w in busy for handle in (w.connection, w.process.sentinel)]
        wait(handles, timeout=max(0.0, soonest - time.monotonic()) + 0.001)

    def _answer(self, worker: _Worker) -> str | None:
        """None where the worker has done its block, else what befell it."""
        try:
            if worker.connection.poll():
                answer = worker.connection.recv()
                if isinstance(answer, str):
                    return f"it raised {answer}"
                self.busy_seconds += answer
                return None
        except (EOFError, OSError):
            pass
        worker.process.join(1)
        return f"it ended with exit code {worker.process.exitcode}"

    def _replace(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        _end(worker)
        self._workers.append(self._start())
        self._await_ready(self._workers[-1])

    def close(self) -> None:
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.connection.close()  # an idle worker ends by itself
        for worker in workers:
            if worker.rows is None:
                worker.process.join(1)
            _end(worker)


def _end(worker: _Worker) -> None:
    worker.connection.close()
    worker.process.kill()
    worker.process.join()
    worker.process.close()


def _array(memory: Any, columns: int) -> np.ndarray:
    return np.frombuffer(memory).reshape(-1, columns)
