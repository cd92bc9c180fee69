import numpy as np
import pytest
import torch

from emssl_bench import tasks
from emssl_bench.exceptions import ShapeError
from emssl_bench.experiments import evaluation
from emssl_bench.joint_space import JointSpace
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.base import Solver
from emssl_bench.solvers.best_of import BestOf
from emssl_bench.solvers.network import InverseNetwork
from emssl_bench.solvers.network_solver import NetworkSolver
from emssl_bench.tasks import POSITION
from emssl_bench.tasks.pose import POSE
from tests.examples import distance_errors_cm

SPACE = JointSpace(3 * (-1.6,), 3 * (1.6,))


def of_position(errors_cm):
    return evaluation.Errors({"error_{}_cm": errors_cm}, "error_{}_cm")


def of_pose(count, distances_cm, angles_deg):
    """Errors of so many poses; cost is the distance and twice the angle."""
    cm, degrees = np.broadcast_to(distances_cm, count), np.broadcast_to(angles_deg, count)
    return evaluation.Errors({"error_{}_cm": cm, "angle_{}_deg": degrees, "cost_{}_cm": cm + 2 * degrees}, "cost_{}_cm")


class Perfect(Solver):
    """Knows the joint angles behind every target."""

    def __init__(self, joint_angles):
        self._joint_angles = joint_angles

    def solve(self, targets, samples=1):
        return self._joint_angles[:, None]


@pytest.fixture
def angles(rng):
    return rng.uniform(-1, 1, (200, 3))


@pytest.fixture
def errors_cm(planar3, planar3_chain):
    """Of answers that should lead to positions, within ±90°."""
    space = JointSpace.of(planar3, 90)
    return lambda answers, wanted: distance_errors_cm(Perfect(answers), planar3_chain, wanted, space)


def test_who_knows_the_joint_angles_makes_no_error(errors_cm, planar3_chain, angles):
    np.testing.assert_array_equal(errors_cm(angles, planar3_chain.positions(angles)), 0)


def test_the_error_is_the_distance_in_centimetres(errors_cm, planar3_chain, angles):
    wanted = planar3_chain.positions(angles) + np.array([0.03, -0.04, 0])
    np.testing.assert_allclose(errors_cm(angles, wanted), 5.0)


def test_a_whole_turn_leads_there_too_and_is_no_answer(errors_cm, planar3_chain, angles):
    turned = angles + np.array([0, 0, 2 * np.pi])
    with pytest.raises(ShapeError, match=r"row 0 has .* for joint 3, which moves within \[-1\.5708, 1\.5708\]\."):
        errors_cm(turned, planar3_chain.positions(angles))


def test_a_model_answers_every_position_it_is_asked(errors_cm, planar3_chain, angles):
    for answers in (angles[:-1], angles[:1], np.concatenate([angles, angles])):
        with pytest.raises(ShapeError, match=rf"must return .*\(200, 1, 3\), not \({len(answers)}, 1, 3\)"):
            errors_cm(answers, planar3_chain.positions(angles))


def test_single_precision_does_not_leave_the_joint_space(errors_cm, planar3_chain):
    ends = np.full((1, 3), np.pi / 2)
    np.testing.assert_allclose(errors_cm(ends * (1 + 1e-6), planar3_chain.positions(ends)), 0, atol=1e-3)


def test_the_summary_of_one_to_a_hundred():
    errors_cm = np.arange(1, 101) / 10
    found = evaluation.summarised(of_position(errors_cm), POSITION)
    expected = {
        "error_mean_cm": 5.05,
        "error_median_cm": 5.05,
        "error_p95_cm": 9.505,
        "error_max_cm": 10.0,
        "success_rate_1mm": 0.01,
        "success_rate_5mm": 0.05,
        "success_rate_1cm": 0.1,
        "success_rate_5cm": 0.5,
    }
    assert found == pytest.approx(expected)


def test_of_poses_the_summary_has_distance_angle_and_cost():
    found = evaluation.summarised(of_pose(5, [0.05, 0.4, 0.9, 3.0, 0.1], [0.1, 1.0, 4.0, 0.1, 30.0]), POSE)
    assert len(found) == 3 * 4 + 3
    assert (found["error_median_cm"], found["angle_median_deg"], found["cost_median_cm"]) == (0.4, 1.0, 3.2)
    rates = [found[f"success_rate_{name}"] for name in ("1mm", "5mm", "1cm")]
    assert rates == pytest.approx([0.2, 0.4, 0.6])


