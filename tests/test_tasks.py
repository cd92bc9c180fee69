"""A task is a file and a line: every method learns it, adapts in it, and is saved and reported with it."""

import numpy as np
import pytest

import emssl_bench
from emssl_bench import report, tasks
from emssl_bench.exceptions import InvalidValue, UnknownName
from emssl_bench.experiments import accuracy, adaptation
from emssl_bench.methods import registry
from emssl_bench.records import Store, model_files
from emssl_bench.report.frames.accuracy import accuracy_runs, table_2
from robots.changes import Change
from tests.commands import run

SMALL = accuracy.Budget(400, 100, {"iterations": 2, "epochs": 1})
LEARNED = ("position", "above")
WITH = {"forward": "chain", "device": "cpu", "threads": 1}


@pytest.fixture(autouse=True)
def _above(monkeypatch):
    monkeypatch.setitem(tasks.TASKS, "above", "tests.toy_task:ABOVE")


def trained(method, planar3, store, **own):
    (trial,) = accuracy.plan([method], planar3, [90], [0], SMALL, {method: own}, "chain", task="above")
    record, solver = accuracy.run(trial, planar3, store, 1, lambda status: None)
    model_files.put(solver, trial, store)
    return trial, record, solver


@pytest.mark.parametrize("method", [name for name in registry.METHODS if name != "distal-exact"])
def test_a_new_task_is_a_file_and_a_line(method, planar3, planar3_chain, tmp_path):
    store = Store(tmp_path)
    trial, record, solver = trained(method, planar3, store)
    assert trial.settings.task == "above"
    targets, solver = np.array([[0.2, 0.1], [-0.1, 0.15]]), solver.with_arm(planar3_chain)
    assert solver.solve(targets, 2).shape == (2, 2, 3)
    assert solver.joint_angles(targets[0]).shape == (3,)
    loaded = emssl_bench.load(store.model_path(trial), planar3)
    np.testing.assert_array_equal(loaded.joint_angles(targets), solver.joint_angles(targets))
    reached = planar3_chain.positions(loaded.joint_angles(targets))[:, :2]
    errors_cm = tasks.task("above").errors(reached, targets)["error_{}_cm"]
    np.testing.assert_allclose(errors_cm / 100, np.hypot(*(reached - targets).T))
    assert record.metrics.keys() >= {"error_mean_cm", "error_p95_cm", "success_rate_1cm"}
    store.save(record)
    assert store.done(trial)
    (again,) = store.records()
    assert again.trial.digest == trial.digest
    report.write(store)
    assert "## Errors of the task above on the test set" in (tmp_path / "report.md").read_text()


def test_trials_of_two_tasks_are_rows_of_their_own(planar3, tmp_path):
    store = Store(tmp_path)
    for name in LEARNED:
        (trial,) = accuracy.plan(["direct"], planar3, [90], [0], SMALL, {}, "chain", task=name)
        store.save(accuracy.run(trial, planar3, store, 1, lambda status: None)[0])
    table = table_2(accuracy_runs(store.records()))
    assert list(table["task"]) == ["position", "above"]
    assert list(table["seeds"]) == [1, 1]
    report.write(store)
    text = (tmp_path / "report.md").read_text()
    assert ", task above |" in text
    assert "task position" not in text
    assert {"table2.csv", "table2-above.csv"} <= {path.name for path in (tmp_path / "tables").iterdir()}


def test_the_task_is_asked_for_on_the_command_line(capsys, tmp_path, monkeypatch):
    planned = []
    monkeypatch.setattr("emssl_bench.cli.run.run_trials", lambda options, waiting, *rest: planned.extend(waiting) or [])
    monkeypatch.setattr("emssl_bench.cli.run.reported", lambda *_: 0)
    arm = ("--robot", "planar3", "--method", "direct", "--joint-range", "90", "--out", str(tmp_path))
    assert run(capsys, "run", *arm, "--task", "above")[::2] == (0, "")
    assert [trial.settings.task for trial in planned] == ["above"]
    code, _, err = run(capsys, "run", *arm, "--task", "poses")
    assert (code, err.count("\n")) == (2, 1)
    assert "argument --task: unknown task 'poses': did you mean 'pose'? Valid: above, pose, position" in err


def test_the_task_is_part_of_the_trial(planar3):
    plans = [accuracy.plan(["emssl"], planar3, [90], [0], SMALL, {}, "chain", task=name) for name in LEARNED]
    assert len({trial.digest for (trial,) in plans}) == 2


@pytest.mark.parametrize("approach", ["identify", "replace", "align", "scratch"])
def test_a_model_of_a_new_task_adapts(approach, planar3, tmp_path):
    store = Store(tmp_path)
    base, *_ = trained("emssl-plus", planar3, store)
    own = {"measurements": 30, "noise_mm": 0.0, "schedule": "cosine", "learner": "emssl-plus"}
    (trial,) = adaptation.plan([approach], [Change("links", 3)], [base], planar3, **WITH, **own)
    record, solver = adaptation.run(trial, planar3, store, 1, lambda status: None)
    assert trial.settings.task == solver.task.name == "above"
    assert record.metrics["error_mean_cm"] > 0


def test_a_task_without_a_gradient_says_so(planar3, tmp_path):
    with pytest.raises(InvalidValue, match="the task 'above' has no gradient through the arm"):
        trained("distal-exact", planar3, Store(tmp_path))


def test_a_task_that_is_none_is_named():
    with pytest.raises(UnknownName, match=r"unknown task 'posses': did you mean 'pose'\? Valid: above, pose, position"):
        tasks.task("posses")
