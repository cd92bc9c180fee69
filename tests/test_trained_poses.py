"""A loaded model of poses says both its errors, takes either sign of a quaternion, and is refined."""

import numpy as np
import pytest

import emssl_bench
from emssl_bench.exceptions import ShapeError
from emssl_bench.forward import Counted
from emssl_bench.records import saved_arm
from emssl_bench.tasks.pose import angles_rad
from tests.models import trained


@pytest.fixture(scope="module")
def saved_poses(tmp_path_factory, paper6):
    return trained(tmp_path_factory.mktemp("poses"), paper6, "direct", task="pose")


@pytest.fixture
def poses(paper6_chain, rng):
    """Frames (30, 7)."""
    return paper6_chain.frames(rng.uniform(-1.4, 1.4, (30, 6)))


def test_a_model_of_poses_knows_both_its_errors(saved_poses):
    record, path = saved_poses
    model = emssl_bench.load(path)
    assert (model.task.name, model.task.columns) == ("pose", 7)
    assert model.expected._asdict() == {name: record.metrics[name] for name in saved_arm.EXPECTED}
    cm, p95_cm, deg, p95_deg = model.expected
    assert repr(model) == (
        f"<direct for paper6 (6 joints, ±90°): mean error {cm:.2f} cm, {deg:.1f}° and 95 % within {p95_cm:.2f} cm, "
        f"{p95_deg:.1f}° on its test targets>"
    )


def test_answers_of_poses_have_both_errors(saved_poses, poses, paper6_chain):
    model = emssl_bench.load(saved_poses[1])
    answers = model.solve(poses, 2, within_m=10.0)
    reached = paper6_chain.frames(answers.joint_angles[:, 0])
    np.testing.assert_allclose(answers.error_m[:, 0], np.linalg.norm(reached[:, :3] - poses[:, :3], axis=1), atol=1e-9)
    np.testing.assert_allclose(answers.error_deg[:, 0], np.degrees(angles_rad(reached, poses)), atol=1e-9)
    np.testing.assert_array_equal(answers.reached, answers.error_deg <= 0.57)
    flipped = model.solve(poses * [1, 1, 1, -1, -1, -1, -1], 2, within_m=10.0)
    for ours, theirs in zip((*answers, answers.error_deg), (*flipped, flipped.error_deg), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    one = model.solve(poses[0])
    joint_angles, error_m, reached = one
    assert (joint_angles.shape, error_m.shape, reached.shape, one.error_deg.shape) == ((1, 6), (1,), (1,), (1,))


def test_more_steps_bring_a_model_of_poses_nearer(saved_poses, poses):
    model = emssl_bench.load(saved_poses[1])
    costs = []
    for steps in (None, 10, 3, 1):
        refined = model.refined(poses, steps=steps)
        costs.append(refined.error_m + 0.3 * np.radians(refined.error_deg))
        assert refined.queries.sum() == 0
    answers = model.solve(poses)
    costs.append((answers.error_m + 0.3 * np.radians(answers.error_deg))[:, 0])
    assert (np.diff(np.median(costs, axis=1)) > 0).all()
    assert np.max(costs[0]) < 1e-4


def test_queries_of_the_arm_improve_poses_and_measure_both_errors(saved_poses, poses, paper6_chain):
    model, counted = emssl_bench.load(saved_poses[1]), Counted(paper6_chain)
    refined = model.refined(poses, "queries", counted)
    assert refined.queries.sum() == counted.calls > 0
    reached = paper6_chain.frames(refined.joint_angles)
    np.testing.assert_allclose(refined.error_m, np.linalg.norm(reached[:, :3] - poses[:, :3], axis=1), atol=1e-12)
    np.testing.assert_allclose(refined.error_deg, np.degrees(angles_rad(reached, poses)), atol=1e-9)
    np.testing.assert_array_equal(refined.reached, (refined.error_m <= 1e-3) & (refined.error_deg <= 0.57))
    assert refined.reached.mean() > 0.3


def test_a_model_says_what_targets_it_needs(saved_poses, planar3, poses, tmp_path):
    of_positions, of_poses = (emssl_bench.load(path) for _, path in (trained(tmp_path, planar3), saved_poses))
    for ask in (of_poses.solve, of_poses.refined, of_poses.joint_angles):
        with pytest.raises(ShapeError, match="poses, x y z and a quaternion x y z w, must have shape"):
            ask([0.3, 0.1, 0.0])
        with pytest.raises(ShapeError, match="a quaternion of length 2 and not 1"):
            ask([0.3, 0.1, 0.0, 1, 1, 1, 1])
    with pytest.raises(ShapeError, match=r"targets must have shape \(n, 3\)"):
        of_positions.solve(poses)
