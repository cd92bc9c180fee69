"""What threads and signals share: right numbers or one clear error."""

import os
import signal
import threading

import numpy as np
import pytest

from emssl_bench.envs import ReachEnv
from emssl_bench.exceptions import Closed, InUse
from emssl_bench.system.opened import Opened
from tests.openable import KINDS, every_kind, moved, pictured


@every_kind
def test_two_threads_get_right_numbers(opened, make, ask):
    each = opened(make)
    if ask is moved:  # a thread's two steps may be apart; each is right

        def asked():
            return {value: each.step(np.full(each.action_space.shape, value))[4]["position"] for value in (0.5, -0.5)}
    else:

        def asked():
            return {0: ask(each)}

    expected, wrong = asked(), []

    def work():
        for _ in range(2 if ask is pictured else 15):
            for key, found in asked().items():
                if not np.array_equal(found, expected[key]):
                    wrong.append(key)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_call_within_a_call_is_an_error_and_closing_within_one_is_not():
    each = Opened("the arm")
    with each:
        with pytest.raises(InUse, match="the arm is called from within a call of its own"), each:
            pass
        assert each.end()
    with pytest.raises(Closed), each:
        pass


@pytest.mark.parametrize("name", ["an arm", "a pool"])
def test_a_signal_that_closes_within_a_call_ends_the_call(name):
    each = KINDS[name][0]()
    rows = np.zeros((400_000, 3))
    before = signal.signal(signal.SIGUSR1, lambda *_: each.close())
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1)).start()
    try:
        with pytest.raises(Closed):
            each.positions(rows)
    finally:
        signal.signal(signal.SIGUSR1, before)


def streams():
    return [os.readlink(f"/proc/self/fd/{number}") for number in (1, 2)]


def test_threads_that_open_environments_leave_the_standard_streams_alone(capfd):
    before, seen, over = streams(), set(), threading.Event()

    def watch():
        count = 0
        while not over.is_set():
            seen.add(tuple(streams()))
            os.write(1, b"a line\n")
            count += 1
        counts.append(count)

    def open_some():
        for _ in range(4):
            ReachEnv("planar3").close()

    counts = []
    watching = threading.Thread(target=watch)
    opening = [threading.Thread(target=open_some) for _ in range(2)]
    for thread in (watching, *opening):
        thread.start()
    for thread in opening:
        thread.join()
    over.set()
    watching.join()
    assert streams() == before
    assert seen == {tuple(before)}
    out, err = capfd.readouterr()
    assert (out.count("a line\n"), len(out), err) == (counts[0], 7 * counts[0], "")
