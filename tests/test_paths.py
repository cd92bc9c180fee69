"""The command `paths`: paths that can be followed, what is measured along them, and its report."""

import contextlib
import io
import math

import numpy as np
import pytest

import robots
from emssl_bench import cli
from emssl_bench.cli import base_models
from emssl_bench.exceptions import CannotSolve, InvalidValue, ModelError
from emssl_bench.experiments import path_sets, paths
from emssl_bench.joint_space import JointSpace
from emssl_bench.records import Store
from emssl_bench.records.settings import PathsSettings
from emssl_bench.solvers.kinematics import Chain
from emssl_bench.solvers.levenberg_marquardt import LevenbergMarquardt
from emssl_bench.solvers.marquardt import frames_of
from emssl_bench.tasks import task
from tests.commands import run
from tests.models import trained

FLIP = math.radians(45)
SMALL = ("--robot", "planar3", "--joint-range", "90", "--task", "position", "--count", "3", "--samples", "4")


def drawn(shape, name="paper6", task_name="position", count=2, joint_range=90, seed=0, step_m=0.02):
    arm = robots.load(name)
    space, generator = JointSpace.of(arm, joint_range), np.random.default_rng(seed)
    return arm, space, path_sets.paths(shape, arm, space, task(task_name), count, step_m, FLIP, generator)


@pytest.mark.parametrize("task_name", ["position", "pose"])
@pytest.mark.parametrize("shape", ["line", "circle"])
def test_paths_are_of_their_shape_and_within_reach_along_their_whole_length(shape, task_name):
    arm, space, found = drawn(shape, task_name=task_name)
    solver = LevenbergMarquardt(arm, space, task(task_name))
    for targets in found:
        points = targets[:, :3]
        steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
        assert steps.max() <= 0.02 + 1e-9
        assert steps.min() > 0.015
        if shape == "line":
            assert np.linalg.norm(points[-1] - points[0]) == pytest.approx(0.4 * arm.reach_m)
            assert np.linalg.matrix_rank(points - points[0], tol=1e-9) == 1
        else:
            centre = points[:-1].mean(axis=0)
            np.testing.assert_allclose(np.linalg.norm(points - centre, axis=1), 0.1 * arm.reach_m, rtol=1e-6)
            np.testing.assert_allclose(points[-1], points[0], atol=1e-12)
            assert np.linalg.matrix_rank(points - centre, tol=1e-9) == 2
        if task_name == "pose":
            assert (targets[:, 3:] == targets[0, 3:]).all()
        assert solver.answers(targets).reached.all()


