"""A pool gives one arm's numbers, or one clear error."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import psutil
import pytest

from emssl_bench.exceptions import InvalidValue, ShapeError, WorkerDied
from emssl_bench.forward.pool import BulletPool
from tests.arms import DyingArm, RaisingArm
from tests.examples import heeding_interrupts


@pytest.fixture(scope="module")
def pool(paper6):
    pool = BulletPool(paper6, workers=2, block_rows=64)
    yield pool
    pool.close()


@pytest.fixture
def expected(paper6, bullet_arm):
    return bullet_arm(paper6).positions


@pytest.mark.parametrize(("workers", "block_rows"), [(1, 1), (1, 1024), (2, 7), (3, 100)])
def test_it_equals_one_arm_bit_for_bit(paper6, expected, rng, workers, block_rows):
    angles = rng.uniform(-3, 3, (301, 6))
    pool = BulletPool(paper6, workers, block_rows)
    try:
        np.testing.assert_array_equal(pool.positions(angles), expected(angles))
    finally:
        pool.close()


def test_batches_of_all_sizes_in_a_row(pool, expected, rng):
    for count in (0, 1, 2, 63, 64, 65, 0, 1, 500, 129, 128, 127, 1):
        angles = rng.uniform(-3, 3, (count, 6))
        np.testing.assert_array_equal(pool.positions(angles), expected(angles))


@pytest.mark.usefixtures("as_users_run")
def test_array_likes_are_taken(pool, expected):
    rows = ((0.1, 0.2, 0.3, 0.4, 0.5, 0.6), (0, 0, 0, 0, 0, 0))
    np.testing.assert_array_equal(pool.positions(rows), expected(np.array(rows)))


@pytest.mark.usefixtures("as_users_run")
@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (np.zeros((2, 5)), r"shape \(n, 6\), not \(2, 5\)"),
        (np.zeros(6), r"shape \(n, 6\), not \(6,\)"),
        ([[0, 0, np.nan, 0, 0, 0]], "finite: row 0"),
        (np.array([[0.0] * 6, [np.inf] * 6]), "finite: row 1"),
        ([["a"] * 6], "must be numbers"),
    ],
)
def test_bad_joint_angles_are_named_and_the_pool_goes_on(pool, rows, says):
    with pytest.raises(ShapeError, match=says):
        pool.positions(rows)
    assert pool.positions(np.zeros((1, 6))).shape == (1, 3)


def test_a_worker_killed_in_the_middle_of_a_batch_is_replaced(paper6, expected, rng):
    pool = BulletPool(paper6, workers=2, block_rows=256)
    angles = rng.uniform(-3, 3, (60_000, 6))
    victim = pool._workers[0].process.pid
    threading.Timer(0.05, os.kill, (victim, signal.SIGKILL)).start()
    with pytest.warns(UserWarning, match=r"worker \d+ is replaced .* exit code -9"):
        found = pool.positions(angles)
    np.testing.assert_array_equal(found, expected(angles))
    pool.close()


def test_a_hung_worker_is_replaced(paper6, expected, rng):
    pool = BulletPool(paper6, workers=2)
    os.kill(pool._workers[1].process.pid, signal.SIGSTOP)
    angles = rng.uniform(-3, 3, (100, 6))
    with pytest.warns(UserWarning, match=r"worker \d+ is replaced .* gave no answer in time"):
        np.testing.assert_array_equal(pool.positions(angles), expected(angles))
    pool.close()


def test_the_second_death_on_the_same_rows_is_an_error(paper6, monkeypatch):
    pool = BulletPool(paper6, workers=1)
    give = pool._give

    def give_and_kill(worker, *block):
        worker.process.kill()
        worker.process.join()
        give(worker, *block)

    monkeypatch.setattr(pool, "_give", give_and_kill)
    with (
        pytest.warns(UserWarning, match="is replaced"),
        pytest.raises(WorkerDied, match=r"rows 0 to 9 ended two workers.* exit code -9"),
    ):
        pool.positions(np.zeros((10, 6)))
    with pytest.raises(WorkerDied, match="closed"):
        pool.positions(np.zeros((10, 6)))


def test_closing_ends_the_processes_and_may_be_done_twice(paper6):
    pool = BulletPool(paper6, workers=2)
    processes = [psutil.Process(worker.process.pid) for worker in pool._workers]
    pool.close()
    pool.close()
    assert not psutil.wait_procs(processes, timeout=20)[1]


def test_a_dozen_pools_one_after_the_other_leave_nothing_behind(planar3):
    this = psutil.Process()
    BulletPool(planar3, workers=1).close()

    def held():
        return this.num_fds(), len(this.children()), sorted(os.listdir("/dev/shm"))

    before = held()
    for _ in range(12):
        pool = BulletPool(planar3, workers=1)
        pool.positions(np.zeros((3, 3)))
        pool.close()
    assert held() == before


def test_a_thousand_batches_of_random_sizes(pool, expected, rng):
    for count in rng.integers(0, 300, 1000):
        angles = rng.uniform(-3, 3, (count, 6))
        np.testing.assert_array_equal(pool.positions(angles), expected(angles))


def test_a_worker_that_raises_is_tried_once_more_and_then_its_traceback_is_told(paper6, rng):
    pool = BulletPool(paper6, workers=2, block_rows=50, arm=RaisingArm)
    good = rng.uniform(1, 2, (200, 6))
    assert pool.positions(good).shape == (200, 3)
    bad = good.copy()
    bad[120] = 0
    with (
        pytest.warns(UserWarning, match="is replaced"),
        pytest.raises(WorkerDied, match=r"(?s)rows 100 to 149 ended two workers.*ZeroDivisionError: a row of zeros"),
    ):
        pool.positions(bad)


def test_a_worker_that_cannot_start_is_an_error(paper6):
    with pytest.raises(WorkerDied, match="could not start: it ended with exit code 3"):
        BulletPool(paper6, workers=2, arm=DyingArm)


def test_a_pool_that_is_forgotten_ends_its_processes(paper6):
    pool = BulletPool(paper6, workers=2)
    processes = [psutil.Process(worker.process.pid) for worker in pool._workers]
    del pool
    gc.collect()
    assert not psutil.wait_procs(processes, timeout=20)[1]


SCRIPT = """
import os, signal, sys
import numpy as np, robots
from emssl_bench.forward.pool import BulletPool

