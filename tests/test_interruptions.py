"""What ends a command from outside is no failure of a trial, and leaves nothing running."""

import os
import signal
import subprocess
import sys
import threading

import psutil
import pytest

from emssl_bench.engine.base import Started
from emssl_bench.engine.processes import Processes
from emssl_bench.exceptions import Interrupted
from emssl_bench.records import Store
from emssl_bench.system.signals import Deferred, interrupting
from tests.runs import Silent, command, plan, run_trials

LONG = {"direct": {"iterations": 100_000}}


def running_trials():
    return [child for child in psutil.Process().children() if "emssl-bench " in " ".join(child.cmdline())]


class Failing(Silent):
    """A display that cannot show something."""

    def __init__(self, at, error):
        super().__init__()
        self.at, self.error = at, error

    def started(self, trial):
        if self.at == "started":
            raise self.error

    def progressed(self, trial, standing):
        if self.at == "progressed":
            raise self.error


@pytest.mark.parametrize("at", ["started", "progressed"])
@pytest.mark.parametrize("error", [BrokenPipeError(), UnicodeEncodeError("ascii", "±", 0, 1, ""), KeyboardInterrupt()])
def test_an_error_of_the_display_ends_the_trials_and_is_none_of_theirs(planar3, tmp_path, at, error):
    trials = plan(planar3, "direct", overrides=LONG, forward="chain")
    with pytest.raises(type(error)):
        run_trials(trials, planar3, Store(tmp_path), 1, 1, Failing(at, error))
    assert not running_trials()
    assert Store(tmp_path).records() == []


def test_an_engine_that_is_closed_leaves_no_process(planar3, tmp_path):
    trials = plan(planar3, "direct", "emssl", overrides=LONG, forward="chain")
    events = Processes([planar3], tmp_path, jobs=2).run(trials)
    assert [next(events), next(events)] == [Started(trial) for trial in trials]
    assert len(running_trials()) == 2
    events.close()
    assert not running_trials()


def test_a_trial_whose_parent_is_gone_ends_without_a_record(planar3, tmp_path, monkeypatch):
    """It may find out by the pipe before it is told by the system."""
    from multiprocessing.connection import Pipe

    from emssl_bench.engine.processes import _work
    from emssl_bench.methods.phases import phases_told_to

    class Ended(BaseException):
        pass

    def end(code):
        raise Ended

    monkeypatch.setattr(os, "_exit", end)
    monkeypatch.setattr("warnings.showwarning", lambda *_, **__: None)
    ours, theirs = Pipe()
    ours.close()
    (trial,) = plan(planar3, "direct", forward="chain")
    with pytest.raises(Ended):
        _work(theirs, trial, planar3, tmp_path, 1)
    phases_told_to(None)
    assert Store(tmp_path).records() == []


@pytest.mark.timeout(300)
@pytest.mark.parametrize("how", ["SIGTERM", "SIGHUP", "SIGTERM to all", "head"])
def test_a_run_that_is_told_to_end_ends_its_trials_and_says_so_in_a_line(tmp_path, how):
    if how == "SIGHUP" and signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        pytest.skip("the tests run under nohup, and so would the run")
    out = tmp_path / "out"
    long = command(out, "--set", "direct.iterations=100000", "--forward", "chain", "--jobs", "1")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    running = subprocess.Popen(long, **pipes, start_new_session=True)
    first = running.stdout.readline()
    assert "trials to run" in first
    if how == "head":
        running.stdout.close()
        running.stdout = None
        code = 128 + signal.SIGPIPE
    else:
        while "iteration 2/" not in running.stdout.readline():
            pass
        number = getattr(signal, how.split()[0])
        children = psutil.Process(running.pid).children(recursive=True)
        assert children
        (os.killpg if how.endswith("all") else os.kill)(running.pid, number)
        code = 128 + number
    _, err = running.communicate(timeout=200)
    assert running.returncode == code
    why = " because its output was closed" if how == "head" else ""
    assert err == f"emssl-bench: interrupted{why}; what had finished is kept, run again to go on.\n"
    if how != "head":
        assert not psutil.wait_procs(children, timeout=60)[1]
    assert Store(out).records() == []


def hold(signals, came):
    with signals.held():
        os.kill(os.getpid(), signal.SIGTERM)
        came.append("nothing yet")


def test_a_signal_that_would_come_at_a_bad_moment_comes_after_it_and_once():
    came = []
    with interrupting(), Deferred() as signals:
        with pytest.raises(Interrupted) as interruption:
            hold(signals, came)
        assert interruption.value.signal_number == signal.SIGTERM
        os.kill(os.getpid(), signal.SIGINT)
        came.append("not again")
    assert came == ["nothing yet", "not again"]
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_what_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupting(), Deferred():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_trials_run_beside_other_threads_too(planar3, tmp_path):
    """Signals are the main thread's alone to handle."""
    trials, found = plan(planar3, "direct", forward="chain"), []

    def run():
        found.extend(run_trials(trials, planar3, Store(tmp_path), 1, 1, Silent()))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert [record.status for record in found] == ["done"]


HARMLESS = {
    "check": ["check", "planar3", "--joint-range", "90"],
    "robots": ["robots"],
    "methods": ["methods", "emssl"],
    "help": ["run", "--help"],
    "mistake": ["run", "--method", "emsl"],
}
CODES = {"mistake": 2}


def shell(line, *arguments, folder, **environment):
    """Exit code and what came out of a shell's line, where "$@" is the command."""
    options = ["--out", "out"] if arguments[0] in ("check", "report") else []
    return subprocess.run(
        ["bash", "-c", line, "bash", sys.executable, "-m", "emssl_bench.cli", *arguments, *options],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.getcwd(), **environment},
    )


@pytest.mark.parametrize("what", HARMLESS)
def test_closed_output_does_not_keep_a_command_from_its_work(tmp_path, what):
    done = shell('"$@" >&- 2>&-', *HARMLESS[what], folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (CODES.get(what, 0), "", "")
    if what == "check":
        assert (tmp_path / "out" / "workspace-planar3.png").is_file()


@pytest.mark.parametrize("what", ["robots", "help", "mistake"])
def test_output_that_cannot_be_written_is_one_line_and_exit_code_1(tmp_path, what):
    full = shell('"$@" >/dev/full', *HARMLESS[what], folder=tmp_path)
    assert full.returncode == CODES.get(what, 1)
    assert full.stderr.count("\n") == 1
    if what != "mistake":
        assert full.stderr == "emssl-bench: standard output cannot be written (No space left on device).\n"
    assert shell('"$@" >/dev/full 2>/dev/full', *HARMLESS[what], folder=tmp_path).returncode == CODES.get(what, 1)


ODD = {
    "MPLBACKEND": "bogus",
    "TERM": "odd",
    "PYTHONIOENCODING": "ascii",
    "HOME": "/nowhere",
    "NO_COLOR": "1",
    "COLUMNS": "1",
    "LC_ALL": "C",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
}


def test_an_odd_environment_ends_in_no_traceback(tmp_path):
    checked = shell('"$@"', *HARMLESS["check"], folder=tmp_path, **ODD)
    assert checked.returncode == 0, checked.stderr
    assert "Traceback" not in checked.stderr
    assert "The suite can use this arm" in checked.stdout
    assert (tmp_path / "out" / "workspace-planar3.png").is_file()


def test_who_reads_only_the_first_line_gets_it_and_no_complaint(tmp_path):
    piped = shell('"$@" | head -1; exit ${PIPESTATUS[0]}', "methods", folder=tmp_path)
    assert (piped.returncode, piped.stderr, piped.stdout.count("\n")) == (0, "", 1)