def test_the_same_seed_gives_the_same_paths_and_another_seed_others():
    first, again, other = (drawn("line", "planar3", seed=seed)[2] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_too_few_paths_within_reach_are_refused_and_so_are_steps_that_are_too_long(monkeypatch):
    monkeypatch.setattr(path_sets, "_MOST_TRIES", 2)
    with pytest.raises(CannotSolve, match="only 0 of 2 paths of the shape circle are within reach"):
        drawn("circle", "planar3", joint_range=1)
    with pytest.raises(InvalidValue, match="steps of 50 cm are too long for a path of"):
        drawn("line", "planar3", step_m=0.5)


def test_moves_flips_and_errors_are_those_of_the_answers():
    arm = robots.load("planar3")
    chain, of_task = Chain.of(arm, JointSpace.of(arm, 90)), task("position")
    angles = np.radians([[0.0, 10, 20], [1, 10, 20], [1, 12, 20], [1, 80, 20], [1, 80, 25]])
    targets = frames_of(angles, chain.links)[:, :3]
    gap = angles.copy()
    gap[2] = np.nan
    moved = targets + np.array([0.003, 0, 0])
    metrics, tables = paths.measured(chain, [angles, gap], [targets, moved], of_task, FLIP)
    assert tables["by_path"]["flips"] == [1, 0]
    np.testing.assert_allclose(tables["by_path"]["move_max_deg"], [68, 5])
    assert (metrics["flips_mean"], metrics["unflipped_rate"], metrics["no_answer_rate"]) == (0.5, 0.5, 0.1)
    assert metrics["move_max_deg"] == pytest.approx(68)
    assert metrics["move_median_deg"] == pytest.approx(3.5)  # of 1, 2, 68, 5 and 1, 5
    assert metrics["error_max_mm"] == pytest.approx(3)
    assert metrics["error_mean_mm"] == pytest.approx(3 * 4 / 9)
    np.testing.assert_allclose(tables["first_path"]["joint_2_deg"], [10, 10, 12, 80, 80])


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """The folder of a run, its exit code, output and errors, and the command."""
    folder = tmp_path_factory.mktemp("paths")
    for arm, method in (("planar3", "cgan"), ("paper6", "direct")):  # of the folder, the other arm's model is left out
        trained(folder / "model", robots.load(arm), method, iterations=1)
    command = ("paths", *SMALL, "--shape", "line", "--solver", "learned", "--model", str(folder / "model"))
    command = (*command, "--out", str(folder / "out"))
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(command)
    return folder / "out", code, out.getvalue(), err.getvalue(), command


def test_a_small_run_measures_every_way_and_reports_it(measured):
    folder, code, said, err, _ = measured
    assert code == 0, err
    assert "2 of 2 measurements to make" in said
    assert "Paths, task position, planar3, ±90°" in said
    found = {record.trial.settings.name: record for record in Store(folder).records()}
    alone, nearest = (found[f"learned-position-line-{each}"].metrics for each in ("alone", "nearest-of-4"))
    assert nearest["move_median_deg"] <= alone["move_median_deg"]
    assert alone["paths"] == nearest["paths"] == 3
    assert {each.trial.settings.model["digest"] for each in Store(folder).records()} == {
        path.stem for path in (folder / "models").glob("*.safetensors")
    }, "no model lies there that was not measured"
    text = (folder / "report.md").read_text()
    assert "## Paths" in text
    assert "nearest of 4" in text
    for record in found.values():
        assert PathsSettings.read(vars(record.trial.settings)) == record.trial.settings
    assert len(list((folder / "figures").glob("path_angles-planar3-*-90deg-position-line.png"))) == 1
    assert (folder / "tables" / "paths.csv").stat().st_size > 0


def test_a_broken_model_named_beside_its_folder_is_told_of_once(tmp_path, planar3):
    _, path = trained(tmp_path, planar3, "direct", iterations=1)
    path.write_bytes(b"broken")
    told = []
    with pytest.raises(ModelError):
        base_models.read_all([path, tmp_path], [planar3], told.append)
    assert not told
    assert base_models.read_all([tmp_path], [planar3], told.append) == []
    assert len(told) == 1


def test_least_squares_flip_less_from_their_last_answer_and_by_the_nearest_of_several(paper6):
    trials = paths.plan(["table"], ["position"], ["line"], [8], paper6, 180, 3, 0.02, 45.0, 0)
    found = {}
    for trial in trials:
        record, _ = paths.run(trial, paper6, Store("nowhere"), 1, lambda status: None)
        found[trial.settings.way] = record.metrics
        assert record.metrics["error_max_mm"] < 1e-2
    assert found.keys() == {"alone", "last", "nearest"}
    assert found["last"]["flips_mean"] < found["alone"]["flips_mean"] / 4
    assert found["nearest"]["flips_mean"] < found["alone"]["flips_mean"] / 1.5


def test_a_second_run_measures_nothing(measured, capsys):
    code, said, err = run(capsys, *measured[-1])
    assert code == 0, err
    assert "0 of 2 measurements to make" in said


def test_a_model_with_one_answer_has_no_nearest_and_the_report_says_so(tmp_path, planar3):
    model = trained(tmp_path, planar3, "direct", iterations=1)
    settings = {"digest": model[0].trial.digest, "method": "direct"}
    plan = paths.plan(["learned"], ["position"], ["line"], [2], planar3, 90, 1, 0.02, 45.0, 0, [model[0].trial])
    assert [(each.settings.way, each.settings.model) for each in plan] == [("alone", settings), ("nearest", settings)]
    record, _ = paths.run(plan[1], planar3, Store(tmp_path), 1, lambda status: None)
    assert (record.status, record.metrics["paths"]) == ("done", 0)
    assert record.error == "it has one answer to a target, so that none is nearer than another."


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("--solver", "tabel"), "unknown solver 'tabel'"),
        (("--shape", "spiral"), "unknown shape of paths 'spiral'"),
        (("--samples", "1"), "argument --samples"),
        (("--count", "0"), "argument --count"),
        (("--step-cm", "0"), "argument --step-cm: must be over 0 and at most 100, not '0'"),
        (("--step-cm", "90"), "steps of 90 cm are too long for a path of"),
        (("--step-cm", "1e-9"), "steps of 1e-09 cm are too short for a path of"),
        (("--flip", "nan"), "argument --flip"),
        (("--solver", "learned"), "nothing to measure: learned needs a model, and --model gives no model of the arm"),
    ],
)
def test_what_cannot_be_measured_is_one_clear_line(asked, says, tmp_path, capsys):
    code, said, err = run(capsys, "paths", "--robot", "planar3", *asked, "--out", str(tmp_path / "out"))
    assert (code, said, err.count("\n")) == (2, "", 1), err
    assert says in err
