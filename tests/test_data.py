import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import robots
from emssl_bench.data import Dataset
from emssl_bench.exceptions import InvalidValue, ShapeError
from emssl_bench.joint_space import JointSpace, narrowed
from emssl_bench.scaling import Normaliser
from emssl_bench.seeding import Seeds


def test_the_joint_space_is_the_range_on_every_joint(paper6):
    space = JointSpace.of(paper6, 90)
    assert space.lower == (-math.pi / 2,) * 6
    assert space.upper == (math.pi / 2,) * 6


def test_the_joint_space_stays_within_the_arms_limits():
    panda = robots.load("panda7")
    space = JointSpace.of(panda, 180)
    for joint, lower, upper in zip(panda.joints, space.lower, space.upper, strict=True):
        assert joint.lower <= lower < upper <= joint.upper


@pytest.mark.parametrize("joint_range_deg", [0, -90, 361, math.nan, math.inf])
def test_a_joint_range_that_is_none_is_refused(paper6, joint_range_deg):
    with pytest.raises(InvalidValue, match="over 0 and at most 360"):
        JointSpace.of(paper6, joint_range_deg)


def test_all_methods_of_a_seed_get_the_same_data(planar3, planar3_chain):
    space = JointSpace.of(planar3, 90)
    first, second = (Dataset.sample(planar3_chain, space, 50, 20, Seeds(3)) for _ in range(2))
    np.testing.assert_array_equal(first.test_targets, second.test_targets)
    np.testing.assert_array_equal(first.train.targets, second.train.targets)
    other = Dataset.sample(planar3_chain, space, 50, 20, Seeds(4))
    assert not np.array_equal(first.test_targets, other.test_targets)


def test_no_method_is_judged_on_what_it_learned_from(planar3, planar3_chain):
    data = Dataset.sample(planar3_chain, JointSpace.of(planar3, 90), 50, 20, Seeds(3))
    learned_from, judged_on = (set(map(tuple, each)) for each in (data.train.targets, data.test_targets))
    assert (len(learned_from), len(judged_on)) == (50, 20)
    assert not learned_from & judged_on
    chosen_on = data.validation()
    assert not set(map(tuple, chosen_on.train.targets)) & set(map(tuple, chosen_on.test_targets))


def test_labels_are_what_led_to_the_positions(planar3, planar3_chain):
    data = Dataset.sample(planar3_chain, JointSpace.of(planar3, 180), 50, 20, Seeds(0)).train
    np.testing.assert_array_equal(planar3_chain.positions(data.joint_angles), data.targets)


def test_settings_are_chosen_on_training_samples_alone(planar3, planar3_chain):
    data = Dataset.sample(planar3_chain, JointSpace.of(planar3, 90), 50, 20, Seeds(0))
    chosen_on = data.validation()
    together = np.concatenate([chosen_on.train.targets, chosen_on.test_targets])
    np.testing.assert_array_equal(together, data.train.targets)
    assert len(chosen_on.test_targets) == 10
    np.testing.assert_array_equal(chosen_on.train.joint_angles, data.train.joint_angles[:40])


def test_samples_are_uniform_over_the_whole_space(rng):
    space = JointSpace((-1.0, 0.0, -0.5), (2.0, 0.4, 0.25))
    samples = space.sample(20_000, rng)
    lower, upper = np.array(space.lower), np.array(space.upper)
    shares = np.linspace(0.05, 0.95, 7)
    found = np.quantile((samples - lower) / (upper - lower), shares, axis=0)
    np.testing.assert_allclose(found, np.repeat(shares[:, None], 3, axis=1), atol=0.02)
    assert (samples >= lower).all()
    assert (samples <= upper).all()
    assert np.abs(np.corrcoef(samples.T) - np.eye(3)).max() < 0.05


def test_noise_is_a_share_of_each_joints_range_and_stays_within_it(rng):
    space = JointSpace((-1.0, 0.0, -0.5), (2.0, 0.4, 0.25))
    middle = np.tile((np.array(space.lower) + space.upper) / 2, (5000, 1))
    moved = space.jittered(middle, 0.05, rng) - middle
    np.testing.assert_allclose(moved.std(axis=0), 0.05 * np.array([3.0, 0.4, 0.75]), rtol=0.05)
    np.testing.assert_allclose(moved.mean(axis=0), 0, atol=0.01)
    far = space.jittered(middle, 5.0, rng)
    for joint in range(3):
        assert (far[:, joint].min(), far[:, joint].max()) == (space.lower[joint], space.upper[joint])


@pytest.mark.parametrize("bound", [0, 1])
def test_an_answer_may_lie_outside_by_rounding_alone(bound):
    space = JointSpace((-1.0, 0.0), (2.0, 0.4))
    ends = np.array([space.lower, space.upper])
    outwards = np.array([[-1.0], [1.0]]) * np.eye(2)[bound]
    space.checked(ends + 1e-6 * outwards)
    for row in (0, 1):
        with pytest.raises(ShapeError, match=f"row 0 has .* for joint {bound + 1}, which moves within"):
            space.checked((ends + 1e-4 * outwards)[row : row + 1])


