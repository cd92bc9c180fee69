"""The task of poses: errors, costs and features of frames."""

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from emssl_bench import tasks
from emssl_bench.exceptions import InvalidValue, ShapeError, UnknownName
from emssl_bench.tasks.pose import METRES_A_RADIAN, POSE, angles_rad

FLIPPED = np.array([1, 1, 1, -1, -1, -1, -1])


@pytest.fixture
def frames(rng):
    """Frames (50, 7)."""
    return np.concatenate([rng.uniform(-1, 1, (50, 3)), Rotation.random(50, rng=rng).as_quat()], axis=1)


def turned(frames, angle_rad, rng):
    """The frames, turned by an angle about axes drawn at random."""
    axes = rng.normal(size=(len(frames), 3))
    by = Rotation.from_rotvec(angle_rad * axes / np.linalg.norm(axes, axis=1, keepdims=True))
    return np.concatenate([frames[:, :3], (by * Rotation.from_quat(frames[:, 3:])).as_quat()], axis=1)


def cost_cm(reached, targets, task=POSE):
    return task.cost_cm(task.errors(reached, targets))


def test_the_task_goes_by_its_name():
    assert tasks.task("pose") is POSE
    assert (POSE.name, POSE.columns, POSE.features_size) == ("pose", 7, 9)


@pytest.mark.parametrize("angle", [1e-7, 1e-3, 1.0, 3.0])
def test_angles_are_exact(angle, frames, rng):
    np.testing.assert_allclose(angles_rad(frames, turned(frames, angle, rng)), angle, rtol=1e-7, atol=1e-14)


def test_angles_of_equal_frames_are_zero(frames):
    assert angles_rad(frames, frames).max() < 1e-15
    assert angles_rad(frames, frames * FLIPPED).max() < 1e-15


def test_errors_are_distance_and_angle(frames, rng):
    there = turned(frames, 0.2, rng) + np.array([0.03, 0, -0.04, 0, 0, 0, 0])
    errors = POSE.errors(there, frames)
    assert errors.keys() == {"error_{}_cm", "angle_{}_deg"}
    np.testing.assert_allclose(errors["error_{}_cm"], 5)
    np.testing.assert_allclose(errors["angle_{}_deg"], np.degrees(0.2))
    np.testing.assert_allclose(cost_cm(there, frames), 5 + 0.2 * 30)


def test_the_sign_of_a_quaternion_does_not_matter(frames, rng):
    there = turned(frames, 0.3, rng)
    for ours, theirs in ((there * FLIPPED, frames), (there, frames * FLIPPED), (there * FLIPPED, frames * FLIPPED)):
        for name, expected in POSE.errors(there, frames).items():
            np.testing.assert_allclose(POSE.errors(ours, theirs)[name], expected, atol=1e-12)
        np.testing.assert_allclose(cost_cm(ours, theirs), cost_cm(there, frames), atol=1e-12)
    np.testing.assert_allclose(POSE.features(there * FLIPPED), POSE.features(there), atol=1e-15)
    np.testing.assert_allclose(POSE.coordinates(there * FLIPPED), POSE.coordinates(there), atol=1e-15)


@pytest.mark.parametrize("angle", [1e-4, 1e-2, 0.1])
def test_distances_of_coordinates_are_costs_for_small_angles(angle, frames, rng):
    there = turned(frames, angle, rng)
    apart = np.linalg.norm(POSE.coordinates(there) - POSE.coordinates(frames), axis=1)
    np.testing.assert_allclose(apart * 100, cost_cm(there, frames), rtol=angle**2 / 20 + 1e-9)
    np.testing.assert_allclose(apart, 2 * METRES_A_RADIAN * np.sin(angle / 2), rtol=1e-9)


def test_features_are_the_position_and_two_columns_of_the_rotation(frames):
    features = POSE.features(frames)
    matrices = Rotation.from_quat(frames[:, 3:]).as_matrix()
    assert features.shape == (50, 9)
    np.testing.assert_array_equal(features[:, :3], frames[:, :3])
    np.testing.assert_allclose(features[:, 3:6], matrices[:, :, 0], atol=1e-15)
    np.testing.assert_allclose(features[:, 6:], matrices[:, :, 1], atol=1e-15)


def test_no_frames_have_no_features_and_no_errors(frames):
    none = frames[:0]
    assert POSE.features(none).shape == (0, 9)
    assert POSE.coordinates(none).shape == (0, 12)
    assert cost_cm(none, none).shape == (0,)


