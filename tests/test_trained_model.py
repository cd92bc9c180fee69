"""A loaded model knows its arm, its joint range, its method and its error, and says how near its answers are."""

import json
import math

import numpy as np
import pytest

import emssl_bench
import robots
from emssl_bench.exceptions import InvalidValue, ModelError, UnknownName
from emssl_bench.experiments import accuracy
from emssl_bench.forward import Counted
from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace
from emssl_bench.records import Store, model_files, saved_arm
from emssl_bench.records.answers import Expected
from emssl_bench.records.trained import TrainedModel
from emssl_bench.tasks.pose import POSE
from tests.examples import SLIDER
from tests.models import rewritten, trained


@pytest.fixture(scope="module")
def saved(tmp_path_factory, planar3):
    return trained(tmp_path_factory.mktemp("planar3"), planar3)


@pytest.fixture
def path(saved, tmp_path):
    """A copy of the model that may be spoiled."""
    model_files.copy(saved[1], tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


@pytest.fixture(scope="module")
def slider(tmp_path_factory):
    """An arm that the suite has no name for, with a joint that slides."""
    file = tmp_path_factory.mktemp("arm") / "slider.urdf"
    file.write_text(SLIDER)
    return robots.load(file)


def as_format_3(path):
    """The model as version 0.2 wrote it, without its arm and its errors."""
    text = path.with_suffix(".json")
    description = json.loads(text.read_text())
    text.write_text(json.dumps({k: v for k, v in description.items() if k not in ("robot", "expected")}))
    rewritten(path, format=3)


def test_it_knows_its_arm_its_range_its_method_and_its_error(saved, planar3):
    record, path = saved
    model = emssl_bench.load(path)
    assert isinstance(model, TrainedModel)
    assert model.robot == planar3
    assert (model.method, model.task.name, model.joint_range_deg) == ("emssl-plus", "position", 90)
    assert model.joint_space == JointSpace.of(planar3, 90)
    mean, p95 = model.expected.error_mean_cm, model.expected.error_p95_cm
    assert (mean, p95) == (record.metrics["error_mean_cm"], record.metrics["error_p95_cm"])
    assert model.expected.angle_mean_deg is None
    assert repr(model) == (
        f"<emssl-plus for planar3 (3 joints, ±90°): mean error {mean:.2f} cm and 95 % within {p95:.2f} cm "
        "on its test targets>"
    )


def test_errors_are_those_of_an_independent_forward_model(saved, planar3_chain, rng):
    model = emssl_bench.load(saved[1])
    targets = planar3_chain.positions(rng.uniform(-1.5, 1.5, (50, 3)))
    within_m = float(np.median(model.solve(targets).error_m))
    answers = model.solve(targets, within_m=within_m)
    assert (answers.joint_angles.shape, answers.error_m.shape, answers.reached.shape) == ((50, 1, 3), (50, 1), (50, 1))
    np.testing.assert_array_equal(answers.joint_angles[:, 0], model.joint_angles(targets))
    expected_m = np.linalg.norm(planar3_chain.positions(answers.joint_angles[:, 0]) - targets, axis=1)
    np.testing.assert_allclose(answers.error_m[:, 0], expected_m, atol=1e-12)
    np.testing.assert_array_equal(answers.reached, answers.error_m <= within_m)
    assert answers.reached.sum() == 25


def test_a_single_target_has_no_first_axis(saved):
    model = emssl_bench.load(saved[1])
    one, many = model.solve([0.3, 0.1, 0.0], 2), model.solve([[0.3, 0.1, 0.0]], 2)
    assert (one.joint_angles.shape, one.error_m.shape, one.reached.shape) == ((2, 3), (2,), (2,))
    for alone, among in zip(one, many, strict=True):
        np.testing.assert_array_equal(alone, among[0])
    assert model.solve(np.empty((0, 3))).error_m.shape == (0, 1)


def test_least_squares_make_its_answers_exact(saved, planar3_chain, rng):
    model = emssl_bench.load(saved[1])
    targets = planar3_chain.positions(rng.uniform(-1.4, 1.4, (30, 3)))
    refined = model.refined(targets)
    assert refined.reached.all()
    assert refined.queries.sum() == 0
    assert np.linalg.norm(planar3_chain.positions(refined.joint_angles) - targets, axis=1).max() < 1e-5
    assert model.refined(targets[0]).joint_angles.shape == (3,)


def test_queries_of_the_arm_improve_its_answers_and_are_counted(saved, planar3_chain, rng):
    model, counted = emssl_bench.load(saved[1]), Counted(planar3_chain)
    targets = planar3_chain.positions(rng.uniform(-1.4, 1.4, (30, 3)))
    refined = model.refined(targets, "queries", counted)
    assert refined.queries.sum() == counted.calls > 0
    assert refined.error_m.mean() < model.solve(targets).error_m.mean() / 10
    with pytest.raises(InvalidValue, match='by is "model", or "queries" of a forward model'):
        model.refined(targets, "queries")


@pytest.mark.parametrize("method", ["lookup", "cgan"])
def test_any_solver_of_the_suite_is_loaded_so(method, planar3, tmp_path):
    model = emssl_bench.load(trained(tmp_path, planar3, method)[1])
    answers = model.solve([[0.3, 0.1, 0.0], [0.2, 0.1, 0.0]], 3)
    assert answers.joint_angles.shape == (2, 3, 3)
    assert (np.ptp(answers.error_m, axis=1) > 0).all(), "several solutions of a target differ"
    assert model.solver.stochastic == (method == "cgan")
    assert repr(model).startswith(f"<{method} for planar3 (3 joints, ±90°): mean error ")


def test_an_arm_without_a_name_is_in_the_file_of_its_model(slider, tmp_path):
    model = emssl_bench.load(trained(tmp_path, slider, "lookup")[1])
    assert model.robot == slider
    assert model.robot.path == "", "where its file lay is nobody else's business"
    reached = ChainArm(slider).positions(np.array([[0.5, 0.2]]))
    assert model.refined(reached).error_m[0] < 1e-6


def test_a_model_of_version_0_2_finds_an_arm_of_the_suite_by_its_name(path, planar3):
    expected = emssl_bench.load(path).joint_angles([0.3, 0.1, 0.0])
    as_format_3(path)
    model = emssl_bench.load(path)
    assert (model.robot, model.expected) == (planar3, Expected())
    assert repr(model) == "<emssl-plus for planar3 (3 joints, ±90°): its error is not in its file>"
    np.testing.assert_array_equal(model.joint_angles([0.3, 0.1, 0.0]), expected)


def test_a_model_of_an_unknown_arm_gives_joint_angles_and_says_what_its_errors_need(slider, tmp_path):
    _, path = trained(tmp_path, slider, "lookup")
    as_format_3(path)
    model = emssl_bench.load(path)
    assert model.robot is None
    assert "slider (not known here, ±90°)" in repr(model)
    assert model.joint_angles([0.1, 0.1, 0.2]).shape == (2,)
    with pytest.raises(ModelError) as raised:
        model.solve([0.1, 0.1, 0.2])
    assert "load it with robot=, an arm's name or URDF file (on the command line: --robot)" in str(raised.value)
    assert "\n" not in str(raised.value)
    for given in (slider, slider.path):
        assert emssl_bench.load(path, given).solve([0.1, 0.1, 0.2]).error_m.shape == (1,)


def test_another_arm_is_refused(path, planar3):
    assert emssl_bench.load(path, "planar3").robot == planar3
    with pytest.raises(ModelError, match=r"a model of the arm planar3 \(\w+\), not of ur5"):
        emssl_bench.load(path, "ur5")
    with pytest.raises(UnknownName, match="unknown robot 'planar4': did you mean 'planar3'"):
        emssl_bench.load(path, "planar4")


def test_a_model_that_lacked_its_arm_gets_it_when_its_training_ends_again(saved, planar3, tmp_path, told):
    solver, trial = model_files.read(saved[1])
    store = Store(tmp_path, told.append)
    model_files.put(solver, trial, store)
    assert model_files.opened(store.model_path(trial)).robot is None
    model_files.put(solver, trial, store, planar3, {"error_mean_cm": 1.0})
    assert model_files.opened(store.model_path(trial)).robot == planar3
    assert told == []


def test_answers_of_positions_have_no_angles(saved):
    model = emssl_bench.load(saved[1])
    assert model.solve([0.3, 0.1, 0.0]).error_deg is None
    assert model.refined([0.3, 0.1, 0.0]).error_deg is None


@pytest.mark.parametrize("steps", [0, -1, 1.5, True, "3"])
def test_steps_that_are_none_are_refused(saved, steps):
    with pytest.raises(InvalidValue, match="is a whole number of at least 1"):
        emssl_bench.load(saved[1]).refined([0.3, 0.1, 0.0], steps=steps)


def test_queries_have_no_steps(saved, planar3_chain):
    with pytest.raises(InvalidValue, match='steps, of by="model" alone'):
        emssl_bench.load(saved[1]).refined([0.3, 0.1, 0.0], "queries", planar3_chain, steps=3)


def test_poses_must_be_reached_in_their_orientation_too(planar3, planar3_chain):
    from emssl_bench.solvers.reaching import reaching

    angles = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])
    targets = planar3_chain.frames(angles)
    targets[1, 3:] = targets[0, 3:]
    found = reaching(planar3, JointSpace.of(planar3, 90), POSE, angles, targets)
    np.testing.assert_allclose(found.error_m, 0, atol=1e-12)
    np.testing.assert_allclose(found.error_deg, [0, math.degrees(0.9)], atol=1e-9)
    assert found.reached().tolist() == [True, False]


def test_a_changed_arm_goes_with_the_model_that_was_adapted_to_it(planar3):
    from emssl_bench.experiments import adaptation
    from robots.changes import Change

    (base,) = accuracy.plan(["emssl"], planar3, [90], [0], accuracy.BUDGETS["smoke"], {}, "chain")
    how = {"forward": "chain", "device": "cpu", "threads": 1, "schedule": "cosine"}
    (trial,) = adaptation.plan(
        ["align"], [Change("links", 3)], [base], planar3, **how, measurements=20, noise_mm=0.0, learner="emssl"
    )
    assert saved_arm.after_training(trial, planar3) == planar3.lengthened(0.03)
    assert saved_arm.after_training(base, planar3) == planar3
    assert saved_arm.after_training(base, planar3.lengthened(0.01)) is None
