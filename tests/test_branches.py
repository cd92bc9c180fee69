"""All solutions of a pose, in closed form."""

import importlib.util

import numpy as np
import pytest

import robots
from emssl_bench.exceptions import CannotSolve, MissingDependency
from emssl_bench.experiments.solution_sets import largest_turns_deg
from emssl_bench.joint_space import JointSpace
from emssl_bench.solvers.branches import Branches, SelfMotion, thinned
from emssl_bench.solvers.kinematics import Chain
from emssl_bench.solvers.levenberg_marquardt import LevenbergMarquardt
from emssl_bench.solvers.marquardt import frames_of
from emssl_bench.tasks.pose import POSE, angles_rad
from tests.urdf_files import joint, load

needs_eaik = pytest.mark.skipif(importlib.util.find_spec("eaik") is None, reason="needs eaik")


def reached_by(robot, joint_range, count):
    space = JointSpace.of(robot, joint_range)
    angles = space.sample(count, np.random.default_rng(5))
    return space, angles, frames_of(angles, Chain.of(robot, space).links)


@needs_eaik
@pytest.mark.parametrize(("joint_range", "fewest"), [(90, 1), (180, 2)])
def test_branches_are_exact_within_limits_distinct_and_all_that_a_search_finds(joint_range, fewest, paper6):
    space, angles, targets = reached_by(paper6, joint_range, 8)
    found = Branches(paper6, space).solutions(targets)
    search = LevenbergMarquardt(paper6, space, POSE, lambda rows: np.empty((len(rows), 0, 6)))
    for row, (target, branches) in enumerate(zip(targets, found, strict=True)):
        assert fewest <= len(branches) <= 8
        space.checked(branches)
        reached = frames_of(branches, search.chain.links)
        np.testing.assert_allclose(reached[:, :3], np.broadcast_to(target[:3], (len(branches), 3)), atol=1e-8)
        assert angles_rad(reached, np.broadcast_to(target, reached.shape)).max() < 1e-7
        apart = largest_turns_deg(branches, branches) + 360 * np.eye(len(branches))
        assert apart.min() > 0.1
        assert largest_turns_deg(branches, angles[row : row + 1]).min() < 1e-6
        searched = search.solve(target[None], 40)[0]
        nearest = largest_turns_deg(branches, searched)
        assert nearest.min(axis=0).max() < 0.5, "the search finds no other solution"
        if joint_range == 90:
            assert nearest.min(axis=1).max() < 0.5, "the search finds all of them"


@needs_eaik
def test_points_of_a_self_motion_are_exact_and_evenly_close(monkeypatch):
    pytest.importorskip("pybullet_data")
    monkeypatch.setattr(SelfMotion, "step_deg", 6.0)
    panda = robots.load("panda7")
    space, angles, targets = reached_by(panda, "limits", 2)
    swept = SelfMotion(panda, space)
    for own, target, points in zip(angles, targets, swept.solutions(targets), strict=True):
        assert len(points) > 20
        space.checked(points)
        reached = frames_of(points, swept.chain.links)
        np.testing.assert_allclose(reached[:, :3], np.broadcast_to(target[:3], (len(points), 3)), atol=1e-6)
        assert largest_turns_deg(points, own[None]).min() < 8
        apart = largest_turns_deg(points, points) + 360 * np.eye(len(points))
        assert apart.min() > 5
        assert np.median(apart.min(axis=0)) < 10


@needs_eaik
def test_an_elbow_that_the_self_motion_does_not_turn_is_not_locked():
    pytest.importorskip("pybullet_data")
    iiwa = robots.load("iiwa7")
    assert SelfMotion(iiwa, JointSpace.of(iiwa, "limits")).locked == [0, 1, 2, 4, 5, 6]


def test_what_is_left_of_thinned_points_is_near_all_of_them(rng):
    points = rng.uniform(-0.5, 0.5, (300, 2))
    kept = thinned(points, 10.0)
    apart = largest_turns_deg(kept, kept) + 360 * np.eye(len(kept))
    assert apart.min() > 10
    assert largest_turns_deg(kept, points).min(axis=0).max() <= 10
    assert len(thinned(points[:0], 10.0)) == 0


@needs_eaik
def test_an_arm_without_a_closed_form_is_refused(tmp_path):
    axes = ["1 2 3", "3 1 2", "2 3 1", "1 3 2", "3 2 1", "2 1 3", "1 1 2", "2 1 1"]
    joints = [
        joint(f"j{n}", "abcdefghi"[n], "abcdefghi"[n + 1], xyz=f"0.{n + 1} 0.0{n + 2} 0.2", axis=axis)
        for n, axis in enumerate(axes)
    ]
    odd = load(tmp_path, *joints, links="abcdefghi")
    with pytest.raises(CannotSolve, match="EAIK"):
        Branches(odd, JointSpace.of(odd, 90))
    with pytest.raises(CannotSolve, match="EAIK"):
        SelfMotion(odd, JointSpace.of(odd, 90))


def test_where_eaik_is_missing_it_says_what_to_install(paper6, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match=r"pip install 'emssl-bench\[peers\]'"):
        Branches(paper6, JointSpace.of(paper6, 90))
