"""Workers start wherever Python runs, or say in one line why they cannot."""

import errno
import multiprocessing
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from emssl_bench.exceptions import InvalidValue, MissingDependency, SystemLimit
from emssl_bench.forward.bullet import BulletArm
from emssl_bench.forward.pool import BulletPool
from emssl_bench.system import processes
from emssl_bench.system.memory import shared_memory
from emssl_bench.system.processes import PythonProcess

ROOT = Path(__file__).parents[1]

UNGUARDED = """
import sys, gymnasium
arms = gymnasium.make_vec("emssl_bench.envs:emssl_bench/Reach-v0", num_envs=8, robot="planar3", workers=1)
arms.reset(seed=0)
print(float(arms.reset(seed=0)[0].sum()), sys.argv[1:])
"""


def run(command, **named):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, **named)


@pytest.fixture(scope="module")
def right():
    import gymnasium

    arms = gymnasium.make_vec(
        "emssl_bench.envs:emssl_bench/Reach-v0", num_envs=8, robot="planar3", vectorization_mode=None, forward="bullet"
    )
    total = float(arms.reset(seed=0)[0].sum())
    arms.close()
    return total


@pytest.mark.parametrize("how", ["standard input", "-c", "a script without a guard", "-m"])
def test_workers_start_from_any_program(tmp_path, right, how):
    script = tmp_path / "program.py"
    script.write_text(UNGUARDED)
    if how == "standard input":
        ended = run([sys.executable, "-"], input=UNGUARDED, cwd=tmp_path)
    elif how == "-c":
        ended = run([sys.executable, "-c", UNGUARDED], cwd=tmp_path)
    elif how == "-m":
        ended = run([sys.executable, "-m", "program"], cwd=tmp_path)
    else:
        ended = run([sys.executable, script])
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"{right} []\n", "the program runs once, and prints once"


def test_a_run_starts_from_a_script_without_a_guard_too(tmp_path):
    script = tmp_path / "program.py"
    script.write_text("""
import sys
from emssl_bench import cli
print("once", flush=True)
cli.main([*"run --robot planar3 --method direct --budget smoke --forward chain --joint-range 90".split(),
          *"--set direct.iterations=1 direct.epochs=1 --out".split(), sys.argv[1]])
""")
    ended = run([sys.executable, script, tmp_path / "out"])
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.count("once") == 1
    assert "1/1 trials" in ended.stdout


def test_workers_find_modules_where_their_parent_does(tmp_path):
    (tmp_path / "my_arms.py").write_text(
        "from emssl_bench.forward.bullet import BulletArm\nclass Mine(BulletArm): pass"
    )
    (tmp_path / "signal.py").write_text("raise SystemExit('the wrong module')")
    code = f"""
import sys
sys.path.append({str(tmp_path)!r})
import my_arms, robots
from emssl_bench.forward.pool import BulletPool
pool = BulletPool(robots.load("planar3"), 1, arm=my_arms.Mine)
print(pool.positions([[0, 0, 0]]).shape)
pool.close()
"""
    ended = run([sys.executable, "-P", "-c", code], cwd=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "(1, 3)\n", "")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_workers_start_where_standard_streams_are_closed(tmp_path, closed):
    code = f"""
import os, robots
from emssl_bench.envs import ReachEnv
from emssl_bench.forward.pool import BulletPool
open_before = [n for n in range(3) if os.path.exists(f"/proc/self/fd/{{n}}")]
pool = BulletPool(robots.load("planar3"), 1)
single = ReachEnv("planar3", render_mode="rgb_array")
single.reset(seed=0)
single.render()
found = pool.positions([[0, 0, 0]])
open_after = [n for n in range(3) if os.path.exists(f"/proc/self/fd/{{n}}")]
open({str(tmp_path / "found")!r}, "w").write(f"{{found.shape}} {{open_before == open_after}}")
"""
    ended = run(["bash", "-c", f'"$0" -c "$1" {closed}', sys.executable, code])
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert (tmp_path / "found").read_text() == "(1, 3) True"


