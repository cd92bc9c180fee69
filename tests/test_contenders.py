"""The solvers of other packages, where these are installed."""

import importlib.util
import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import robots
from emssl_bench.exceptions import CannotSolve, MissingDependency
from emssl_bench.joint_space import JointSpace
from emssl_bench.solvers.contenders import CONTENDERS, contender
from emssl_bench.solvers.contenders.arm_file import BASE, TIP, urdf_text
from emssl_bench.solvers.contenders.eaik import _first_within
from emssl_bench.solvers.contenders.peer import Peer, matrix
from emssl_bench.solvers.kinematics import Chain
from emssl_bench.solvers.marquardt import frames_of
from emssl_bench.tasks import POSITION, task
from emssl_bench.tasks.pose import angles_rad
from robots.reach import positions
from tests.urdf_files import joint, limit, load, mimic

DEFAULTS = ("pybullet", "pinocchio-example", "rtb", "trac-ik", "optik", "mink", "scipy", "ikpy")
EXACT = (
    *("pybullet-tuned", "pinocchio", "rtb-exact", "trac-ik-patient"),
    *("eaik", "optik-exact", "mink-restarts", "scipy-restarts"),
)
PEERS = (*DEFAULTS, *EXACT)
TASKS = ("position", "pose")
TARGETS = 6
MOST = 0.6  # of the targets


def opened(name, robot, space, task_name):
    """The contender; the test is skipped where its package is not installed, or it is not made for the task."""
    kind = contender(name)
    if kind.not_installed():
        pytest.skip(f"needs {kind.not_installed()}")
    if task_name not in kind.tasks:
        pytest.skip("is not made for it")
    return kind(robot, space, task(task_name))


@pytest.fixture(scope="module", params=[("paper6", 90), ("paper6", 180), ("panda7", 180)], ids=str)
def arm(request):
    """An arm, its joint space, and frames that it reaches."""
    name, joint_range = request.param
    if name == "panda7":
        pytest.importorskip("pybullet_data")
    return reached_by(robots.load(name), joint_range)


def reached_by(robot, joint_range):
    space = JointSpace.of(robot, joint_range)
    angles = space.sample(TARGETS, np.random.default_rng(7))
    return robot, space, frames_of(angles, Chain.of(robot, space).links)


def asked(frames, task_name):
    return frames if task_name == "pose" else np.ascontiguousarray(frames[:, :3])


def apart(robot, space, angles, frames, task_name):
    """How far joint angles lead from frames, (n,) each: [m] and [rad]."""
    found = frames_of(angles, Chain.of(robot, space).links)
    turned = angles_rad(found, frames) if task_name == "pose" else np.zeros(len(frames))
    return np.linalg.norm(found[:, :3] - frames[:, :3], axis=1), turned


def within_limits(space, angles):
    """Joint angles brought into the limits by whole turns where these allow it, and which of them are inside."""
    lower, upper = np.array(space.lower), np.array(space.upper)
    angles = angles - math.tau * np.round((angles - (lower + upper) / 2) / math.tau)  # no slide is so long
    return angles, ((angles >= lower - 1e-6) & (angles <= upper + 1e-6)).all(axis=1)


def solved(robot, space, angles, frames, task_name):
    """Which frames joint angles reach to 0.1 mm and 0.1°, within limits."""
    angles, inside = within_limits(space, np.where(np.isnan(angles), 1e3, angles))
    apart_m, apart_rad = apart(robot, space, angles, frames, task_name)
    return inside & (apart_m < 1e-4) & (apart_rad < math.radians(0.1))


def test_the_table_has_them_all_after_our_own():
    peers = [name for name in CONTENDERS if issubclass(contender(name), Peer)]
    assert sorted(peers) == sorted(PEERS)
    assert list(CONTENDERS)[-len(peers) :] == peers
    assert len({contender(name).title for name in CONTENDERS}) == len(CONTENDERS)


@pytest.mark.parametrize("task_name", TASKS)
@pytest.mark.parametrize("name", EXACT)
def test_those_made_to_be_exact_reach_most_targets_within_limits(name, task_name, arm):
    robot, space, frames = arm
    try:
        solver = opened(name, robot, space, task_name)
    except CannotSolve:
        assert (name, robot.dof) == ("eaik", 7)
        return
    angles = solver.answers(asked(frames, task_name))
    assert angles.shape == (TARGETS, robot.dof)
    assert solved(robot, space, angles, frames, task_name).mean() >= MOST


