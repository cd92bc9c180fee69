"""Whatever is opened gives right numbers or one clear error: closed, forked, shared by threads, copied."""

import copy
import gc
import os
import pickle
import signal
import threading
import time

import gymnasium
import numpy as np
import psutil
import pybullet
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import SyncVectorEnv

import robots
from emssl_bench.envs import ENV_ID, ReachEnv, ReachVectorEnv
from emssl_bench.envs.rendering import Scene
from emssl_bench.exceptions import Closed, EmsslBenchError, Forked, InUse, InvalidValue
from emssl_bench.forward import Counted
from emssl_bench.forward.bullet import BulletArm
from emssl_bench.forward.chain import ChainArm, CountedChain
from emssl_bench.forward.pool import BulletPool
from emssl_bench.forward.usual import UsualArm
from emssl_bench.system.opened import Opened

ROWS = np.random.default_rng(0).uniform(-2, 2, (40, 3))


def planar3():
    return robots.load("planar3")


def many(**named):
    arms = ReachVectorEnv(4, "planar3", horizon=10**6, render_mode="rgb_array", **named)
    arms.reset(seed=0)
    return arms


def single():
    env = ReachEnv("planar3", horizon=10**6, render_mode="rgb_array")
    env.reset(seed=0)
    return env


def moved(env):
    """Where the environment's arm, or arms, are after a step to each of a few actions."""
    shape = env.action_space.shape
    return np.array([env.step(np.full(shape, value, np.float32))[4]["position"] for value in (0.5, -0.5)])


def told(forward):
    return forward.positions(ROWS)


def pictured(scene):
    return scene.image(ROWS[0], np.array([0.1, 0.1, 0.0]))


# How each is opened, and what it is asked.
KINDS = {
    "an arm": (lambda: BulletArm(planar3()), told),
    "a usual arm": (lambda: UsualArm(planar3()), told),
    "a pool": (lambda: BulletPool(planar3(), 1), told),
    "a chain": (lambda: ChainArm(planar3()), told),
    "a counted arm": (lambda: Counted(BulletArm(planar3())), told),
    "a counted chain": (lambda: CountedChain(ChainArm(planar3())), told),
    "a scene": (lambda: Scene(planar3(), None), pictured),
    "an environment": (single, moved),
    "environments of a pool": (lambda: many(workers=1), moved),
    "environments of a chain": (lambda: many(forward="chain"), moved),
}
every_kind = pytest.mark.parametrize(("make", "ask"), KINDS.values(), ids=KINDS.keys())


@every_kind
def test_what_is_closed_raises_whatever_is_opened_later(opened, make, ask):
    each = opened(make)
    ask(each)
    each.close()
    each.close()
    other = opened(BulletArm, robots.load("paper6"))
    with pytest.raises(Closed, match=r"is closed: open a new one\."):
        ask(each)
    for copied in (copy.deepcopy, pickle.dumps):
        with pytest.raises(Closed):
            copied(each)
    assert other.positions(np.zeros((1, 6))).shape == (1, 3), "closing twice closes nobody else's client"


@pytest.mark.parametrize("make", [single, lambda: many(forward="chain"), lambda: many(workers=1)])
def test_every_call_of_a_closed_environment_raises(make):
    env = make()
    env.render()
    env.close()
    for call in (env.reset, env.render, lambda: env.step(env.action_space.sample())):
        with pytest.raises(Closed, match="the environment is closed"):
            call()


def test_the_chain_with_gradients_raises_when_closed_too():
    import torch

    chain = CountedChain(ChainArm(planar3()))
    chain.close()
    with pytest.raises(Closed):
        chain.differentiable(torch.zeros(1, 3))


