"""Whole runs, small: what is left on disk, and what becomes of trouble."""

import json
import os
import signal
import subprocess
import time

import numpy as np
import psutil
import pytest

import emssl_bench
import robots
from emssl_bench.experiments import accuracy
from emssl_bench.experiments.coverage import PLACES
from emssl_bench.forward.chain import ChainArm
from emssl_bench.records import Store
from tests.examples import heeding_interrupts, kill_trials
from tests.runs import TINY, Silent, command, plan, run_trials


def test_a_joint_range_of_90_and_of_90_point_0_are_one_trial(planar3):
    first, second = (accuracy.plan(["emssl"], planar3, [joint_range], [0], TINY, {})[0] for joint_range in (90, 90.0))
    assert first.digest == second.digest
    assert accuracy.plan(["emssl"], planar3, [90.5], [0], TINY, {})[0].settings.joint_range_deg == 90.5


def test_the_smoke_run_leaves_records_models_table_and_figure(tmp_path):
    out = tmp_path / "out"
    first = subprocess.run(command(out), capture_output=True, text=True, timeout=280)
    assert first.returncode == 0, first.stderr
    assert "2 of 2 trials to run on planar3" in first.stdout
    assert "emssl ±90° seed 0: iteration 2/2, error" in first.stdout
    assert "Table II" in first.stdout
    assert "pybullet build time" not in first.stdout
    for name in ("report.md", "tables/table2.csv", "tables/table2.md", "tables/table2.tex", "figures/fig6.png"):
        assert (out / name).stat().st_size > 0
    record = next(r for r in Store(out).records() if r.trial.name == "emssl")
    assert record.metrics["forward_calls"] == 2 * 2800
    assert record.metrics["labelled_samples"] == 0
    assert record.curve["iteration"] == [1, 2]
    assert record.curve["error_mean_cm"][-1] == record.metrics["error_mean_cm"]
    parts_cm = [record.tables["coverage"][f"{place}_error_cm"][0] for place in PLACES]
    assert sum(parts_cm) == pytest.approx(record.metrics["error_mean_cm"])
    assert record.machine["torch"].startswith("2.")

    model = emssl_bench.load(out / record.model)
    arm = ChainArm(robots.load("planar3"))
    wanted = arm.positions(np.random.default_rng(0).uniform(-1, 1, (100, 3)))
    reached = arm.positions(model.joint_angles(wanted))
    assert np.linalg.norm(reached - wanted, axis=1).mean() * 100 < 3 * record.metrics["error_mean_cm"]

    before = {path: path.stat().st_mtime_ns for path in (out / "records").rglob("*.json")}
    again = subprocess.run(command(out, "--seeds", "0", "1"), capture_output=True, text=True, timeout=280)
    assert again.returncode == 0, again.stderr
    assert "2 of 4 trials to run" in again.stdout, "running again does only what is missing"
    after = {path: path.stat().st_mtime_ns for path in (out / "records").rglob("*.json")}
    assert len(after) == 4
    assert before.items() <= after.items()


def test_workers_jobs_and_company_change_no_number(planar3, tmp_path):
    trials = plan(planar3, "direct", "emssl", forward="bullet")
    alone = run_trials(trials, planar3, Store(tmp_path / "a"), jobs=1, workers=1, display=Silent())
    together = run_trials(trials, planar3, Store(tmp_path / "b"), jobs=2, workers=2, display=Silent())
    errors = [{r.trial.name: r.curve["error_mean_cm"] for r in records} for records in (alone, together)]
    assert errors[0] == errors[1]


def test_pybullet_and_the_chain_train_the_same_model(planar3, tmp_path):
    records = [
        run_trials(plan(planar3, "emssl", forward=kind), planar3, Store(tmp_path), 1, 1, Silent())[0]
        for kind in ("bullet", "chain")
    ]
    assert records[0].trial.digest != records[1].trial.digest
    np.testing.assert_allclose(records[0].curve["error_mean_cm"], records[1].curve["error_mean_cm"], rtol=0.05)


def test_a_trial_that_diverges_is_recorded_as_failed_and_the_others_go_on(planar3, tmp_path):
    trials = plan(planar3, "emssl", "direct", overrides={"emssl": {"learning_rate": 1e10}})
    records = run_trials(trials, planar3, Store(tmp_path), 1, 1, Silent())
    by_method = {record.trial.name: record for record in records}
    assert by_method["direct"].status == "done"
    assert by_method["emssl"].status == "failed"
    assert "in iteration 1" in by_method["emssl"].error
    assert {r.status for r in Store(tmp_path).records()} == {"done", "failed"}


def test_a_trial_whose_process_is_killed_is_recorded_as_failed(planar3, tmp_path):
    class Killing(Silent):
        def progressed(self, trial, standing):
            kill_trials()

    trials = plan(planar3, "direct", overrides={"direct": {"iterations": 500}})
    (record,) = run_trials(trials, planar3, Store(tmp_path), 1, 1, Killing())
    assert record.status == "failed"
    assert "exit code -9" in record.error


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_stopping_the_run_ends_its_processes_and_keeps_what_was_done(tmp_path, how):
    out = tmp_path / "out"
    long = command(out, "--set", "emssl.iterations=100000", "--jobs", "1")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    running = subprocess.Popen(long, **pipes, preexec_fn=heeding_interrupts)
    for line in running.stdout:
        if "emssl" in line and "iteration 2/" in line:
            break
    children = psutil.Process(running.pid).children(recursive=True)
    assert children
    os.kill(running.pid, how)
    _, err = running.communicate(timeout=120)
    if how == signal.SIGINT:
        assert running.returncode == 130
        assert err == "emssl-bench: interrupted; what had finished is kept, run again to go on.\n"
    assert not psutil.wait_procs(children, timeout=60)[1]
    assert [record.trial.name for record in Store(out).records()] == ["direct"]
    time.sleep(0.1)
    assert not list(out.rglob(".*.json.*")), "nothing half written is left"


def test_a_record_is_plain_json(planar3, tmp_path):
    trials = plan(planar3, "cgan", forward="chain")
    run_trials(trials, planar3, Store(tmp_path), 1, 1, Silent())
    (path,) = (tmp_path / "records" / "accuracy").glob("cgan--planar3--s0--*.json")
    document = json.loads(path.read_text())
    assert document["metrics"]["error_best_of_32_cm"] < document["metrics"]["error_mean_cm"]
    assert document["trial"]["settings"]["hyperparameters"]["iterations"] == 2
    assert document["commit"]