if __name__ == "__main__":
    pool = BulletPool(robots.load("paper6"), workers=2)
    print(*(worker.process.pid for worker in pool._workers), flush=True)
    sys.stdin.readline()
    {then}
"""


@pytest.mark.parametrize(
    ("then", "ends_with"),
    [
        ("pass", 0),
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("pool.positions(np.zeros((3_000_000, 6)))", -signal.SIGINT),
    ],
    ids=["never closed", "the parent is killed", "Ctrl-C"],
)
def test_workers_never_outlive_their_parent(tmp_path, then, ends_with):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT.format(then=then))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, path], **pipes, preexec_fn=heeding_interrupts) as running:
        workers = [psutil.Process(int(pid)) for pid in running.stdout.readline().split()]
        running.stdin.write("go on\n")
        running.stdin.flush()
        if ends_with == -signal.SIGINT:
            time.sleep(0.5)
            running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=120)
    assert running.returncode == ends_with, err
    assert err.count("Traceback") == (ends_with == -signal.SIGINT), "workers say nothing of an interrupt"
    assert not psutil.wait_procs(workers, timeout=20)[1]


LEFT_WITH_AN_ANSWER_UNREAD = """
import multiprocessing, threading
import robots
from emssl_bench.forward import _worker
from emssl_bench.forward.bullet import BulletArm

ours, theirs = multiprocessing.Pipe()
ours.send((1, 3))
threading.Timer(1.0, ours.close).start()
_worker.main(theirs, BulletArm, robots.load("planar3"), bytearray(24), bytearray(56))
"""


def test_a_worker_whose_parent_leaves_with_an_answer_unread_says_nothing():
    ended = subprocess.run([sys.executable, "-c", LEFT_WITH_AN_ANSWER_UNREAD], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_pool_needs_a_worker(paper6):
    with pytest.raises(InvalidValue, match="at least 1 worker"):
        BulletPool(paper6, workers=0)
