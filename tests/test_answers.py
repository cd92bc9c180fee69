"""Several solutions of a target are compared with all that there are: the measures, and the command."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest

import robots
from emssl_bench.exceptions import ShapeError
from emssl_bench.experiments import references
from emssl_bench.experiments.answer_measures import Measured, solved
from emssl_bench.records import Store, Trial
from emssl_bench.records.settings import AnswersSettings
from emssl_bench.report import ReportData, make_sections
from emssl_bench.solvers.base import Solver
from emssl_bench.tasks import POSITION
from emssl_bench.tasks.pose import POSE
from tests.commands import run
from tests.models import trained
from tests.pictures import drawn

needs_eaik = pytest.mark.skipif(importlib.util.find_spec("eaik") is None, reason="needs eaik")
SMALL = ("--robot", "planar3", "--joint-range", "90", "--targets", "4", "--configurations", "300000")


class Told(Solver):
    """Gives the solutions that it is told of, in turns."""

    def __init__(self, targets, sets, most=None):
        self.known = {target.tobytes(): each[:most] for target, each in zip(targets, sets, strict=True)}

    def solve(self, targets, samples=1):
        known = [self.known.get(target.tobytes(), next(iter(self.known.values()))) for target in targets]
        return np.stack([each[np.arange(samples) % len(each)] for each in known])


def measured(robot, task, joint_range, count, samples=(1, 8), configurations=300_000):
    reference = references.planned(robot, task, joint_range, count, configurations)
    settings = AnswersSettings(
        method="told",
        model={"digest": "0", "train_samples": 1, "hyperparameters": {}, "plugin": None},
        joint_range_deg=joint_range,
        task=task.name,
        samples=samples,
        reference=reference.written(),
        robot_digest=robot.digest,
        device="cpu",
        threads=1,
    )
    return Measured(robot, task, settings, references.make(reference, robot, task))


@pytest.fixture(scope="module")
def positions():
    return measured(robots.load("planar3"), POSITION, 90, 4, (1, 16, 64))


@pytest.fixture(scope="module")
def poses():
    return measured(robots.load("paper6"), POSE, 180, 6)


def test_the_reference_itself_is_near_the_floor_and_recalls_all(positions):
    reference = positions.reference
    curve = positions.by_samples(solved(Told(reference.targets, reference.solutions), reference.targets, 64, 3))
    assert curve["samples"] == [1, 16, 64]
    assert curve["recall"] == sorted(curve["recall"])
    assert curve["recall"][-1] == pytest.approx(curve["recall_ceiling"][-1], abs=0.05)
    assert curve["precision"] == [1, 1, 1]
    assert curve["energy_distance"][-1] < 2 * curve["energy_distance_floor"][-1] < 0.1
    assert curve["error_best_mean_cm"] == sorted(curve["error_best_mean_cm"], reverse=True)
    assert curve["error_best_mean_cm"][0] <= 1


def test_one_answer_recalls_less_and_is_far_from_the_distribution(positions):
    reference = positions.reference
    one = positions.by_samples(solved(Told(reference.targets, reference.solutions, 1), reference.targets, 64, 3))
    assert len(set(one["recall"])) == 1
    assert one["recall"][-1] < one["recall_ceiling"][-1] / 2
    assert one["energy_distance"][-1] > 10 * one["energy_distance_floor"][-1]


def test_samples_outside_and_on_a_limit_are_counted(positions):
    targets = positions.reference.targets
    outside = Told(targets, [np.array([[2.0, 0, 0], [np.pi / 2, 0, 0], [0.1, 0, 0], [0.2, 0, 0]])] * len(targets))
    metrics = positions.of_samples(solved(outside, targets, 4, 3))
    assert (metrics["targets"], metrics["outside_rate"], metrics["at_limit_rate"]) == (4, 0.25, 0.25)


def test_a_solver_that_stays_does_not_jump_and_one_that_switches_does(positions):
    reference = positions.reference
    same = Told(reference.targets, [np.array([[0.1, 0.2, 0.3]])] * len(reference.targets))
    still = positions.jumps(solved(same, reference.targets, 2, 3), same)
    assert still["jump_mean_deg"] == 0
    assert still["jump_needed_median_deg"] > 0.3
    other = Told(reference.targets, [np.array([[0.1, 0.2, 0.3 + np.pi / 2]])] * len(reference.targets))
    np.testing.assert_allclose(
        positions.jumps(solved(same, reference.targets, 2, 3), other)["jump_p95_deg"], 90, rtol=1e-6
    )


@needs_eaik
def test_whoever_knows_all_branches_covers_all_of_them(poses):
    reference = poses.reference
    solutions = solved(Told(reference.targets, reference.solutions), reference.targets, 8, 6)
    curve = poses.by_samples(solutions)
    assert (curve["recall"][1], curve["precision"][1]) == (1, 1)
    assert "energy_distance" not in curve
    metrics, coverage = poses.refined(solutions)
    assert metrics["refined_success_rate"] == 1
    assert coverage[1] == 1
    assert coverage[0] == pytest.approx(np.mean([1 / len(each) for each in reference.solutions]))


@needs_eaik
def test_a_branch_is_hit_by_what_least_squares_bring_to_it(poses, rng):
    reference = poses.reference
    near = [each + rng.normal(0, 0.02, each.shape) for each in reference.solutions]
    solutions = solved(Told(reference.targets, near), reference.targets, 8, 6)
    _, coverage = poses.refined(solutions)
    assert coverage[1] > 0.9
    raw = poses.of_samples(solutions)
    assert raw["error_mean_cm"] > 0.3
    assert raw["angle_mean_deg"] > 0.3
    assert poses.by_samples(solutions)["recall"][1] > 0.9, "within 10 degrees without being refined"


@pytest.mark.parametrize(
    ("found", "says"),
    [(np.zeros((2, 3, 3)), r"not \(2, 3, 3\)"), (np.full((2, 4, 3), np.nan), "finite")],
)
def test_solutions_of_another_shape_or_that_are_not_finite_are_refused(found, says):
    class Odd(Solver):
        def solve(self, targets, samples=1):
            return found

    with pytest.raises(ShapeError, match=says):
        solved(Odd(), np.zeros((2, 3)), 4, 3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a run that has trained a lookup."""
    place = tmp_path_factory.mktemp("answers")
    trained(place, robots.load("planar3"), "lookup")
    return place


