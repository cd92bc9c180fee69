"""Trouble while trials run: what is kept, and what is said."""

import errno
import os
import re
import subprocess
import time
from fnmatch import fnmatch

import numpy as np
import psutil
import pytest

from emssl_bench.exceptions import RecordError
from emssl_bench.records import Store
from tests.examples import kill_trials
from tests.runs import Silent, command, plan, run_trials


def unwritable(monkeypatch, pattern):
    """From here on, in this process, files of such a name cannot be written: the disk is full."""
    replace = os.replace

    def full(source, target):
        if fnmatch(str(target), pattern):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)


def test_a_full_disk_ends_the_run_in_one_line_and_keeps_what_had_finished(tmp_path):
    out = tmp_path / "out"
    quick = command(out, "--forward", "chain")
    assert subprocess.run(quick, capture_output=True, timeout=280).returncode == 0
    finished = {path: path.read_bytes() for path in (out / "records").rglob("*.json")}
    # No file may grow beyond 4 KiB, from the shell that starts the run to the trial's own process.
    limited = ["bash", "-c", 'ulimit -f 4; exec "$@"', "bash", *quick, "--set", "emssl.iterations=3"]
    full = subprocess.run(limited, capture_output=True, text=True, timeout=280)
    assert full.returncode == 2
    assert "cannot be written (File too large). The run ends" in full.stderr
    assert full.stderr.count("\n") == 1, full.stderr
    assert {path: path.read_bytes() for path in (out / "records").rglob("*.json")} == finished
    assert not [path for path in out.rglob(".*") if path.name != ".lock"]


def test_a_failure_that_cannot_be_written_ends_the_run_too(planar3, tmp_path, monkeypatch):
    class Killing(Silent):
        def progressed(self, trial, standing):
            unwritable(monkeypatch, "*/records/*")
            kill_trials()

    trials = plan(planar3, "direct", overrides={"direct": {"iterations": 500}})
    with pytest.raises(RecordError, match="No space left on device"):
        run_trials(trials, planar3, Store(tmp_path), 1, 1, Killing())


def test_two_runs_into_one_folder_are_one_run_and_one_clear_line(tmp_path):
    out = tmp_path / "out"
    first = subprocess.Popen(command(out, "--forward", "chain"), stdout=subprocess.PIPE, text=True)
    assert "trials to run" in first.stdout.readline()
    second = subprocess.run(command(out), capture_output=True, text=True, timeout=280)
    assert second.returncode == 2
    assert second.stderr.count("\n") == 1
    assert f"{out} is in use by another command (process {first.pid} on " in second.stderr
    first.communicate(timeout=280)
    assert first.returncode == 0
    assert len(Store(out).records()) == 2


@pytest.mark.timeout(900)  # it starts Python a dozen times
def test_a_run_killed_again_and_again_keeps_what_had_finished_and_gets_done(tmp_path):
    out = tmp_path / "out"
    seeds = command(out, "--forward", "chain", "--jobs", "1")
    finished, rng = {}, np.random.default_rng(0)
    for _ in range(2):
        running = subprocess.Popen(seeds, stdout=subprocess.PIPE, text=True)
        for _ in range(rng.integers(3, 9)):  # a trial says four lines, however quick the machine is
            running.stdout.readline()
        time.sleep(rng.uniform(0, 0.2))
        children = psutil.Process(running.pid).children(recursive=True) if running.poll() is None else []
        running.kill()
        running.communicate()
        assert not psutil.wait_procs(children, timeout=280)[1]
        now = {path: path.read_bytes() for path in (out / "records").rglob("*.json")}
        assert finished.items() <= now.items()
        assert len(Store(out).records()) == len(now), "every file there is a whole record"
        finished = now
    last = subprocess.run(seeds, capture_output=True, text=True, timeout=300)
    assert last.returncode == 0, last.stderr
    assert f"{2 - len(finished)} of 2 trials to run" in last.stdout
    assert last.stderr == ""
    records = Store(out).records()
    assert [record.status for record in records] == ["done"] * 2
    now = {path: path.read_bytes() for path in (out / "records").rglob("*.json")}
    assert finished.items() <= now.items()
    assert not [path for path in out.rglob(".*") if path.name != ".lock"], "nothing half written is left"
    assert all((out / record.model).is_file() for record in records)


def test_divergence_ends_its_trial_with_reason_and_iteration_and_the_run_with_exit_code_1(tmp_path):
    out = tmp_path / "out"
    run = subprocess.run(
        command(out, "--forward", "chain", "--set", "emssl.learning_rate=1e10"),
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert run.returncode == 1
    assert run.stderr == "emssl-bench: 1 of 2 trials failed; the report names them.\n"
    failed, done = sorted(Store(out).records(), key=lambda record: record.status, reverse=True)
    assert (done.trial.name, failed.trial.name) == ("direct", "emssl")
    assert re.search("Diverged: .*iteration [12]", failed.reason)
    report = (out / "report.md").read_text()
    assert f"`{failed.trial.label}`: {failed.reason}" in report
    assert "Direct regression" in report
