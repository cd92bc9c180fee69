"""The command `solvers` measures what it is asked for once, says what it leaves out, and makes a report."""

from itertools import pairwise

import numpy as np
import pytest

import robots
from emssl_bench.experiments import solvers as experiment
from emssl_bench.joint_space import JointSpace
from emssl_bench.records import Record, Store, Trial
from emssl_bench.records.settings import SolversSettings
from emssl_bench.report.frames.solvers import solved_curves, solver_runs
from emssl_bench.report.sections.solvers import share
from emssl_bench.solvers.contenders import CONTENDERS, contender
from tests.commands import run
from tests.models import trained

SMALL = ("--robot", "planar3", "--joint-range", "90", "--task", "position", "--count", "50", "--cpu-seconds", "0.05")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The path of a lookup's model: no network, so that black boxes cannot start from its Jacobian."""
    return trained(tmp_path_factory.mktemp("model"), robots.load("planar3"), "lookup")[1]


@pytest.fixture(scope="module")
def measured(model, tmp_path_factory):
    """The folder of a run, and the command."""
    out = tmp_path_factory.mktemp("solvers")
    asked = ("--solver", "table", "random", "queries-lookup", "queries-network", "--model", str(model))
    return out, ("solvers", *SMALL, *asked, "--out", str(out))


@pytest.fixture(scope="module")
def first(measured):
    """Exit code, output and errors of the first run."""
    import contextlib
    import io

    from emssl_bench import cli

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(measured[1])
    return code, out.getvalue(), err.getvalue()


def test_it_measures_and_prints_a_table(first):
    code, said, err = first
    assert code == 0, err
    assert "4 of 4 measurements to make, one at a time" in said
    assert "Solvers on targets of the set 'uniform', planar3, ±90°" in said
    assert "from a table of samples" in said


def test_its_report_has_tables_and_a_figure(first, measured):
    text = (measured[0] / "report.md").read_text()
    for name in ("## Numerical solvers", "## Success of numerical solvers against time", "Median to 0.1 mm"):
        assert name in text
    for name in (
        "tables/solvers.csv",
        "tables/solver_queries.md",
        *(f"figures/solver_times-position.{e}" for e in ("png", "pdf")),
    ):
        assert (measured[0] / name).stat().st_size > 0


def test_a_solver_that_cannot_solve_an_arm_is_said_why(first, measured):
    records = {record.trial.settings.solver: record for record in Store(measured[0]).records()}
    unable = records["queries-network"]
    assert (unable.status, unable.metrics["targets"]) == ("done", 0)
    reason = "its model is a LookupSolver and no network."
    assert unable.error == reason
    assert f"(Lookup)** cannot solve planar3 (position): {reason}" in (measured[0] / "report.md").read_text()


def test_records_hold_what_was_measured(first, measured):
    records = {record.trial.settings.solver: record for record in Store(measured[0]).records()}
    assert records.keys() == {"table", "random", "queries-lookup", "queries-network"}
    for name in ("table", "random", "queries-lookup"):
        metrics = records[name].metrics
        assert 0 < metrics["targets"] <= 50
        assert metrics["success_rate_0.1mm"] == 1
        assert metrics["claimed_wrong_rate"] == metrics["outside_rate"] == metrics["no_answer_rate"] == 0
        assert 0 < metrics["one_seconds_median"] <= metrics["one_seconds_p95"]
        assert records[name].tables["solved"]["share"][-1] == 1
    assert records["queries-lookup"].metrics["training_queries"] == 14_000
    assert (
        1
        <= records["queries-lookup"].metrics["queries_to_0.1mm_mean"]
        <= records["queries-lookup"].metrics["queries_mean"]
    )
    assert records["table"].metrics["batch_32_seconds"] > 0
    assert "queries_mean" not in records["table"].metrics


def test_records_are_read_back_as_they_are(first, measured, store):
    kept = Store(measured[0]).records()
    for record in kept:
        assert SolversSettings.read(vars(record.trial.settings)) == record.trial.settings
        store.save(record)
    assert store.records() == kept


