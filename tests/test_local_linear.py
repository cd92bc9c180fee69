"""Local linear models: inverse kinematics that is linear around each of many postures."""

import numpy as np
import pytest

import emssl_bench
from baselines.local_linear import LocalLinear
from emssl_bench.data import Dataset, TrainingData
from emssl_bench.exceptions import ModelError
from emssl_bench.forward import Counted
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.base import Problem
from emssl_bench.records import model_files
from emssl_bench.seeding import Seeds
from tests.examples import distance_errors_cm, record
from tests.models import rewritten


@pytest.fixture(scope="module")
def data(paper6, paper6_chain):
    return Dataset.sample(paper6_chain, JointSpace.of(paper6, 90), 2_000, 300, Seeds(0))


def learned(data, forward=None, **own):
    (progress,) = LocalLinear(**own).learn(Problem(data, forward, Seeds(1)))
    return progress.solver


def mean_error_cm(solver, data, forward):
    return distance_errors_cm(solver, forward, data.test_targets, data.train.joint_space).mean()


def test_an_arm_that_is_linear_is_solved_exactly(rng):
    space = JointSpace((-1.0, -2.0, -0.5), (1.0, 1.0, 0.5))
    matrix, joint_angles = rng.uniform(-1, 1, (3, 3)), space.sample(500, rng)
    solver = learned(TrainingData(joint_angles @ matrix, joint_angles, space), ridge_m=1e-6)
    wanted = space.sample(50, rng) * 0.5
    np.testing.assert_allclose(solver.joint_angles(wanted @ matrix), wanted, atol=1e-6)


def test_it_learns_from_labels_and_never_queries_the_arm(data, paper6_chain):
    counted = Counted(paper6_chain)
    learned(data.train, counted)
    assert counted.calls == 0


def test_the_target_of_a_posture_has_that_posture(data):
    solver = learned(data.train)
    targets, postures = solver.arrays["targets"][:50], solver.arrays["joint_angles"][:50]
    np.testing.assert_allclose(solver.joint_angles(targets), postures, atol=1e-12)


def test_models_go_from_the_posture_to_the_target(data, paper6_chain):
    solver = learned(data.train)
    starts = solver.arrays["joint_angles"][
        np.linalg.norm(data.test_targets[:, None] - solver.arrays["targets"], axis=2).argmin(axis=1)
    ]
    before_cm = 100 * np.linalg.norm(paper6_chain.positions(starts) - data.test_targets, axis=1).mean()
    assert mean_error_cm(solver, data, paper6_chain) < 0.6 * before_cm


def test_models_are_fewer_than_labels_and_fewer_the_farther_they_are_apart(data):
    counts = [len(learned(data.train, apart=apart).arrays["slopes"]) for apart in (1, 5, 20)]
    assert counts[0] == 2_000
    assert 2_000 / 5 < counts[1] < 2_000 / 2
    assert 2_000 / 20 < counts[2] < counts[1] / 2


def test_more_models_are_more_exact(data, paper6_chain):
    few, many = (mean_error_cm(learned(data.train, apart=apart), data, paper6_chain) for apart in (40, 1))
    assert many < few


def test_few_labels_are_no_reason_to_fail():
    space = JointSpace((-1.0, -1.0), (1.0, 1.0))
    for count in (1, 3):
        solver = learned(TrainingData(np.zeros((count, 3)), np.zeros((count, 2)), space))
        np.testing.assert_array_equal(solver.joint_angles(np.ones((2, 3))), np.zeros((2, 2)))


def test_solutions_do_not_depend_on_the_other_targets(data):
    solver = learned(data.train)
    together = solver.solve(data.test_targets, 2)
    assert together.shape == (300, 2, 6)
    alone = np.concatenate([solver.joint_angles(target[None]) for target in data.test_targets[:20]])
    np.testing.assert_allclose(together[:20, 1], alone, atol=1e-12)
    assert solver.solve(np.empty((0, 3))).shape == (0, 1, 6)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"models": 7}, "its arrays are not those of a local-linear with its settings"),
        ({"models": 0}, "its models must be a whole number from 1"),
        ({"upper": [-2.0] * 6}, "its lower bounds must be below the upper ones"),
        ({"lower": "wide"}, "its lower and upper must be lists of numbers"),
        ({"more": 1}, "its settings must be task, lower, upper, models"),
    ],
)
def test_a_description_that_is_none_of_local_models_is_refused(data, changes, says, tmp_path):
    path = tmp_path / "model.safetensors"
    model_files.save(learned(data.train), path, record("local-linear", 90).trial)
    rewritten(path, **changes)
    with pytest.raises(ModelError, match=says):
        emssl_bench.load(path)
