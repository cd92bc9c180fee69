"""What is opened before a fork: right numbers or one clear error, in the child and in the parent."""

import gc
import os
import pickle
import signal
import threading
import time

import numpy as np
import psutil
import pytest

from emssl_bench.exceptions import Forked
from emssl_bench.forward.pool import BulletPool
from emssl_bench.system.opened import Opened
from tests.openable import KINDS, every_kind


def forked(body):
    """The process number of a forked child that runs `body`, and whatever comes of it, ends there.

    A child that went on into pytest would report the parent's tests a second time.
    """
    child = os.fork()
    if not child:
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)  # pytest-timeout's handler is the parent's
            signal.alarm(60)  # rather than hang
            body()
        finally:
            os._exit(0)
    return child


def in_forked_child(body):
    """What `body` returns in a forked child, or the error it raises; the child leaves without cleaning up."""
    reader, writer = os.pipe()

    def answer():
        try:
            found = body()
        except BaseException as error:
            found = error
        os.write(writer, pickle.dumps(found))

    child = forked(answer)
    os.close(writer)
    with open(reader, "rb") as pipe:
        answered = pipe.read()
    _, status = os.waitpid(child, 0)
    assert answered, f"the child ended without an answer: status {status}"
    return pickle.loads(answered)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@every_kind
def test_a_forked_child_has_right_numbers_or_an_error_and_the_parent_right_ones(opened, make, ask):
    each = opened(make)
    expected = ask(each)

    def body():
        found = [ask(each)]
        each.close()
        gc.collect()
        return found

    found = in_forked_child(body)
    if isinstance(found, Exception):
        assert isinstance(found, Forked)
        assert "which this one was forked from: open another one here." in str(found)
    else:
        np.testing.assert_array_equal(found[0], expected)
    for _ in range(5):
        np.testing.assert_array_equal(ask(each), expected)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("name", ["a pool", "environments of a pool"])
def test_a_forked_child_cannot_end_its_parents_workers_and_may_have_its_own(opened, name):
    make, ask = KINDS[name]
    each = opened(make)
    expected = ask(each)

    def body():
        with pytest.raises(Forked):
            ask(each)
        each.close()
        own = make()
        found = ask(own)
        own.close()
        return found

    np.testing.assert_array_equal(in_forked_child(body), expected)
    np.testing.assert_array_equal(ask(each), expected)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@every_kind
def test_a_fork_within_a_call_of_another_thread_hangs_nobody(opened, make, ask):
    each = opened(make)
    expected = ask(each)
    over = threading.Event()
    wrong = []

    def work():
        while not over.is_set():
            if not np.array_equal(ask(each), expected):
                wrong.append(1)

    working = threading.Thread(target=work)
    working.start()
    try:
        time.sleep(0.05)
        found = in_forked_child(lambda: [ask(each), each.close()])
    finally:
        over.set()
        working.join()
    assert isinstance(found, Forked) or np.array_equal(found[0], expected)
    assert not wrong


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_what_another_thread_was_calling_when_the_process_forked_is_of_no_use_to_the_child():
    """Its call has stopped halfway, and a library in it may hold a lock for ever."""
    opened, entered, over = Opened("the arm"), threading.Event(), threading.Event()

    def call():
        with opened:
            entered.set()
            over.wait(30)

    calling = threading.Thread(target=call)
    calling.start()
    entered.wait(30)
    try:
        found = in_forked_child(opened.require_usable)
    finally:
        over.set()
        calling.join()
    assert isinstance(found, Forked)
    assert in_forked_child(opened.require_usable) is None, "after the call it is the child's to use"
    opened.require_usable()


def test_workers_end_with_their_parent_even_where_a_forked_child_lives_on(planar3):
    parent_ends, ours = os.pipe()

    def ends_first():
        pool = BulletPool(planar3, 1)
        lives_on = forked(lambda: time.sleep(50))
        os.write(ours, f"{pool._workers[0].process.pid} {lives_on}".encode())

    parent = forked(ends_first)
    worker, lives_on = map(int, os.read(parent_ends, 40).split())
    os.waitpid(parent, 0)
    os.close(parent_ends), os.close(ours)
    if psutil.pid_exists(worker):
        psutil.wait_procs([psutil.Process(worker)], timeout=20)
    assert not psutil.pid_exists(worker)
    os.kill(lives_on, signal.SIGKILL)