@pytest.mark.parametrize("task_name", TASKS)
@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults_come_nearer_than_the_middle_of_the_ranges(name, task_name, arm):
    robot, space, frames = arm
    angles = opened(name, robot, space, task_name).answers(asked(frames, task_name))
    assert angles.shape == (TARGETS, robot.dof)
    middle = np.tile(np.mean([space.lower, space.upper], axis=0), (TARGETS, 1))
    found = np.where(np.isnan(angles), middle, angles)
    at_middle_m, apart_m = (apart(robot, space, each, frames, task_name)[0] for each in (middle, found))
    assert np.median(apart_m) < np.median(at_middle_m) / 1.5


@pytest.mark.parametrize("name", EXACT)
def test_a_target_out_of_reach_is_not_claimed(name, paper6):
    space = JointSpace.of(paper6, 180)
    task_name = "position" if "position" in contender(name).tasks else "pose"
    far = np.array([2 * paper6.reach_m, 0.1, 0.2, 0, 0, 0, 1])
    answer = opened(name, paper6, space, task_name).answer(asked(far[None], task_name)[0])
    assert answer is None or answer.claimed is False


@pytest.mark.parametrize("name", EXACT)
def test_what_is_claimed_is_reached(name, paper6):
    _, space, frames = reached_by(paper6, 180)
    task_name = contender(name).tasks[-1]
    solver = opened(name, paper6, space, task_name)
    told = [solver.answer(target) for target in asked(frames, task_name)]
    claimed = np.array([answer is not None and answer.claimed is True for answer in told])
    assert claimed.mean() >= MOST
    angles = np.array([answer.joint_angles if answer else np.full(6, np.nan) for answer in told])
    assert solved(paper6, space, angles, frames, task_name)[claimed].all()


@pytest.mark.parametrize("name", EXACT)
def test_from_joint_angles_nearby_an_answer_is_near_them(name, paper6):
    space = JointSpace.of(paper6, 180)
    task_name = contender(name).tasks[-1]
    solver = opened(name, paper6, space, task_name)
    before = 0.8 * space.sample(TARGETS, np.random.default_rng(3))
    targets = asked(frames_of(before + 0.01, Chain.of(paper6, space).links), task_name)
    answers = [solver.follow(target, angles).joint_angles for target, angles in zip(targets, before, strict=True)]
    assert np.median(np.abs(answers - before).max(axis=1)) < 0.02


def test_many_closed_forms_are_as_one_at_a_time(paper6):
    _, space, frames = reached_by(paper6, 90)
    solver = opened("eaik", paper6, space, "pose")
    frames = np.concatenate([frames, [[5, 5, 5, 0, 0, 0, 1]]])
    alone = [solver.answer(frame) for frame in frames]
    assert alone[-1] is None or not alone[-1].claimed
    alone = [answer.joint_angles if answer else np.full(6, np.nan) for answer in alone]
    np.testing.assert_allclose(solver.answers(frames), alone, atol=1e-9)
    assert solver.answers(frames[:0]).shape == (0, 6)


def test_of_closed_forms_the_first_exact_one_within_limits_is_chosen():
    angles = np.array([[2.0, 0.0], [0.5, 0.0], [math.tau + 0.5, 0.1], [0.0, 0.0]])
    middle, half = np.zeros(2), np.ones(2)
    assert _first_within(angles.copy(), np.array([False, True, False, False]), middle, half) == 2
    assert _first_within(angles.copy(), np.array([False, True, True, True]), middle, half) == 1
    assert _first_within(angles[:1].copy(), np.array([False]), middle, half) == -1
    _first_within(angles, np.zeros(4, dtype=bool), middle, half)
    np.testing.assert_allclose(angles[2], [0.5, 0.1])