def test_what_is_reached_are_the_arms_frames(paper6_chain, rng):
    angles = rng.uniform(-1, 1, (3, 6))
    np.testing.assert_array_equal(POSE.reached(paper6_chain, angles), paper6_chain.frames(angles))
    np.testing.assert_array_equal(POSE.positions(paper6_chain.frames(angles)), paper6_chain.positions(angles))
    np.testing.assert_array_equal(POSE.features(paper6_chain.frames(angles))[:, :3], paper6_chain.positions(angles))


def test_a_tool_points_along_its_z_axis_and_positions_do_not_say_where(frames):
    ahead = Rotation.from_quat(frames[:, 3:]).apply([0, 0, 1])
    np.testing.assert_allclose(POSE.directions(frames), ahead, atol=1e-15)
    np.testing.assert_allclose(POSE.directions(frames * FLIPPED), ahead, atol=1e-15)
    assert POSE.directions(frames[:0]).shape == (0, 3)
    assert tasks.POSITION.directions(frames[:, :3]) is None


def test_its_settings_are_part_of_its_name(frames, rng):
    heavy = tasks.task("pose:metres_a_radian=1,orientation=quaternion")
    assert heavy.text == "pose:orientation=quaternion,metres_a_radian=1.0"
    assert tasks.task(heavy.text) == heavy
    assert tasks.task("pose:orientation=rot6d,metres_a_radian=0.3").text == "pose"
    there = turned(frames, 0.2, rng)
    np.testing.assert_allclose(cost_cm(there, frames, heavy), 0.2 * 100)
    assert heavy.features(frames).shape == (50, heavy.features_size)
    np.testing.assert_array_equal(heavy.features(frames), heavy.features(frames * FLIPPED))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("pose:turn=1", "unknown setting of the task pose 'turn'"),
        ("pose:orientation=euler", "must be one of rot6d, quaternion"),
        ("pose:metres_a_radian=0", "over 0"),
        ("pose:metres_a_radian", "NAME=VALUE"),
        ("pose:", "unknown setting"),
        ("position:x=1", "unknown setting of the task position 'x'"),
    ],
)
def test_settings_that_it_cannot_have_are_told(text, complaint):
    with pytest.raises((UnknownName, InvalidValue), match=complaint):
        tasks.task(text)


@pytest.mark.parametrize("orientation", ["rot6d", "quaternion"])
def test_coordinates_have_gradients_through_the_arm(orientation, paper6_chain, rng):
    task = tasks.task(f"pose:orientation={orientation}")
    angles = torch.tensor(rng.uniform(-1, 1, (4, 6)), requires_grad=True)
    found = task.differentiable(paper6_chain, angles)
    np.testing.assert_allclose(
        found.detach(), task.coordinates(paper6_chain.frames(angles.detach().numpy())), atol=1e-12
    )
    assert torch.autograd.gradcheck(lambda q: task.differentiable(paper6_chain, q), angles)


@pytest.mark.parametrize("text", ["position", "pose", "pose:orientation=quaternion,metres_a_radian=2"])
def test_a_cost_in_metres_is_the_cost_in_centimetres(text, frames, rng):
    task = tasks.task(text)
    targets, reached = frames[:, : task.columns], turned(frames, 0.2, rng)[:, : task.columns] + 0.01
    np.testing.assert_allclose(task.cost_m(reached, targets) * 100, cost_cm(reached, targets, task), rtol=1e-14)


@pytest.mark.parametrize("text", ["position", "pose", "pose:orientation=quaternion"])
def test_features_are_within_their_bounds(text, frames):
    task = tasks.task(text)
    nearest, farthest = frames[:, :3].min(axis=0), frames[:, :3].max(axis=0)
    lower, upper = task.feature_bounds(nearest, farthest)
    features = task.features(frames[:, : task.columns])
    assert lower.shape == upper.shape == (task.features_size,)
    assert ((features >= lower) & (features <= upper)).all()
    np.testing.assert_array_equal((lower[:3], upper[:3]), (nearest, farthest))


def test_given_poses_get_unit_quaternions_and_stay_as_they_were(frames):
    given = frames * [1, 1, 1, *4 * [1.0009]]
    before = given.copy()
    np.testing.assert_allclose(POSE.normalised(POSE.checked(given)), frames, rtol=1e-12)
    np.testing.assert_array_equal(given, before)


def test_a_success_keeps_every_bound():
    errors = {"error_{}_cm": np.array([0.05, 0.05, 3.0, 0.9]), "angle_{}_deg": np.array([0.5, 30.0, 0.1, 4.9])}
    found = {name: within.tolist() for name, within in POSE.successes(errors).items()}
    first = [True, False, False, False]
    assert found == {"1mm": first, "5mm": first, "1cm": [True, False, False, True]}


