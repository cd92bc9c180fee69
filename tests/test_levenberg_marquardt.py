"""Damped least squares on a known arm: what is reached, within limits, whatever else is asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import robots
from emssl_bench.exceptions import InvalidValue, ShapeError
from emssl_bench.experiments import target_sets
from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace
from emssl_bench.seeding import Seeds
from emssl_bench.solvers.levenberg_marquardt import LevenbergMarquardt
from emssl_bench.solvers.marquardt import frames_of
from emssl_bench.tasks import POSITION, task
from emssl_bench.tasks.pose import POSE, angles_rad
from tests import toy_task
from tests.random_urdfs import few
from tests.urdf_files import joint, limit, load, mimic

TASKS = {"position": POSITION, "pose": POSE}
FEW = 40


def uniform(arm, space, of_task, count, name="uniform"):
    return target_sets.targets(name, arm, space, of_task, count, Seeds(0).numpy(f"solvers {name}"))


def assert_kept(space, angles):
    assert (angles >= space.lower).all()
    assert (angles <= space.upper).all()


def errors(arm, of_task, angles, targets):
    """Distances [m] and angles [rad] to targets, by the float64 chain of torch."""
    found = ChainArm(arm).frames(angles)
    turned = angles_rad(found, targets) if of_task is POSE else np.zeros(len(targets))
    return np.linalg.norm(found[:, :3] - targets[:, :3], axis=1), turned


@pytest.fixture(scope="module")
def solvers(paper6):
    """A solver of positions and one of poses, of the same arm at ±90°."""
    space = JointSpace.of(paper6, 90)
    return {name: LevenbergMarquardt(paper6, space, each) for name, each in TASKS.items()}


@pytest.fixture(params=TASKS)
def solver(request, solvers):
    return solvers[request.param]


@pytest.fixture
def targets(solver):
    return uniform(solver.robot, solver.space, solver.task, FEW)


@pytest.fixture
def sliding(tmp_path):
    """An arm with prismatic joints, and one that follows another."""
    ways = ["0 0 1", "0 1 0", "0 1 0", "1 0 0", "0 0 1", "0 1 0", "0 0 1"]
    kinds = ["prismatic", *["revolute"] * 2, "prismatic", *["revolute"] * 3]
    more = [limit(-0.1, 0.3), "", "", limit(0.05, 0.2), "", limit(-9, 9) + mimic("j1", -0.5, 0.2), ""]
    joints = [
        joint(f"j{n}", "abcdefgh"[n], "bcdefgh"[n], kind, axis=way, more=own or limit(-2, 1.5))
        for n, (kind, way, own) in enumerate(zip(kinds, ways, more, strict=True))
    ]
    return load(tmp_path, *joints, joint("end", "h", "i", "fixed"), links="abcdefghi", tip="i")


@pytest.mark.parametrize("name", ["paper6", "ur5"])
@pytest.mark.parametrize(("task_name", "at_least"), [("position", 1.0), ("pose", 0.999)])
def test_uniform_targets_at_180_degrees_are_reached(name, task_name, at_least):
    arm, of_task = robots.load(name), task(task_name)
    space = JointSpace.of(arm, 180)
    targets = uniform(arm, space, of_task, 2_000)
    found = LevenbergMarquardt(arm, space, of_task).answers(targets)
    assert found.reached.mean() >= at_least
    assert_kept(space, found.joint_angles)
    error_m, error_rad = errors(arm, of_task, found.joint_angles[found.reached], targets[found.reached])
    assert error_m.max() <= 1.001e-6
    assert error_rad.max() <= 1.001e-4
    assert 1 < found.steps.mean() < 100


@pytest.mark.parametrize("task_name", TASKS)
def test_joints_that_slide_or_follow_reach_too(sliding, task_name):
    space, of_task = JointSpace.of(sliding, 180), TASKS[task_name]
    targets = uniform(sliding, space, of_task, 300)
    found = LevenbergMarquardt(sliding, space, of_task).answers(targets)
    assert found.reached.all()
    assert_kept(space, found.joint_angles)
    error_m, error_rad = errors(sliding, of_task, found.joint_angles, targets)
    assert max(error_m.max(), error_rad.max() / 100) <= 1.001e-6


def test_errors_are_those_of_the_answers(solver, targets):
    targets[::2, :3] *= 3  # some out of reach
    found = solver.answers(targets)
    error_m, error_rad = errors(solver.robot, solver.task, found.joint_angles, targets)
    np.testing.assert_allclose(found.error_m, error_m, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.error_rad, error_rad, rtol=0, atol=1e-6)
    assert 0.3 < found.reached.mean() < 1
    np.testing.assert_array_equal(found.reached, (found.error_m <= 1e-6) & (found.error_rad <= 1e-4))


@few
@given(st.tuples(*3 * [st.floats(-1e6, 1e6) | st.floats(-1, 1)]), st.tuples(*4 * [st.floats(-1, 1)]).filter(any))
def test_limits_are_kept_whatever_the_target(solvers, position, quaternion):
    for solver in solvers.values():
        target = np.array([[*position, *quaternion][: solver.task.columns]])
        angles = solver.solve(solver.task.normalised(target), 2)
        assert_kept(solver.space, angles)


def test_limits_are_kept_where_starts_lie_outside(paper6):
    space = JointSpace.of(paper6, 90)
    outside = LevenbergMarquardt(paper6, space, starts=lambda rows: np.full((len(rows), 1, 6), 9.0), restarts=0)
    assert_kept(space, outside.answers(np.array([[0.2, 0.1, 0.3], [9, 9, 9]])).joint_angles)


def test_out_of_reach_the_tries_end_and_nothing_is_claimed(paper6):
    solver = LevenbergMarquardt(paper6, JointSpace.of(paper6, 90), restarts=7)
    found = solver.answers(np.array([[3.0, 0.0, 0.3], [0.2, 0.1, 0.3]]))
    assert found.reached.tolist() == [False, True]
    assert found.tries.tolist() == [1 + 7, 1]
    assert 1.5 < found.error_m[0] < 3
    assert found.steps[0] <= 8 * 40


def at_zero(targets):
    """Starts for `paper6`."""
    return np.zeros((len(targets), 1, 6))


@pytest.mark.parametrize("most", [1, 3])
def test_a_try_takes_no_more_steps_than_it_may(solvers, most):
    whole = solvers["pose"]
    targets = uniform(whole.robot, whole.space, POSE, FEW)
    found, usual = (
        LevenbergMarquardt(whole.robot, whole.space, POSE, at_zero, restarts=0, **few).answers(targets)
        for few in ({"most_steps": most}, {})
    )
    assert (found.steps == np.minimum(usual.steps, most)).all()
    assert usual.steps.max() > most


def test_a_coarse_tolerance_is_kept_to(paper6):
    space = JointSpace.of(paper6, 90)
    coarse = LevenbergMarquardt(paper6, space, tolerance_m=1e-2).answers(uniform(paper6, space, POSITION, 200))
    assert 1e-5 < coarse.error_m.max() <= 1e-2


def test_a_solution_depends_on_its_target_alone(solver, targets):
    together = solver.solve(targets, 3)
    assert together.shape == (FEW, 3, 6)
    order = np.random.default_rng(1).permutation(FEW)
    np.testing.assert_array_equal(solver.solve(targets[order], 3), together[order])
    np.testing.assert_array_equal(solver.solve(targets[:7]), together[:7, :1])
    for target, expected in zip(targets[:5], together[:5, 0], strict=True):
        np.testing.assert_array_equal(solver.answer(target).joint_angles, expected)
    assert solver.solve(targets[:0], 2).shape == (0, 2, 6)


def test_every_sample_is_another_solution(solver, targets):
    assert solver.stochastic
    solutions = solver.solve(targets, 3)
    for sample in range(3):
        found = solver.answers(targets, sample)
        assert found.reached.all()
        np.testing.assert_array_equal(found.joint_angles, solutions[:, sample])
    apart = np.abs(solutions[:, [0, 0, 1]] - solutions[:, [1, 2, 2]]).max(axis=2)
    if solver.task is POSITION:  # of a pose, this arm often has one alone
        assert (apart > 0.1).mean() > 0.9


def test_one_answer_is_as_that_of_many(solver, targets):
    found, one = solver.answers(targets[:1]), solver.answer(targets[0])
    assert (one.error_m, one.error_rad, one.steps, one.tries) == (
        *(found.error_m[0], found.error_rad[0]),
        *(found.steps[0], found.tries[0]),
    )
    assert one.reached is True
    assert solver.answer(targets[0].astype(np.float32)).error_m <= 1e-6, "is checked and converted"


def test_the_sign_of_a_quaternion_does_not_matter_and_few_digits_do_not_either(solvers):
    solver = solvers["pose"]
    targets = uniform(solver.robot, solver.space, POSE, FEW)
    expected = solver.answers(targets)
    for times in (-1, 1.0009, -0.9991):
        again = solver.answers(targets * [1, 1, 1, *[times] * 4])
        assert again.reached.all()
        assert errors(solver.robot, POSE, again.joint_angles, targets)[1].max() <= 1.001e-4
    np.testing.assert_array_equal(
        solver.answers(targets * [1, 1, 1, -1, -1, -1, -1]).joint_angles, expected.joint_angles
    )


@pytest.mark.parametrize("times", [0, 2, -0.99])
def test_a_quaternion_of_another_length_is_refused(solvers, times):
    targets = uniform(solvers["pose"].robot, solvers["pose"].space, POSE, FEW)
    with pytest.raises(ShapeError, match=f"row 0 of the poses has a quaternion of length {abs(times)}"):
        solvers["pose"].answers(targets * [1, 1, 1, *[times] * 4])


def a_path(solver, count=80):
    """Targets (count, columns) along a line in joint space, and the joint angles (count, dof) that lead there."""
    ends = JointSpace.of(solver.robot, 60).sample(2, np.random.default_rng(5))
    angles = ends[0] + np.linspace(0, 0.3, count)[:, None] * (ends[1] - ends[0])
    frames = frames_of(angles, solver.chain.links)
    return np.ascontiguousarray(frames[:, : solver.task.columns]), angles


def test_a_path_is_followed_without_jumps_and_reached_as_before(solver):
    targets, angles = a_path(solver)
    found = solver.path(targets)
    assert found.reached.all()
    assert found.error_m.max() <= 1e-6
    assert np.abs(np.diff(found.joint_angles, axis=0)).max() < 0.1
    if solver.task is POSITION:
        assert np.abs(np.diff(solver.answers(targets).joint_angles, axis=0)).max() > 0.1, "each for itself"
    np.testing.assert_array_equal(found.joint_angles[0], solver.answers(targets[:1]).joint_angles[0])
    started = solver.path(targets, angles[0])
    assert started.reached.all()
    np.testing.assert_allclose(started.joint_angles[0], angles[0], atol=1e-12)
    assert np.abs(np.diff(started.joint_angles, axis=0)).max() < 0.1
    assert solver.path(targets[:1], angles[0]).reached.all()
    assert solver.path(targets[:0], angles[0]).joint_angles.shape == (0, 6)


def test_an_answer_starts_where_it_is_told_to(solver):
    targets, angles = a_path(solver)
    assert np.abs(solver.answer(targets[1], angles[0]).joint_angles - angles[1]).max() < 0.05
    far = solver.answer(targets[1], np.full(6, np.nan))
    np.testing.assert_array_equal(far.joint_angles, solver.answer(targets[1]).joint_angles)


def test_where_nothing_is_tried_nothing_is_claimed(paper6):
    solver = LevenbergMarquardt(paper6, JointSpace.of(paper6, 90), restarts=0)
    found = solver.answers(np.array([[0.2, 0.1, 0.3]]), sample=1)
    assert (found.reached[0], found.tries[0], found.error_m[0]) == (False, 0, np.inf)
    np.testing.assert_array_equal(found.joint_angles, np.zeros((1, 6)))


def test_targets_and_starts_that_are_none_are_refused(solver, targets, as_users_run):
    spoiled = targets.copy()
    spoiled[1, 0] = np.nan
    for wrong in (targets[:, 1:], spoiled, np.full_like(targets, np.inf), targets + 1e7, targets[0]):
        for ask in (solver.solve, solver.answers, solver.path):
            with pytest.raises(ShapeError):
                ask(wrong)
    for wrong in (targets[0, 1:], spoiled[1], targets[0] + 1e7, targets[0] + 1e200, targets[:2]):
        with pytest.raises(ShapeError):
            solver.answer(wrong)
    for start in (np.zeros(5), np.zeros(7)):
        with pytest.raises(ShapeError):
            solver.answer(targets[0], start)
        with pytest.raises(ShapeError):
            solver.path(targets, start)


def test_a_task_with_other_targets_is_refused(paper6):
    with pytest.raises(InvalidValue, match="least squares solve positions and poses, not above"):
        LevenbergMarquardt(paper6, JointSpace.of(paper6, 90), toy_task.ABOVE)


def test_starts_are_tried_first(paper6):
    known = JointSpace.of(paper6, 80).sample(5, np.random.default_rng(0))
    solver = LevenbergMarquardt(paper6, JointSpace.of(paper6, 90), starts=lambda rows: known[:, None])
    found = solver.answers(np.ascontiguousarray(frames_of(known, solver.chain.links)[:, :3]))
    np.testing.assert_allclose(found.joint_angles, known, atol=1e-12)
    assert found.steps.tolist() == [0] * 5