@pytest.mark.parametrize("name", [name for name in PEERS if contender(name).packages])
def test_without_its_package_it_says_what_to_install(name, paper6, monkeypatch):
    kind = contender(name)
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda module: None if module in kind.packages else find(module))
    with pytest.raises(MissingDependency, match=f"pip install {' '.join(kind.packages.values())}"):
        kind(paper6, JointSpace.of(paper6, 90), task(kind.tasks[-1]))


@pytest.mark.parametrize("name", ["eaik", "optik", "trac-ik"])
def test_those_made_for_poses_refuse_positions(name, paper6, monkeypatch):
    monkeypatch.setattr(contender(name), "not_installed", staticmethod(lambda: []))
    with pytest.raises(CannotSolve, match="made for the task pose"):
        contender(name)(paper6, JointSpace.of(paper6, 90), POSITION)


@pytest.mark.parametrize("name", EXACT)
def test_joints_that_follow_others_are_solved_or_refused(name, tmp_path):
    follower = joint("three", "c", "d", axis="0 1 0", more=limit(-9, 9) + mimic("two", -0.5, 0.3))
    solved_or_refused(name, with_third(tmp_path, follower), name == "scipy-restarts")


@pytest.mark.parametrize("name", EXACT)
def test_prismatic_joints_are_solved_or_refused(name, tmp_path):
    slide = joint("slide", "c", "d", "prismatic", axis="0 0.6 0.8", more=limit(-0.2, 0.3))
    solved_or_refused(name, with_third(tmp_path, slide), name not in ("eaik", "optik-exact"))


def with_third(tmp_path, third):
    """An arm with such a third joint."""
    before = (joint("one", "a", "b", axis="0 0 1"), joint("two", "b", "c"))
    after = (joint("four", "d", "e", axis="1 0 0"), joint("five", "e", "f"), joint("six", "f", "g", axis="0 0 1"))
    end = joint("end", "g", "h", "fixed", xyz="0.3 0.1 0")
    return load(tmp_path, *before, third, *after, end, links="abcdefgh")


def solved_or_refused(name, robot, held):
    _, space, frames = reached_by(robot, 180)
    task_name = contender(name).tasks[0]
    if not held:
        with pytest.raises(CannotSolve, match="joints"):
            opened(name, robot, space, task_name)
        return
    angles = opened(name, robot, space, task_name).answers(asked(frames, task_name))
    assert solved(robot, space, angles, frames, task_name).mean() >= MOST


@pytest.mark.parametrize("name", PEERS)
def test_an_arm_that_is_read_otherwise_is_refused(name, paper6, monkeypatch):
    kind = contender(name)
    right = kind.reached
    monkeypatch.setattr(kind, "reached", lambda self, angles: right(self, angles + 2e-5))
    with pytest.raises(CannotSolve, match="another arm"):
        opened(name, paper6, JointSpace.of(paper6, 180), kind.tasks[-1])


@pytest.mark.parametrize("name", PEERS)
def test_nothing_is_printed(name, paper6, capfd):
    _, space, frames = reached_by(paper6, 180)
    task_name = contender(name).tasks[-1]
    opened(name, paper6, space, task_name).answers(asked(frames[:2], task_name))
    assert capfd.readouterr() == ("", "")


def test_the_file_that_they_read_is_our_arm_with_the_limits_of_the_space(paper6, tmp_path, rng):
    space = JointSpace.of(paper6, 75)
    path = tmp_path / "arm.urdf"
    path.write_text(urdf_text(paper6, space))
    read = robots.load(path, TIP, BASE)
    assert [(each.lower, each.upper) for each in read.joints] == list(zip(space.lower, space.upper, strict=True))
    angles = space.sample(20, rng)
    np.testing.assert_allclose(positions(read, angles), positions(paper6, angles), atol=1e-12)


def test_a_frame_as_a_matrix_and_a_position_with_the_orientation_of_the_base(rng):
    quaternion = rng.normal(size=4)
    quaternion /= np.linalg.norm(quaternion)
    frame = np.concatenate([[0.1, -0.2, 0.3], quaternion])
    placed = matrix(frame)
    np.testing.assert_allclose(placed[:3, :3], Rotation.from_quat(quaternion).as_matrix(), atol=1e-15)
    np.testing.assert_array_equal(placed[:3, 3], frame[:3])
    np.testing.assert_array_equal(matrix(frame[:3])[:3, :3], np.eye(3))