def test_the_one_number_of_a_task_is_one_of_its_errors_or_has_a_name_of_its_own(planar3_chain, angles):
    for each in (POSITION, POSE, tasks.task("pose:metres_a_radian=1")):
        errors = each.errors(each.reached(planar3_chain, angles), each.reached(planar3_chain, angles + 0.1))
        cost = each.cost_cm(errors)
        np.testing.assert_array_equal(errors.get(each.cost, cost), cost)
        assert ("cost_{}_cm" in (each.cost, *errors)) == (each.name == "pose")


def test_tables_of_poses_hold_each_error_by_its_name(rng):
    errors, positions = of_pose(300, rng.uniform(0, 9, 300), rng.uniform(0, 90, 300)), rng.uniform(-1, 1, (300, 3))
    by_height = evaluation.error_map(errors, positions, reach_m=2.0)
    voxels = evaluation.error_voxels(errors, positions, reach_m=2.0)
    for name, values in errors.by_name.items():
        for table, count in ((by_height, "positions"), (voxels, "targets")):
            mean = np.average(table[name.format("mean")], weights=table[count])
            assert mean == pytest.approx(values.mean(), rel=1e-4)
        alone = evaluation.error_voxels(of_position(values), positions, reach_m=2.0)
        assert voxels[name.format("p95")] == alone["error_p95_cm"]
    quantiles = evaluation.quantiles(errors)
    assert list(quantiles) == ["share", "error_cm", "angle_deg", "cost_cm"]
    assert quantiles["angle_deg"][-1] == pytest.approx(errors.by_name["angle_{}_deg"].max(), rel=1e-4)


def test_the_error_map_knows_distance_from_the_axis_and_height_and_no_bearing(rng):
    positions = np.array([[0.3, 0.4, 0.1], [-0.5, 0.0, 0.1], [0.0, -0.5, 0.1], [0.0, 0.05, -0.3]])
    errors = of_position(np.array([1.0, 2.0, 6.0, 7.0]))
    found = evaluation.error_map(errors, positions, reach_m=evaluation.MAP_CELLS * 0.2)
    assert found == {
        "radius_m": [0.1, 0.5],
        "height_m": [-0.3, 0.1],
        "positions": [1, 3],
        "error_mean_cm": [7.0, 3.0],
    }


def test_every_position_is_in_one_cell_of_the_error_map(rng):
    positions, errors_cm = rng.uniform(-1, 1, (500, 3)), rng.uniform(0, 9, 500)
    found = evaluation.error_map(of_position(errors_cm), positions, reach_m=2.0)
    assert sum(found["positions"]) == 500
    assert np.average(found["error_mean_cm"], weights=found["positions"]) == pytest.approx(errors_cm.mean(), rel=1e-4)
    bearing = rng.uniform(-np.pi, np.pi)
    turn = np.array([[np.cos(bearing), -np.sin(bearing), 0], [np.sin(bearing), np.cos(bearing), 0], [0, 0, 1]])
    assert evaluation.error_map(of_position(errors_cm), positions @ turn.T, reach_m=2.0) == found


def test_the_voxels_hold_every_target_once_and_know_its_bearing(rng):
    errors_cm = np.array([1.0, 3.0, 6.0, 7.0])
    positions = np.array([[0.3, 0.5, 0.1], [0.35, 0.45, 0.12], [-0.3, 0.5, 0.1], [0.0, 0.1, -0.3]])
    assert evaluation.error_voxels(of_position(errors_cm), positions, reach_m=evaluation.VOXELS * 0.2) == {
        "x_m": [-0.3, 0.1, 0.3],
        "y_m": [0.5, 0.1, 0.5],
        "z_m": [0.1, -0.3, 0.1],
        "targets": [1, 1, 2],
        "error_mean_cm": [6.0, 7.0, 2.0],
        "error_p95_cm": [6.0, 7.0, 2.9],
    }
    positions, errors_cm = rng.uniform(-1, 1, (500, 3)), rng.uniform(0, 9, 500)
    found = evaluation.error_voxels(of_position(errors_cm), positions, reach_m=2.0)
    assert sum(found["targets"]) == 500
    assert np.average(found["error_mean_cm"], weights=found["targets"]) == pytest.approx(errors_cm.mean(), rel=1e-4)