@pytest.fixture(scope="module")
def first(folder):
    """Exit code, output and errors of a first command, in the folder of the run."""
    import contextlib
    import io

    from emssl_bench import cli

    out, err = io.StringIO(), io.StringIO()
    with drawn(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(("answers", *SMALL, "--samples", "8", "1", "--out", str(folder)))
    return code, out.getvalue(), err.getvalue()


def test_it_measures_the_models_of_a_folder_and_prints_a_table(first, folder):
    code, said, err = first
    assert code == 0, err
    assert "1 of 1 models to measure" in said
    assert "Many answers, planar3, ±90°" in said
    (record,) = Store(folder).records()
    assert (record.trial.name, record.trial.settings.samples) == ("lookup", [1, 8])
    assert record.metrics["targets"] == 4
    assert len(list((folder / "references").glob("*.npz"))) == 1


def test_its_report_has_a_table_and_figures(first, folder):
    text = (folder / "report.md").read_text()
    for name in ("## Many answers", "Energy distance of 8", "Best of 8", "## Solutions of some targets"):
        assert name in text
    for name in ("tables/answers.csv", "figures/answers_error.png", "figures/answers_recall.pdf"):
        assert (folder / name).stat().st_size > 0
    (table,) = make_sections(ReportData(Store(folder).records()))[1].tables
    (row,) = table.printed.to_dict("records")
    assert float(row["Best of 8"]) < float(row["Best of 1"])
    assert 0.5 < float(row["A sample (cm)"]) < 20
    assert (folder / "figures" / "answer_sets-1.png").stat().st_size > 10_000


def test_a_record_is_read_back_as_it_is(first, folder, store):
    (record,) = Store(folder).records()
    assert AnswersSettings.read(vars(record.trial.settings)) == record.trial.settings
    store.save(record)
    assert store.records() == [record]
    titles = [section.title for section in make_sections(ReportData([record]))]
    assert [each for each in titles if "answers" in each] == ["Many answers", "Many answers by the number of samples"]


def test_reference_sets_of_several_sizes_are_told_apart_in_the_table(first, folder):
    (record,) = Store(folder).records()
    settings = record.trial.settings
    larger = replace(settings, reference={**settings.reference, "count": 5})
    other = replace(record, trial=replace(record.trial, settings=larger))
    alone, both = (make_sections(ReportData(each))[1].tables[0].printed for each in ([record], [record, other]))
    assert list(alone["Arm"]) == ["planar3"]
    assert sorted(both["Arm"]) == ["planar3, 4 targets", "planar3, 5 targets"]


def test_a_second_command_measures_nothing(first, folder, capsys):
    code, said, err = run(capsys, "answers", *SMALL, "--samples", "1", "8", "8", "--out", str(folder))
    assert (code, "0 of 1 models to measure" in said) == (0, True), err


def test_reference_sets_are_made_alone(first, folder, capsys):
    before = {path: path.read_bytes() for path in (folder / "references").glob("*.npz")}
    for path in before:
        path.unlink()
    code, said, err = run(capsys, "answers", *SMALL, "--references-only", "--out", str(folder))
    assert code == 0, err
    assert "planar3, rejection, 4 targets with" in said
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("--method", "mdn"), "there is no model of mdn for planar3, task position, joint range 90 in"),
        (("--method", "mdn"), "train one: emssl-bench run --method mdn --robot planar3 --task position"),
        (("--method", "mnd"), "unknown method 'mnd': did you mean 'mdn'?"),
        (("--samples", "0"), "argument --samples: must be a whole number of at least 1, not '0'"),
        (("--samples", "1.5"), "argument --samples"),
        (("--targets", "0"), "argument --targets"),
        (("--within-deg", "0"), "argument --within-deg: must be over 0 and at most 180, not '0'"),
        (("--within-share", "nan"), "argument --within-share"),
        (("--task", "pose"), "all solutions of a pose are known for arms of six or seven revolute joints"),
        (("--from", "nowhere.safetensors"), "there is no such file"),
        (("--joint-range", "180"), "there is no model for planar3, task position, joint range 180 in"),
    ],
)
def test_what_cannot_be_measured_is_one_clear_line(asked, says, folder, capsys):
    usual = [text for text in SMALL if not ("--joint-range" in asked and text in ("--joint-range", "90"))]
    code, said, err = run(capsys, "answers", *usual, "--out", str(folder), *asked)
    assert (code, said, err.count("\n")) == (2, "", 1), err
    assert says in err


