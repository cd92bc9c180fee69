"""What answers are judged by, and the sets of targets that solvers are asked for."""

import math

import numpy as np
import pytest

import robots
from emssl_bench.experiments import target_sets
from emssl_bench.experiments.solvers import _judged, _solved
from emssl_bench.joint_space import JointSpace
from emssl_bench.seeding import Seeds
from emssl_bench.solvers.contenders.base import Answer
from emssl_bench.solvers.judge import brought_inside, judged
from emssl_bench.solvers.kinematics import Chain
from emssl_bench.solvers.levenberg_marquardt import LevenbergMarquardt
from emssl_bench.solvers.marquardt import frames_of, jacobians_of
from emssl_bench.tasks import POSITION, task
from emssl_bench.tasks.pose import POSE
from tests.urdf_files import joint, limit, load, mimic

REACHABLE = [name for name in target_sets.TARGET_SETS if name != "unreachable"]
TURN = math.tau


@pytest.fixture(scope="module")
def space(paper6):
    return JointSpace.of(paper6, 90)


@pytest.fixture(scope="module")
def chain(paper6, space):
    return Chain.of(paper6, space)


@pytest.fixture
def angles(space, rng):
    return space.sample(6, rng)


def drawn(name, arm, of_task=POSITION, count=200, seed=0, joint_range=90):
    space = JointSpace.of(arm, joint_range)
    return target_sets.targets(name, arm, space, of_task, count, np.random.default_rng(seed))


@pytest.mark.parametrize("of_task", [POSITION, POSE], ids=["position", "pose"])
def test_the_answer_itself_has_no_error(of_task, chain, angles):
    targets = frames_of(angles, chain.links)[:, : of_task.columns]
    verdict = judged(chain, angles, targets, of_task)
    assert verdict.within(1e-9, 1e-5).all()
    assert verdict.answered.all()


def test_errors_are_millimetres_and_degrees(chain, angles):
    targets = frames_of(angles, chain.links)
    moved = targets + np.array([0.003, 0, 0.004, 0, 0, 0, 0])
    verdict = judged(chain, angles, moved, POSE)
    np.testing.assert_allclose(verdict.error_mm, 5)
    assert verdict.within(5.001, 1).all()
    assert not verdict.within(4.999, 1).any()
    axis_turned = angles + np.array([0, 0, 0, 0, 0, 0.02])
    by_last = judged(chain, np.clip(axis_turned, *chain.bounds), targets, POSE)
    np.testing.assert_allclose(by_last.error_deg, math.degrees(0.02))
    assert not by_last.within(1e3, 1.1).any()
    assert (judged(chain, axis_turned, targets[:, :3], POSITION).error_deg == 0).all()


@pytest.mark.parametrize("turns", [-3, -1, 1, 2])
def test_whole_turns_bring_an_answer_inside(turns, chain, angles):
    targets = np.ascontiguousarray(frames_of(angles, chain.links)[:, :3])
    verdict = judged(chain, angles + turns * TURN, targets, POSITION)
    assert verdict.within(1e-6, 1).all()
    np.testing.assert_allclose(brought_inside(chain, angles + turns * TURN), angles, atol=1e-12)


def test_what_is_inside_stays_where_it_is(paper6, rng):
    wide = Chain.of(paper6, JointSpace.of(paper6, 180))
    angles = rng.uniform(*wide.bounds, (50, 6))
    np.testing.assert_array_equal(brought_inside(wide, angles), angles)
    at_bounds = np.array([wide.bounds[0] - 5e-7, wide.bounds[1] + 5e-7])
    np.testing.assert_array_equal(brought_inside(wide, at_bounds), at_bounds)


def test_an_answer_outside_the_limits_is_a_failure(chain, angles):
    angles[0, 2], angles[1, 2] = chain.bounds[1, 2] + 1e-3, chain.bounds[0, 2] - 1e-7
    targets = np.ascontiguousarray(frames_of(angles, chain.links)[:, :3])
    verdict = judged(chain, angles, targets, POSITION)
    assert verdict.inside.tolist() == [False, *[True] * 5]
    assert verdict.within(1e-3, 1).tolist() == [False, *[True] * 5]
    assert verdict.answered.all()
    assert _judged(verdict, [Answer(each) for each in angles])["outside_rate"] == pytest.approx(1 / 6)


def test_turns_that_would_move_the_arm_are_not_made(tmp_path):
    arm = load(
        *(tmp_path, joint("slide", "a", "b", "prismatic"), joint("half", "b", "c"), joint("twice", "c", "d")),
        joint("f", "d", "e", more=limit(-99, 99) + mimic("half", 0.5)),
        joint("g", "e", "f", more=limit(-99, 99) + mimic("twice", 2.0)),
        joint("end", "f", "g", "fixed"),
        **{"links": "abcdefg", "tip": "g"},
    )
    chain = Chain.of(arm, JointSpace.of(arm, 90))
    outside = np.full((1, 3), 0.5 + TURN)
    brought = brought_inside(chain, outside)
    np.testing.assert_allclose(brought, [[0.5 + TURN, 0.5 + TURN, 0.5]])
    np.testing.assert_allclose(frames_of(brought, chain.links)[:, :3], frames_of(outside, chain.links)[:, :3])