def make_vector(queue):
    import gymnasium

    arms = gymnasium.make_vec("emssl_bench.envs:emssl_bench/Reach-v0", num_envs=8, robot="planar3", workers=1)
    queue.put(float(arms.reset(seed=0)[0].sum()))
    arms.close()


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_a_daemonic_process_may_have_workers(right, method):
    context = multiprocessing.get_context(method)
    queue = context.SimpleQueue()
    process = context.Process(target=make_vector, args=(queue,), daemon=True)
    process.start()
    process.join(120)
    assert process.exitcode == 0
    assert queue.get() == right


def test_workers_and_their_names_are_seen_in_lists_of_processes(planar3):
    pool = BulletPool(planar3, 1)
    command = psutil.Process(pool._workers[0].process.pid).cmdline()
    pool.close()
    assert "emssl-bench-arm" in command


def refused(number):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    return refuse


@pytest.mark.parametrize(
    ("where", "number", "says"),
    [
        ("subprocess.Popen", errno.EAGAIN, "a worker process cannot be started .* limit of processes"),
        ("subprocess.Popen", errno.ENOMEM, "a worker process cannot be started .* free some memory"),
        ("socket.socketpair", errno.EMFILE, r"a worker process cannot be started .* limit of files \(ulimit -n\)"),
        ("os.posix_fallocate", errno.ENOSPC, "no memory can be shared with a worker process .* fewer workers"),
        ("mmap.mmap", errno.EPERM, "no memory can be shared .* look at its limits"),
    ],
)
def test_what_the_system_refuses_is_one_clear_line(planar3, monkeypatch, where, number, says):
    this = psutil.Process()
    before = this.num_fds(), len(this.children())
    monkeypatch.setattr(where, refused(number))
    with pytest.raises(SystemLimit, match=says) as caught:
        BulletPool(planar3, 2)
    assert "\n" not in str(caught.value)
    assert "forward='chain'" in str(caught.value)
    monkeypatch.undo()
    assert (this.num_fds(), len(this.children())) == before, "nothing is left behind"


def test_memory_is_shared_without_any_folder(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    memory, descriptor = shared_memory(64)
    os.close(descriptor)
    memory[:5] = b"there"
    assert memory[:5] == b"there"
    monkeypatch.setattr(os, "memfd_create", refused(errno.ENOSYS))
    with pytest.raises(SystemLimit, match="no memory can be shared"):
        shared_memory(64)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    memory, descriptor = shared_memory(64)
    os.close(descriptor)
    assert not list(tmp_path.iterdir()), "a file without a name"


def test_a_process_without_a_free_file_says_so(planar3):
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    BulletArm(planar3).close()
    lowest = os.dup(1)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, limits[1]))
    try:
        for kind in (BulletArm, lambda robot: BulletPool(robot, 1)):
            with pytest.raises(SystemLimit) as caught:
                kind(planar3)
            assert "\n" not in str(caught.value)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_no_folder_for_the_file_that_pybullet_reads_is_one_clear_line(planar3, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(SystemLimit, match=r"no temporary file can be written .* TMPDIR"):
        BulletArm(planar3)


def test_no_further_client_is_one_clear_line(planar3, monkeypatch):
    import pybullet

    monkeypatch.setattr(pybullet, "connect", lambda *_: -1)
    with pytest.raises(SystemLimit, match="PyBullet takes no further client"):
        BulletArm(planar3)


def test_a_frozen_program_has_no_python_for_workers(planar3, monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(MissingDependency, match="frozen or embedded: use forward='chain'"):
        BulletPool(planar3, 1)


def test_an_arm_that_workers_cannot_import_is_refused(planar3):
    class Local(BulletArm):
        pass

    with pytest.raises(InvalidValue, match="cannot be given its arguments"):
        BulletPool(planar3, 1, arm=Local)
    Local.__module__ = "__main__"
    with pytest.raises(InvalidValue, match="workers import it from a module only"):
        BulletPool(planar3, 1, arm=Local)


def echo(connection):
    connection.send(connection.recv() * 2)


def test_what_a_process_is_told_it_answers():
    process = PythonProcess(echo, (), "echo")
    process.connection.send(np.arange(3))
    np.testing.assert_array_equal(process.connection.recv(), [0, 2, 4])
    process.join(20)
    assert (process.exitcode, process.is_alive()) == (0, False)
    process.close()


def test_what_is_no_posix_system_is_told_so(planar3, monkeypatch):
    monkeypatch.setattr(processes, "fcntl", None)
    with pytest.raises(MissingDependency, match="Linux or macOS"):
        BulletPool(planar3, 1)