def test_a_folder_that_is_not_there_holds_no_model_and_everything_is_all(tmp_path, capsys):
    for asked in ([], ["--method", "everything"]):
        code, said, err = run(capsys, "answers", *SMALL, "--out", str(tmp_path / "none"), *asked)
        assert (code, said, err.count("\n")) == (2, "", 1), err
        assert "there is no model for planar3" in err
        assert "train one: emssl-bench run" in err


def test_poses_without_eaik_say_what_to_install(folder, capsys, monkeypatch):
    from emssl_bench.solvers import branches

    find = importlib.util.find_spec
    monkeypatch.setattr(branches.importlib.util, "find_spec", lambda name: None if name == "eaik" else find(name))
    code, _, err = run(capsys, "answers", "--robot", "paper6", "--task", "pose", "--out", str(folder))
    assert (code, err.count("\n")) == (2, 1)
    assert "pip install 'emssl-bench[peers]'" in err


def test_every_setting_makes_another_trial(positions):
    settings = positions.settings
    changes = {"samples": [1], "within_share": 0.2, "within_deg": 5.0, "method": "mdn", "reference": {"kind": "x"}}
    others = [Trial("planar3", 0, replace(settings, **{name: value})) for name, value in changes.items()]
    assert len({Trial("planar3", 0, settings).digest, *(each.digest for each in others)}) == 6