def test_rows_that_are_no_numbers_are_no_answers(chain, angles):
    targets = frames_of(angles, chain.links)
    angles[1], angles[3, 5] = np.nan, np.inf
    verdict = judged(chain, angles, targets, POSE)
    assert verdict.answered.tolist() == [True, False, True, False, True, True]
    for errors in (verdict.error_mm, verdict.error_deg):
        assert np.isnan(errors).tolist() == [False, True, False, True, False, False]
    assert verdict.within(1e9, 1e9).tolist() == verdict.inside.tolist() == verdict.answered.tolist()
    metrics = _judged(
        verdict, [Answer(row) if good else None for row, good in zip(angles, verdict.answered, strict=True)]
    )
    assert metrics["no_answer_rate"] == pytest.approx(1 / 3)
    assert metrics["success_rate_0.1mm"] == pytest.approx(2 / 3)
    assert metrics["error_max_mm"] < 1e-9
    assert "claimed_wrong_rate" not in metrics, "none tells"


def test_a_wrong_claim_is_found(chain, angles):
    targets = np.ascontiguousarray(frames_of(angles, chain.links)[:, :3])
    targets[:3] += 0.01
    verdict = judged(chain, angles, targets, POSITION)
    claims = [True, False, None, True, False, None]
    metrics = _judged(verdict, [Answer(row, claimed) for row, claimed in zip(angles, claims, strict=True)])
    assert metrics["claimed_wrong_rate"] == pytest.approx(1 / 6)
    assert metrics["success_rate_1mm"] == 0.5


def test_the_curve_of_success_ends_at_the_share_that_is_solved(chain, angles):
    targets = np.ascontiguousarray(frames_of(angles, chain.links)[:, :3])
    targets[0] += 1
    curve = _solved(judged(chain, angles, targets, POSITION), np.array([9, 5, 4, 3, 2, 1.0]))
    assert curve["cpu_seconds"] == [1, 2, 3, 4, 5]
    np.testing.assert_allclose(curve["share"], np.arange(1, 6) / 6)
    none = _solved(judged(chain, angles, targets + 1, POSITION), np.array([9, 5, 4, 3, 2, 1.0]))
    assert none == {"cpu_seconds": [1.0], "share": [0.0]}


@pytest.mark.parametrize("name", target_sets.TARGET_SETS)
@pytest.mark.parametrize("of_task", ["position", "pose"])
def test_a_set_is_the_same_by_its_seed(name, of_task, planar3):
    first = drawn(name, planar3, task(of_task), 150)
    assert first.shape == (150, task(of_task).columns)
    assert first.flags["C_CONTIGUOUS"]
    np.testing.assert_array_equal(drawn(name, planar3, task(of_task), 150), first)
    assert np.abs(drawn(name, planar3, task(of_task), 150, seed=1) - first).max() > 1e-3


@pytest.mark.parametrize("arm_name", ["paper6", "ur5"])
def test_reachable_sets_are_reached_and_the_other_is_not(arm_name):
    arm = robots.load(arm_name)
    for of_task in (POSITION, POSE):
        solver = LevenbergMarquardt(arm, JointSpace.of(arm, 90), of_task)
        for name in REACHABLE:
            assert solver.answers(drawn(name, arm, of_task)).reached.mean() >= 0.99, name
        few = LevenbergMarquardt(arm, JointSpace.of(arm, 90), of_task, solver.starts, restarts=10)
        assert not few.answers(drawn("unreachable", arm, of_task, 50)).reached.any()


def test_steps_along_paths_are_a_millimetre_and_no_more(robot):
    paths = drawn("path", robot, POSITION, 250)
    steps = np.linalg.norm(np.diff(paths, axis=0), axis=1)
    within = np.delete(steps, [99, 199])
    assert within.max() <= 0.001 * (1 + 1e-4), "the line is interpolated"
    assert np.median(within) > 0.0009
    assert steps[[99, 199]].min() > 0.002, "another path"


def test_half_of_the_joints_are_near_a_limit(chain, paper6, monkeypatch):
    asked = []
    monkeypatch.setattr(target_sets, "frames_of", lambda rows, links: (asked.append(rows), frames_of(rows, links))[1])
    drawn("limits", paper6)
    share = (asked[0] - chain.bounds[0]) / (chain.bounds[1] - chain.bounds[0])
    near = np.minimum(share, 1 - share)
    assert near.min() >= 0
    assert ((near <= 0.02).sum(axis=1) >= 3).all()
    assert 3 <= (near <= 0.02).sum(axis=1).mean() < 3.3
    assert 0.4 < (share[near <= 0.02] < 0.5).mean() < 0.6


def test_edges_are_far_and_singular_ones_are_singular(chain, paper6, monkeypatch):
    first = chain.links[0, 9:12]
    far, usual = (np.linalg.norm(drawn(name, paper6) - first, axis=1) for name in ("edge", "uniform"))
    assert np.quantile(usual, 0.93) < far.min()
    beyond = np.linalg.norm(drawn("unreachable", paper6) - first, axis=1)
    assert beyond.min() > 1.01 * far.max()
    asked = []
    monkeypatch.setattr(target_sets, "frames_of", lambda rows, links: (asked.append(rows), frames_of(rows, links))[1])
    for name in ("singular", "uniform"):
        drawn(name, paper6, POSE)
    least = [np.linalg.svd(jacobians_of(each, chain.links, 6, 0.3), compute_uv=False)[:, -1] for each in asked]
    assert least[0].max() < np.quantile(least[1], 0.1)


def test_a_volume_is_filled_more_evenly_than_joint_space_fills_it(paper6):
    def crowd(name):
        positions = drawn(name, paper6, count=2_000)
        return np.unique((positions / 0.08).round().astype(int), axis=0, return_counts=True)[1].std()

    assert crowd("volume") < 0.8 * crowd("uniform")


def test_targets_of_a_trial_are_those_of_its_seed_and_set():
    by_set = [Seeds(0).numpy(f"solvers {name}").random() for name in target_sets.TARGET_SETS]
    assert len({*by_set, Seeds(1).numpy("solvers uniform").random()}) == len(by_set) + 1