@pytest.mark.parametrize("orientation", ["rot6d", "quaternion"])
@pytest.mark.parametrize("sign", [1, -1])
def test_features_and_coordinates_change_as_motions_say(orientation, sign, frames):
    task, step = tasks.task(f"pose:orientation={orientation},metres_a_radian=0.2"), 1e-6
    motions = task.motions(frames * FLIPPED if sign < 0 else frames)
    for way in range(6):
        there, back = (shifted_and_turned(frames, way, each) for each in (step, -step))
        for of, found in ((task.features, motions.features), (task.coordinates, motions.coordinates)):
            np.testing.assert_allclose((of(there) - of(back)) / (2 * step), found[:, :, way], atol=1e-8)


def shifted_and_turned(frames, way, by):
    """The frames, shifted along x, y or z (0 to 2) or turned about them (3 to 5), 0.2 m a radian."""
    found, axis = frames.copy(), np.eye(3)[way % 3]
    if way < 3:
        found[:, :3] += by * axis
    else:
        found[:, 3:] = (Rotation.from_rotvec(by / 0.2 * axis) * Rotation.from_quat(frames[:, 3:])).as_quat()
    return found


def test_no_motion_is_part_of_another(frames):
    coordinates = tasks.task("pose:metres_a_radian=0.2").motions(frames).coordinates
    expected = np.broadcast_to(np.eye(6), (50, 6, 6))
    np.testing.assert_allclose(coordinates.swapaxes(1, 2) @ coordinates, expected, atol=1e-14)


@pytest.mark.parametrize(
    ("quaternion", "complaint"),
    [
        (
            (0, 0, 0, 0),
            "row 1 of the poses has a quaternion of length 0, which is no orientation: 0 0 0 1",
        ),
        ((1, 1, 1, 1), "row 1 of the poses has a quaternion of length 2 and not 1: scaled it is 0.5 0.5 0.5 0.5"),
        ((0, 0, 0, 0.998), "length 0.998 and not 1: scaled it is 0 0 0 1"),
        ((0, 0, 0, np.inf), "poses, x y z and a quaternion x y z w, must be finite"),
    ],
)
def test_what_is_no_pose_is_refused(quaternion, complaint):
    with pytest.raises(ShapeError, match=complaint):
        POSE.checked([[1, 2, 3, 0, 0, 0, 1], [1, 2, 3, *quaternion]])


def test_poses_of_the_wrong_size_are_told_what_they_need(frames):
    says = r"poses, x y z and a quaternion x y z w, must have shape \(n, 7\), not"
    for wrong in ([0.1, 0.2, 0.3], frames[:, :6], np.zeros(6)):
        with pytest.raises(ShapeError, match=says):
            POSE.checked_one_or_more(wrong)
    rows, single = POSE.checked_one_or_more(frames[0])
    np.testing.assert_array_equal(rows, frames[:1])
    assert single
    with pytest.raises(ShapeError, match=r"targets must have shape \(n, 3\)"):
        tasks.POSITION.checked(frames)


def test_few_digits_are_a_pose_and_any_length_can_be_made_one(frames):
    np.testing.assert_array_equal(POSE.checked(frames.round(3)), frames.round(3))
    lengths = np.linspace(0.1, 5, len(frames))[:, None]
    np.testing.assert_allclose(POSE.normalised(np.hstack([frames[:, :3], lengths * frames[:, 3:]])), frames, atol=1e-15)


def test_success_asks_for_both_errors():
    for bounds in POSE.success.values():
        assert bounds.keys() == {"error_{}_cm", "angle_{}_deg"}
    tightest = [bounds["error_{}_cm"] for bounds in POSE.success.values()]
    assert tightest == sorted(tightest)


def test_the_way_between_frames_turns_about_one_axis_at_a_constant_rate(frames, rng):
    there = turned(frames, 2.0, rng) + np.array([0.3, 0, -0.4, 0, 0, 0, 0])
    for share in (0.0, 0.25, 1.0):
        between = POSE.between(frames, there, np.full(50, share))
        np.testing.assert_allclose(angles_rad(frames, between), 2 * share, atol=1e-12)
        np.testing.assert_allclose(angles_rad(between, there), 2 * (1 - share), atol=1e-12)
        np.testing.assert_allclose(np.linalg.norm(between[:, :3] - frames[:, :3], axis=1), 0.5 * share, atol=1e-12)
        flipped = POSE.between(frames * FLIPPED, there, np.full(50, share))
        np.testing.assert_allclose(angles_rad(flipped, between), 0, atol=1e-12)
    assert POSE.between(frames[:0], there[:0], np.empty(0)).shape == (0, 7)