@pytest.mark.parametrize("name", ["an arm", "a scene", "an environment"])
@pytest.mark.parametrize("ruin", ["reset", "disconnected", "another's"])
def test_a_client_that_other_code_ruins_is_an_error(opened, name, ruin):
    make, ask = KINDS[name]
    before = {number for number in range(50) if pybullet.isConnected(number)}
    each = opened(make)
    (number,) = {number for number in range(50) if pybullet.isConnected(number)} - before
    ask(each)
    if ruin == "reset":
        pybullet.resetSimulation(physicsClientId=number)
    else:
        pybullet.disconnect(number)
    theirs = opened(BulletArm, planar3()) if ruin == "another's" else None
    with pytest.raises(Closed, match="other code has reset or disconnected its PyBullet client"):
        ask(each)
    each.close()
    if theirs is not None:
        assert len(theirs.positions(ROWS)) == len(ROWS), "closing leaves alone what is another's"


def test_closing_an_arm_leaves_its_client(planar3):
    before = {number for number in range(50) if pybullet.isConnected(number)}
    arm = BulletArm(planar3)
    assert {number for number in range(50) if pybullet.isConnected(number)} - before
    arm.close()
    assert {number for number in range(50) if pybullet.isConnected(number)} == before


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


@every_kind
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_a_copy_works_by_itself(opened, make, ask, copied):
    if copied is copy.copy and ask is not pictured and make not in [KINDS[name][0] for name in ("an arm", "a pool")]:
        pytest.skip("a shallow copy shares what it holds")
    each = opened(make)
    second = opened(copied, each)
    expected = ask(each)
    np.testing.assert_array_equal(ask(second), expected)
    second.close()
    np.testing.assert_array_equal(ask(each), expected)


@pytest.mark.parametrize("make", [gymnasium.make, gymnasium.make_vec])
def test_a_copied_environment_goes_on_from_where_the_first_is(opened, make):
    env = opened(make, ENV_ID, robot="planar3", horizon=3)
    env.reset(seed=1)
    env.step(np.full(env.action_space.shape, 0.3, np.float32))
    second = opened(copy.deepcopy, env)
    for value in (0.1, 0.2):
        action = np.full(env.action_space.shape, value, np.float32)
        assert data_equivalence(env.step(action), second.step(action), exact=True)
    assert data_equivalence(env.reset(), second.reset(), exact=True)


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


def test_an_arm_that_is_forgotten_gives_its_client_back(planar3):
    def connected():
        return sum(pybullet.isConnected(number) for number in range(200))

    gc.collect()
    before = connected()
    for _ in range(3):
        ReachEnv(planar3)
    gc.collect()
    assert connected() == before


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


@pytest.mark.parametrize("horizon", [1, 5])
@pytest.mark.parametrize("most", [1, 3])
def test_max_episode_steps_is_gymnasiums_own_time_limit(opened, horizon, most):
    arguments = {"robot": "planar3", "horizon": horizon, "max_episode_steps": most}
    many = opened(gymnasium.make_vec, ENV_ID, num_envs=2, workers=1, **arguments)
    one_by_one = opened(SyncVectorEnv, [lambda: gymnasium.make(ENV_ID, **arguments) for _ in range(2)])
    many.np_random = np.random.default_rng(7)
    shared = np.random.default_rng(7)
    for env in one_by_one.envs:
        env.unwrapped.np_random = shared
    assert data_equivalence(many.reset(), one_by_one.reset(), exact=True)
    for value in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7):
        actions = np.full((2, 3), value, np.float32)
        assert data_equivalence(many.step(actions), one_by_one.step(actions), exact=True)


@pytest.mark.parametrize("most", [0, -1, 1.5, "3", True])
def test_bad_max_episode_steps_are_one_clear_line(most):
    with pytest.raises(InvalidValue, match=r"step.*max_episode_steps|max_episode_steps is a whole number"):
        ReachVectorEnv(2, "planar3", max_episode_steps=most)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", ["sync", "async", "vector_entry_point"])
def test_every_way_to_make_a_vector_works(opened, mode):
    arms = opened(gymnasium.make_vec, ENV_ID, num_envs=2, vectorization_mode=mode, robot="planar3", horizon=2)
    arms.reset(seed=0)
    positions = arms.step(np.full((2, 3), 0.2, np.float32))[4]["position"]
    np.testing.assert_allclose(positions[0], positions[1])


def test_every_error_here_is_the_suites():
    assert all(issubclass(error, EmsslBenchError) for error in (Closed, Forked, InUse))