def test_a_second_run_measures_nothing(first, measured, capsys):
    code, said, err = run(capsys, *measured[1])
    assert code == 0, err
    assert "0 of 4 measurements to make" in said
    assert "from a table of samples" in said


def test_solvers_without_a_model_are_named(first, measured, capsys):
    command = list(measured[1][: measured[1].index("--model")])
    command[command.index("queries-network") :] = ["queries-network", "learned", "--out", str(measured[0])]
    code, _, err = run(capsys, *command)
    assert code == 0
    assert "the solvers queries-network, learned are left out: --model gives no model of the arm" in err


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("--solver", "tabel"), "unknown solver 'tabel'"),
        (("--targets", "unifrom"), "unknown set of targets 'unifrom'"),
        (("--task", "poses"), "argument --task: invalid choice: 'poses'"),
        (("--count", "0"), "argument --count"),
        (("--count", "1.5"), "argument --count"),
        (("--cpu-seconds", "0"), "argument --cpu-seconds: must be over 0 and at most 100,000, not '0'"),
        (("--cpu-seconds", "nan"), "argument --cpu-seconds"),
        (("--target-seed", "-1"), "argument --target-seed"),
        (("--solver", "learned"), "nothing to measure: learned needs a model, and --model gives no model of the arm"),
        (("--solver", "learned", "--task", "pose"), "nothing to measure"),
    ],
)
def test_what_cannot_be_measured_is_one_clear_line(asked, says, tmp_path, capsys):
    code, said, err = run(capsys, "solvers", "--robot", "planar3", *asked, "--out", str(tmp_path / "out"))
    assert (code, said, err.count("\n")) == (2, "", 1), err
    assert says in err


def test_a_model_of_another_arm_is_refused(model, tmp_path, capsys):
    asked = ("--robot", "paper6", "--solver", "learned", "--model", str(model), "--out", str(tmp_path / "out"))
    code, _, err = run(capsys, "solvers", *asked)
    assert (code, err.count("\n")) == (2, 1)
    assert "planar3" in err