def test_errors_by_orientation_are_means_of_what_points_alike():
    directions = np.array([[1, 0.1, 0], [1, 0.5, 0.1], [-1, -0.0, 0], [-1, 0.0, 0], [0, 0, 1], [0.0, 0, -1]])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    found = evaluation.error_by_orientation(of_pose(6, [1.0, 3, 5, 7, 9, 11], [10.0, 20, 30, 40, 50, 60]), directions)
    low, high = 9.594, 56.443  # the arc sines of 1/6 and 5/6
    assert found == {
        "azimuth_deg": [-165, 15, 15, 15],
        "elevation_deg": pytest.approx([low, -high, low, high], abs=1e-3),
        "targets": [2, 1, 2, 1],
        "error_mean_cm": [6, 11, 2, 9],
        "angle_mean_deg": [35, 60, 15, 50],
        "cost_mean_cm": [76, 131, 32, 109],
    }


def test_cells_of_directions_have_equal_areas(rng):
    directions = rng.normal(size=(72_000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    found = evaluation.error_by_orientation(of_pose(72_000, 1.0, 2.0), directions)
    assert len(set(zip(found["azimuth_deg"], found["elevation_deg"], strict=True))) == 72
    assert sum(found["targets"]) == 72_000
    assert np.abs(np.array(found["targets"]) / 1000 - 1).max() < 4.5 / 1000**0.5, "as chance allows"


def test_quantiles_are_what_a_share_of_the_positions_stays_within():
    errors_cm = np.linspace(0, 10, 1001)
    found = evaluation.quantiles(of_position(errors_cm))
    assert list(found) == ["share", "error_cm"]
    for share, error_cm in zip(found["share"], found["error_cm"], strict=True):
        assert (errors_cm <= error_cm).mean() == pytest.approx(share, abs=1e-3)
    assert found["share"][-1] == 1.0


class Forgetful(Perfect):
    """Writes over what it is asked."""

    def joint_angles(self, positions):
        positions[:] = 0
        return self._joint_angles


def test_a_model_that_writes_over_what_it_is_asked_is_judged_on_what_it_was_asked(planar3, planar3_chain, angles):
    wanted = planar3_chain.positions(angles) + np.array([0.03, -0.04, 0])
    before, space = wanted.copy(), JointSpace.of(planar3, 90)
    errors_cm = distance_errors_cm(Forgetful(angles), planar3_chain, wanted, space)
    np.testing.assert_allclose(errors_cm, 5.0)
    np.testing.assert_array_equal(wanted, before)


def test_of_many_guesses_the_nearest_counts_for_every_position(planar3_chain, rng):
    """Also where positions are so many that they are guessed for in blocks, of unequal lengths."""
    guesses = rng.uniform(-1, 1, (2501, 4, 3))
    wanted = planar3_chain.positions(rng.uniform(-1, 1, (2501, 3)))
    left = list(guesses)

    class Guessing(Solver):
        def solve(self, targets, samples=1):
            return np.array([left.pop(0)[:samples] for _ in targets])

    reached = planar3_chain.positions(guesses.reshape(-1, 3)).reshape(2501, 4, 3)
    nearest_cm = 100 * np.linalg.norm(reached - wanted[:, None], axis=2).min(axis=1)
    found = distance_errors_cm(BestOf(Guessing(), planar3_chain, 4), planar3_chain, wanted, SPACE)
    np.testing.assert_allclose(found, nearest_cm, rtol=1e-12)
    assert left == []


def test_more_guesses_are_never_worse(planar3, planar3_chain, angles):
    network = InverseNetwork(3, "he_uniform", torch.Generator().manual_seed(0), latent_size=2)
    wanted = planar3_chain.positions(angles)
    space = Normaliser.of_joint_space(JointSpace.of(planar3, 90))
    model = NetworkSolver(network, Normaliser.of_inputs(wanted), space, 64)
    one, four, many = (
        distance_errors_cm(BestOf(model, planar3_chain, n), planar3_chain, wanted, SPACE).mean() for n in (1, 4, 32)
    )
    assert many < four < one
    np.testing.assert_array_equal(
        BestOf(model, planar3_chain, 1).solve(wanted)[:, 0], model.joint_angles(wanted), "of one, it is that one"
    )
    ordered = BestOf(model, planar3_chain, 8).solve(wanted, 8)
    reached = planar3_chain.positions(ordered.reshape(-1, 3)).reshape(*ordered.shape)
    assert (np.diff(np.linalg.norm(reached - wanted[:, None], axis=2)) >= 0).all(), "the nearest first"