def test_streams_of_one_seed_differ_and_each_is_its_own():
    numbers = {Seeds(base).number(stream) for base in range(20) for stream in ("data", "weights", "order")}
    assert len(numbers) == 60
    assert Seeds(0).number("data") == Seeds(0).number("data")


@given(
    st.lists(st.tuples(st.floats(-10, 10), st.floats(0, 10)), min_size=1, max_size=7),
    st.sampled_from([(-1.0, 1.0), (0.0, 1.0)]),
)
def test_normalising_and_restoring_is_the_identity(columns, box):
    lower = tuple(low for low, _ in columns)
    upper = tuple(low + width for low, width in columns)
    scale = Normaliser(lower, upper, *box)
    corners = np.array([lower, upper])
    inside = scale.normalise(corners)
    assert (inside >= box[0] - 1e-9).all()
    assert (inside <= box[1] + 1e-9).all()
    np.testing.assert_allclose(scale.restore(inside), corners, atol=1e-9)


@given(st.lists(st.tuples(st.floats(-10, 10), st.floats(1e-3, 10)), min_size=1, max_size=7))
def test_gain_and_shift_normalise_too(columns):
    lower = tuple(low for low, _ in columns)
    scale = Normaliser(lower, tuple(low + width for low, width in columns), -1.0, 1.0)
    values = np.linspace(lower, scale.upper, 5)
    gain, shift = scale.gain_and_shift
    np.testing.assert_allclose(values * gain + shift, scale.normalise(values), atol=1e-9)


@pytest.mark.parametrize("box", [(-1.0, 1.0), (0.0, 1.0), (2.0, 5.0)])
def test_bounds_are_mapped_to_bounds_however_wide_a_column_is(box):
    lower, widths = (-3.0, 0.5, 0.0, -0.001), (9.0, 1.0, 0.2, 0.0005)
    upper = tuple(low + width for low, width in zip(lower, widths, strict=True))
    scale = Normaliser(lower, upper, *box)
    middle = (np.array(lower) + upper) / 2
    expected = np.repeat([[box[0]], [box[1]], [sum(box) / 2]], 4, axis=1)
    np.testing.assert_allclose(scale.normalise(np.array([lower, upper, middle])), expected, atol=1e-9)


def test_a_column_that_never_varies_is_put_in_the_middle():
    scale = Normaliser.of_inputs(np.array([[0.0, 1.0, 2.0], [1.0, 1.0, 2.0]]))
    np.testing.assert_array_equal(scale.normalise(np.array([[0.5, 1.0, 2.0]])), [[0.0, 0.0, 0.0]])


def jointed(planar3, *limits, kind="revolute"):
    """`planar3` with the limits [deg, or m] of its first joints."""
    scale = math.radians if kind == "revolute" else float
    joints = [
        replace(joint, kind=kind, lower=scale(low), upper=scale(high))
        for joint, (low, high) in zip(planar3.joints, limits, strict=False)
    ]
    return replace(planar3, joints=(*joints, *planar3.joints[len(joints) :]))


def test_the_arms_own_limits_can_be_asked_for(planar3):
    arm = jointed(planar3, (47, 313), (-360, 360), (-math.inf, math.inf))
    space = JointSpace.of(arm, "limits")
    np.testing.assert_allclose(np.degrees(space.lower), [47, -360, -180])
    np.testing.assert_allclose(np.degrees(space.upper), [313, 360, 180])
    assert JointSpace.of(jointed(planar3, (-0.5, 7), kind="prismatic"), "limits").upper[0] == 7


@pytest.mark.parametrize("limits", [(-721, 721), (-1e9, 1e9), (-90, math.inf)])
def test_a_joint_that_turns_more_than_twice_around_has_one_turn_of_its_own(planar3, limits):
    space = JointSpace.of(jointed(planar3, limits), "limits")
    assert (space.lower[0], space.upper[0]) == (max(-math.pi, math.radians(limits[0])), math.pi)


def test_a_range_that_leaves_a_joint_nothing_names_the_way_on(planar3):
    with pytest.raises(InvalidValue, match=r"within \[47°, 313°\] and reaches none of ±40°: --joint-range limits"):
        JointSpace.of(jointed(planar3, (47, 313)), 40)


@pytest.mark.parametrize(
    ("limits", "joint_range_deg", "left"),
    [
        ((47, 313), 90, "43° of [47, 313]°"),
        ((47, 313), 180, "133° of [47, 313]°"),
        ((47, 313), "limits", None),
        ((-10, 10), 90, None),
        ((-60, 180), 90, None),
        ((-math.inf, math.inf), 5, None),
        ((-180, 180), 5, None),
    ],
)
def test_a_range_that_takes_half_of_what_a_joint_could_do_is_said(planar3, limits, joint_range_deg, left):
    advice = "--joint-range limits takes the arm's own limits."
    expected = f"±{joint_range_deg}° leaves joint 'joint1' {left}: {advice}" if left else ""
    assert narrowed(jointed(planar3, limits), joint_range_deg) == expected