def test_a_solver_whose_package_is_missing_is_refused_by_name_and_left_out_of_all(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(contender("scipy"), "not_installed", classmethod(lambda cls: ["scipy-peer"]))
    command = ("solvers", "--robot", "planar3", "--out", str(tmp_path / "out"))
    code, _, err = run(capsys, *command, "--solver", "scipy", "table")
    assert (code, err.count("\n")) == (2, 1)
    assert "the solver scipy is not installed: pip install scipy-peer." in err
    from emssl_bench.cli import solvers

    names, lines = solvers.chosen(["all"])
    assert "scipy" not in names
    assert "the solver scipy is left out: pip install scipy-peer." in lines


def test_trials_are_planned_for_the_tasks_and_models_a_solver_has(planar3):
    def planned(names, tasks=("position", "pose"), models=()):
        trials = experiment.plan(names, tasks, ["uniform", "path"], planar3, 90, 9, 1.0, 3, models)
        return [(each.settings.name, each.settings.model and each.settings.model["method"]) for each in trials]

    assert planned(["random"], ["pose"]) == [("random-pose-uniform", None), ("random-pose-path", None)]
    assert planned(["queries-wrong"], ["pose"]) == planned(["learned"]) == []
    own, other = (planned_training(planar3, joint_range) for joint_range in (90, 180))
    assert planned(["learned"], models=[(own, 5.0), (other, None)]) == [
        ("learned-position-uniform", "direct"),
        ("learned-position-path", "direct"),
    ]


@pytest.mark.parametrize("task", ["pose", "pose:orientation=quaternion,metres_a_radian=0.1"])
def test_a_model_is_measured_on_the_task_that_it_learned(task, planar3):
    of_positions, of_poses = planned_training(planar3, 90), planned_training(planar3, 90, task)
    models = [(of_positions, None), (of_poses, 7.0)]
    trials = experiment.plan(["learned-3"], ["position", "pose"], ["uniform"], planar3, 90, 9, 1.0, 3, models)
    assert [(trial.settings.task, trial.settings.model["digest"]) for trial in trials] == [
        ("position", of_positions.digest),
        ("pose", of_poses.digest),
    ]
    assert experiment.plan(["learned"], ["pose"], ["uniform"], planar3, 90, 9, 1.0, 3, models[:1]) == []


def planned_training(arm, joint_range, task="position"):
    from emssl_bench.experiments import accuracy

    size = accuracy.Budget(400, 100, {"iterations": 1, "epochs": 1})
    return accuracy.plan(["direct"], arm, [joint_range], [0], size, {}, "chain", task=task)[0]


OF_POSES = ("learned", "learned-1", "learned-3", "learned-10", "queries-network")


def test_a_network_of_poses_is_measured_raw_after_steps_and_with_queries(tmp_path, capsys, paper6):
    model = trained(tmp_path / "model", paper6, "direct", iterations=4, task="pose")[1]
    asked = ("--solver", *OF_POSES, "--model", str(model), "--count", "100", "--cpu-seconds", "5")
    small = ("--robot", "paper6", "--joint-range", "90", "--task", "pose", *asked)
    code, said, err = run(capsys, "solvers", *small, "--out", str(tmp_path / "out"))
    assert (code, "The trained model, 3 steps of Levenberg-Marquardt" in said) == (0, True), err
    metrics = {record.trial.settings.solver: record.metrics for record in Store(tmp_path / "out").records()}
    assert metrics.keys() == set(OF_POSES)
    for before, after in pairwise(metrics[name] for name in OF_POSES[:4]):
        assert after["success_rate_1mm"] >= before["success_rate_1mm"]
        assert after["error_median_mm"] < before["error_median_mm"]
        assert after["angle_median_deg"] < before["angle_median_deg"]
    assert metrics["learned"]["success_rate_1mm"] < metrics["learned-10"]["success_rate_1mm"]
    for name, most in (("learned-1", 1), ("learned-3", 3), ("learned-10", 10)):
        assert metrics[name]["steps_mean"] <= most
        assert metrics[name]["tries_mean"] == 1
    assert metrics["queries-network"]["success_rate_1mm"] > 0.2
    assert metrics["queries-network"]["queries_to_1mm_mean"] > 1


def test_every_setting_makes_another_trial():
    own = {"solver": "table", "task": "pose", "targets": "path", "count": 9, "cpu_seconds": 1.0, "machine": "m"}
    more = {"joint_range_deg": 90.0, "robot_digest": "d", "device": "cpu", "threads": 1}
    trial = Trial("planar3", 0, SolversSettings(**own, **more))
    assert trial.settings.name == "table-pose-path"
    changes = {
        "solver": "random",
        "count": 8,
        "cpu_seconds": 2.0,
        "machine": "n",
        "targets": "edge",
        "task": "position",
    }
    others = [Trial("planar3", 0, SolversSettings(**{**own, **more, key: value})) for key, value in changes.items()]
    assert len({trial.digest, *(each.digest for each in others)}) == 7


def test_rows_are_in_the_order_of_the_tables(first, measured):
    records = Store(measured[0]).records()
    runs = solver_runs(records)
    assert list(runs["solver"]) == [name for name in CONTENDERS if name in set(runs["solver"])]
    assert list(runs["answered_targets"] > 0) == [True, True, False, True]
    assert set(solved_curves(records)["solver"]) == {"table", "random", "queries-lookup"}
    failed = [Record(record.trial, "failed", {}, error="x") for record in records]
    assert solver_runs(failed).empty
    assert solved_curves([]).empty


@pytest.mark.parametrize(
    ("value", "printed"),
    [(0, "0%"), (1, "100%"), (0.5, "50.0%"), (0.9951, "99.51%"), (0.99999, "99.99%"), (0.0004, "0.0%")],
)
def test_a_share_that_is_not_all_is_not_printed_as_all(value, printed):
    assert share(float(value)) == printed


def test_a_slow_solver_gets_fewer_targets(planar3):
    class Slow:
        def answer(self, target):
            sum(range(20_000))

    space = JointSpace.of(planar3, 90)
    rows = space.sample(2_000, np.random.default_rng(0))
    metrics, answers, seconds = experiment._one_at_a_time(Slow(), rows, False, 0.01)
    assert metrics["targets"] == len(answers) == len(seconds) < 2_000
    assert seconds.sum() > 0.005
