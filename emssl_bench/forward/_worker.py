"""The body of a pool's worker process. Imported by name in a fresh interpreter: keep torch out of it."""

import gc
import mmap
import os
import signal
import time
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from emssl_bench.exceptions import error_line
from emssl_bench.forward.bullet import BulletArm
from emssl_bench.shapes import FRAME_COLUMNS
from robots.spec import RobotSpec


def start(connection: Connection, arm_type: type[BulletArm], robot: RobotSpec, rows: int, descriptor: int) -> None:
    """Runs `main` on memory shared with the parent: `rows` joint vectors, and as many frames behind them."""
    memory = memoryview(mmap.mmap(descriptor, memory_size(robot, rows)))
    os.close(descriptor)
    main(connection, arm_type, robot, *parts(memory, robot, rows))


def memory_size(robot: RobotSpec, rows: int) -> int:
    """Bytes that a worker shares with its parent."""
    return 8 * rows * (robot.dof + FRAME_COLUMNS)


def parts(memory: memoryview, robot: RobotSpec, rows: int) -> tuple[memoryview, memoryview]:
    """The shared memory of the joint vectors, and that of the frames."""
    end = 8 * rows * robot.dof
    return memory[:end], memory[end:]


def main(connection: Connection, arm_type: type[BulletArm], robot: RobotSpec, joint_angles: Any, frames: Any) -> None:
    """Computes rows for the parent until the pipe closes, as it does when the parent dies.

    Args:
        connection: this end of the pipe; in: n, and 3 for positions or 7 for frames; out: the seconds
            it took, or what it raised.
        arm_type: what to compute with.
        robot: the arm.
        joint_angles: shared memory the parent writes, (rows, dof) doubles.
        frames: shared memory this process writes, (rows, 7) doubles.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle: it closes the pipe
    inputs = np.frombuffer(joint_angles).reshape(-1, robot.dof)
    outputs = np.frombuffer(frames).reshape(-1, FRAME_COLUMNS)
    try:
        arm = arm_type(robot)
        gc.freeze()
        connection.send(0.0)
        while True:
            count, columns = connection.recv()
            start = time.perf_counter()
            compute = arm.frames if columns == FRAME_COLUMNS else arm.positions
            outputs[:count, :columns] = compute(inputs[:count])
            connection.send(time.perf_counter() - start)
    except (EOFError, ConnectionError):  # the parent has closed the pipe, perhaps with an answer unread in it
        return
    except BaseException as error:
        origin = traceback.extract_tb(error.__traceback__)[-1]
        connection.send(f"{error_line(error)} ({Path(origin.filename).name}, line {origin.lineno})")
