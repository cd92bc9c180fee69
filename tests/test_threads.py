"""How many threads a trial has is asked for, written down, and so."""

import os

import pytest
import torch

from emssl_bench import cli
from emssl_bench.cli import run as run_command
from emssl_bench.engine import driver
from emssl_bench.experiments import accuracy, adaptation, identification
from emssl_bench.experiments import sampling as timing
from emssl_bench.experiments.training import run_trial
from emssl_bench.records import Record, Store, machine
from robots.changes import Change
from tests.runs import TINY, Silent, run_trials


def planned(planar3, threads):
    """A trial of every experiment."""
    (base,) = accuracy.plan(["emssl"], planar3, [90], [0], TINY, {}, "chain", threads=threads)
    changes, run_with = [Change("links", 3)], {"forward": "chain", "device": "cpu", "threads": threads}
    measured = {"measurements": 20, "noise_mm": 0.0, "schedule": "cosine"}
    yield base
    yield from adaptation.plan(["replace"], changes, [base], planar3, **run_with, **measured)
    yield from identification.plan(changes, [base], planar3, **run_with)
    yield timing.trials(timing.plan(16, 1, 1), planar3, 40, threads, 2, "cpu")[0]


def test_threads_are_part_of_every_trial_since_they_change_rounding(planar3):
    for one, three in zip(planned(planar3, 1), planned(planar3, 3), strict=True):
        assert (one.settings.threads, three.settings.threads) == (1, 3)
        assert one.digest != three.digest


def test_adapting_with_other_threads_than_the_base_was_trained_with_says_both(planar3):
    (base,) = accuracy.plan(["emssl"], planar3, [90], [0], TINY, {}, "chain", threads=2)
    own = {"measurements": 20, "noise_mm": 0.0, "schedule": "cosine"}
    for threads in (2, 3):
        (trial,) = adaptation.plan(["replace"], [Change("links", 3)], [base], planar3, "chain", "cpu", threads, **own)
        assert (trial.settings.threads, trial.settings.trained_with["threads"]) == (threads, 2)


def test_a_trial_is_run_with_its_threads(planar3, tmp_path, monkeypatch):
    (trial,) = accuracy.plan(["direct"], planar3, [90], [0], TINY, {}, "chain", threads=3)
    found = []

    def run(trial, *rest):
        found.append(torch.get_num_threads())
        return Record(trial, "done"), None

    class Connection:
        def send(self, said):
            raise AssertionError(f"it was told {said!r}")

    monkeypatch.setattr(accuracy, "run", run)
    before = torch.get_num_threads()
    try:
        run_trial(trial, planar3, Store(tmp_path), 1, lambda status: None)
    finally:
        torch.set_num_threads(before)
        torch.set_flush_denormal(False)
    assert found == [3]


def test_the_process_of_a_trial_is_started_with_its_threads(planar3, tmp_path, monkeypatch):
    """OpenMP reads its environment once, when it is loaded."""
    (trial,) = accuracy.plan(["direct"], planar3, [90], [0], TINY, {}, "chain", threads=3)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    found = []

    class Started(Exception):
        pass

    def start(*_, env, **__):
        found.extend(env[name] for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"))
        raise Started

    monkeypatch.setattr("subprocess.Popen", start)
    with pytest.raises(Started):
        run_trials([trial], planar3, Store(tmp_path), 1, 1, Silent())
    assert found == ["3", "3"]
    assert os.environ["OMP_NUM_THREADS"] == "7", "and what others start is left alone"
    assert "MKL_NUM_THREADS" not in os.environ


@pytest.mark.parametrize(
    ("options", "jobs", "workers"),
    [
        ((), 3, 2),
        (("--threads", "4"), 2, 4),
        (("--threads", "5"), 1, 8),
        (("--threads", "9"), 1, 8),
        (("--jobs", "2"), 2, 4),
        (("--jobs", "2", "--threads", "4", "--workers", "3"), 2, 3),
        (("--jobs", "7"), 3, 2),
    ],
)
def test_jobs_times_threads_and_workers_are_no_more_than_the_cores(options, jobs, workers, tmp_path, monkeypatch):
    """Of three trials on eight cores."""
    found = []

    def noted(trials, engine, store, display, whole):
        found.append((engine.jobs, engine.workers, {trial.settings.threads for trial in trials}))
        return []

    monkeypatch.setattr(machine, "physical_cores", lambda: 8)
    monkeypatch.setattr(driver, "run_trials", noted)
    monkeypatch.setattr(run_command, "reported", lambda store, records: 0)
    asked = ("--robot", "planar3", "--method", "direct", "--joint-range", "90", "--seeds", "0", "1", "2")
    by_default = ("--matmul", "default")  # by oneDNN, which "auto" takes on some machines, threads are the cores left
    assert cli.main(["run", *asked, *by_default, "--out", str(tmp_path), *options]) == 0
    threads = int(options[options.index("--threads") + 1]) if "--threads" in options else 1
    assert found == [(jobs, workers, {threads})]
