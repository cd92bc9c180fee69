"""What an arm can reach at all."""

import math
from dataclasses import replace

import numpy as np
import torch

import robots
from emssl_bench.joint_space import JointSpace
from emssl_bench.solvers.least_squares import WITHIN_M, Search, _stepped, reachable
from robots.reach import Jacobian, positions


def test_where_joint_angles_lead_is_within_reach(paper6, paper6_chain, rng):
    space = JointSpace.of(paper6, 90)
    assert reachable(paper6, space, paper6_chain.positions(space.sample(1000, rng))).mean() >= 0.999


def test_what_is_farther_than_the_arm_is_long_is_not(paper6, rng):
    directions = rng.normal(size=(50, 3))
    far = directions / np.linalg.norm(directions, axis=1, keepdims=True) * (paper6.reach_m + 2 * WITHIN_M)
    assert not reachable(paper6, JointSpace.of(paper6, 180), far).any()


def test_of_a_planar_arm_it_is_the_disc_that_its_links_say(planar3, rng):
    """At ±180° a planar 3R arm whose longest link is no longer than the others together reaches a whole disc."""
    radii = rng.uniform(0, planar3.reach_m * 1.3, 300)
    radii = radii[np.abs(radii - planar3.reach_m) > 5 * WITHIN_M]
    bearings = rng.uniform(-math.pi, math.pi, len(radii))
    wanted = np.column_stack([radii * np.cos(bearings), radii * np.sin(bearings), np.zeros(len(radii))])
    found = reachable(planar3, JointSpace.of(planar3, 180), wanted)
    np.testing.assert_array_equal(found, radii <= planar3.reach_m)


def test_a_millimetre_is_the_bound(planar3):
    space = JointSpace.of(planar3, 180)
    wanted = np.array([[planar3.reach_m + beyond_m, 0.0, 0.0] for beyond_m in (-0.001, 0.0005, 0.002, 0.005)])
    np.testing.assert_array_equal(reachable(planar3, space, wanted), [True, True, False, False])


def test_what_takes_joint_angles_outside_the_space_is_out_of_reach(planar3, planar3_chain, rng):
    """Stretched arms: of each position there is one configuration alone, up to whole turns."""
    bearings_deg = np.array([0.0, 20.0, 28.0, 35.0, 45.0, 90.0, 180.0])
    angles = np.radians(np.concatenate([bearings_deg, -bearings_deg]))
    stretched = planar3_chain.positions(np.column_stack([angles, np.zeros((len(angles), 2))]))
    np.testing.assert_array_equal(reachable(planar3, JointSpace.of(planar3, 30), stretched), np.abs(angles) < 0.53)


def test_the_search_never_leaves_the_joint_space(paper6, paper6_chain, rng):
    """Wherever it is drawn to: here by positions far off, from starts at the corners and near them."""
    space = JointSpace.of(paper6, 30)
    lower, upper = np.array(space.lower), np.array(space.upper)
    starts = np.where(rng.random((500, 6)) < 0.5, lower, upper) * rng.choice([1.0, 0.95], (500, 6))
    wanted = torch.as_tensor(rng.uniform(-2, 2, (500, 3)))
    angles = torch.as_tensor(starts)
    for _ in range(5):
        angles = _stepped(paper6_chain, angles, wanted, space)
        space.checked(angles.numpy())
    assert np.abs(angles.numpy() - starts).max() > 0.1, "it moves"


def test_the_search_of_single_targets_finds_corners_of_the_space_edges_and_what_is_far_out(planar3, rng):
    space = JointSpace.of(planar3, 90)
    corners = np.where(rng.random((20, 3)) < 0.5, space.lower, space.upper)
    drawn = space.sample(20_000, rng)
    far = drawn[np.argsort(-np.linalg.norm(positions(planar3, drawn), axis=1))[:20]]
    wanted = positions(planar3, np.concatenate([corners, far, drawn[:50]]))
    assert (Search(planar3, space).missed_m(wanted) <= WITHIN_M).all()


def test_the_search_of_single_targets_says_how_near_the_arm_comes(planar3):
    search = Search(planar3, JointSpace.of(planar3, 180))
    wanted = np.array([[0.3, 0.1, 0.25], [planar3.reach_m + 0.05, 0, 0], [0.3, 0.1, 0]])
    np.testing.assert_allclose(search.missed_m(wanted), [0.25, 0.05, 0], atol=WITHIN_M)


def test_the_reach_is_measured_and_never_more_than_its_bound(robot, rng):
    low, high = np.clip(np.array([(each.lower, each.upper) for each in robot.coordinates]).T, -math.pi, math.pi)
    found = positions(robot, rng.uniform(low, high, (20_000, robot.dof))) - robot.joints[0].origin_xyz_m
    farthest_m = np.linalg.norm(found, axis=1).max()
    assert farthest_m <= robot.reach_m + 1e-9
    assert farthest_m > 0.97 * robot.reach_m
    assert robot.reach_m <= robot.reach_bound_m + 1e-9


def test_the_reach_of_a_ur5_is_what_its_bent_links_let_it_have():
    ur5 = robots.load("ur5")
    assert (round(ur5.reach_m, 2), round(ur5.reach_bound_m, 2)) == (1.04, 1.19)


def test_an_elbow_that_cannot_stretch_has_less_reach(planar3):
    bent = replace(planar3, joints=(planar3.joints[0], *(replace(j, lower=1.0, upper=2.0) for j in planar3.joints[1:])))
    a, b, c = (math.hypot(*link) for link in planar3.links_m)
    expected = abs(a + b * np.exp(1j) + c * np.exp(2j))
    assert math.isclose(bent.reach_m, expected, rel_tol=1e-9)


def test_derivatives_are_those_that_small_steps_find(robot, rng):
    sliding = replace(robot.joints[1], kind="prismatic")
    following = replace(robot.joints[2], follows=robot.joints[0].name, multiplier=-0.7, offset=0.3)
    skew = replace(robot.joints[0], axis=(0.6, 0.0, 0.8))
    for arm in (robot, replace(robot, joints=(skew, sliding, following, *robot.joints[3:]))):
        jacobian = Jacobian(arm)
        for coordinates in rng.uniform(-2, 2, (3, arm.dof)):
            position, derivatives = jacobian(coordinates)
            np.testing.assert_allclose(position, positions(arm, coordinates[None])[0], atol=1e-14)
            steps = 1e-6 * np.eye(arm.dof)
            found = (positions(arm, coordinates + steps) - positions(arm, coordinates - steps)).T / 2e-6
            np.testing.assert_allclose(derivatives, found, atol=1e-8)
