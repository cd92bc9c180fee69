"""The compiled kinematics: where an arm is, how it moves, and what is stored of it."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

import robots
from emssl_bench.exceptions import RobotError, ShapeError
from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace
from emssl_bench.seeding import Seeds
from emssl_bench.solvers import kernel
from emssl_bench.solvers.kinematics import Chain, CompiledArm
from emssl_bench.solvers.marquardt import frames_of, jacobians_of
from emssl_bench.solvers.sample_table import SampleTable
from emssl_bench.tasks.pose import angles_rad
from tests.random_urdfs import few, many, urdf_files, written
from tests.test_random_followers import mimicking_files
from tests.urdf_files import joint, limit, load, mimic

WEIGHT = 0.3


def chain_of(arm):
    """The chain of an arm; where joints turn and slide makes no difference to it."""
    return Chain(Chain.of(arm, JointSpace((-1.0,) * arm.dof, (1.0,) * arm.dof)).links, np.array([[-1.0], [1.0]]))


def matrices(frames):
    return Rotation.from_quat(frames[:, 3:]).as_matrix()


def assert_same_frames(arm, angles, atol=1e-12):
    found, expected = frames_of(angles, chain_of(arm).links), ChainArm(arm).frames(angles)
    np.testing.assert_allclose(found[:, :3], expected[:, :3], rtol=0, atol=atol)
    np.testing.assert_allclose(matrices(found), matrices(expected), rtol=0, atol=atol)
    np.testing.assert_allclose(np.linalg.norm(found[:, 3:], axis=1), 1, rtol=0, atol=1e-15)


def assert_same_motion(arm, angles, rtol=1e-6):
    """Jacobians agree with central differences of the frames."""
    links, step = chain_of(arm).links, 1e-5
    found = jacobians_of(angles, links, 6, WEIGHT)
    np.testing.assert_array_equal(jacobians_of(angles, links, 3, WEIGHT), found[:, :3])
    for column, moved in enumerate(np.eye(arm.dof) * step):
        before, after = frames_of(angles - moved, links), frames_of(angles + moved, links)
        turned = Rotation.from_matrix(matrices(after) @ matrices(before).swapaxes(1, 2)).as_rotvec()
        expected = np.concatenate([after[:, :3] - before[:, :3], WEIGHT * turned], axis=1) / (2 * step)
        np.testing.assert_allclose(found[:, :, column], expected, rtol=0, atol=rtol * max(1.0, abs(expected).max()))


def test_every_arm_is_where_the_float64_chain_has_it(robot, rng):
    assert_same_frames(robot, rng.uniform(-4, 4, (300, robot.dof)))


def test_every_arm_moves_as_its_jacobian_says(robot, rng):
    assert_same_motion(robot, rng.uniform(-4, 4, (20, robot.dof)))


@many
@given(urdf_files(), st.integers(0, 10**6))
def test_arms_drawn_at_random_are_where_the_chain_has_them_and_move_so(tmp_path_factory, file, seed):
    document, tip, _ = file
    arm = robots.load(written(tmp_path_factory.mktemp("arms"), document), tip)
    angles = np.random.default_rng(seed).uniform(-3, 3, (4, arm.dof))
    assert_same_frames(arm, angles)
    assert_same_motion(arm, angles)


@few
@given(mimicking_files(), st.integers(0, 10**6))
def test_so_are_arms_whose_joints_follow_others(tmp_path_factory, file, seed):
    try:
        arm = robots.load(written(tmp_path_factory.mktemp("mimics"), file[0]), "tip")
    except RobotError:
        assume(False)
    angles = np.random.default_rng(seed).uniform(-1, 1, (4, arm.dof))
    assert_same_frames(arm, angles)
    assert_same_motion(arm, angles)


def test_a_joint_that_slides_or_follows_is_in_its_row(tmp_path):
    slide = joint("s", "a", "b", "prismatic", axis="1 0 0", more=limit(-0.1, 0.3))
    follower = joint("f", "c", "d", more=limit(-9, 9) + mimic("t", -2, 0.5))
    arm = load(tmp_path, slide, joint("t", "b", "c"), follower, joint("e", "d", "e", "fixed"), links="abcde", tip="e")
    chain = Chain.of(arm, JointSpace.of(arm, 90))
    assert chain.links[:-1, 12:].tolist() == [[1, 0, 1, 0], [0, 1, 1, 0], [0, 1, -2, 0.5]]
    assert (chain.dof, chain.bounds[:, 0].tolist()) == (2, [-0.1, 0.3])


def test_the_compiled_arm_is_a_forward_model(paper6, paper6_chain, rng):
    arm, angles = CompiledArm(Chain.of(paper6, JointSpace.of(paper6, 90))), rng.uniform(-2, 2, (5, 6))
    np.testing.assert_allclose(arm.positions(angles), paper6_chain.positions(angles), atol=1e-12)
    assert arm.frames(np.empty((0, 6))).shape == (0, 7)
    for wrong in (np.zeros((2, 5)), np.full((2, 6), np.nan)):
        with pytest.raises(ShapeError):
            arm.positions(wrong)


@many
@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4), st.floats(0.1, 10))
def test_quaternions_of_any_length_become_rotations_and_come_back(quaternion, length):
    assume(np.linalg.norm(quaternion) > 0.1)
    frame, turn, back = np.array([0, 0, 0, *quaternion]) * length, np.empty((3, 3)), np.zeros(7)
    kernel.fill_rotation(frame, turn)
    np.testing.assert_allclose(turn, matrices(frame[None])[0], rtol=0, atol=1e-14)
    kernel.fill_quaternion(turn, back)
    unit = frame[3:] / np.linalg.norm(frame[3:])
    np.testing.assert_allclose(abs(back[3:] @ unit), 1, rtol=0, atol=1e-14)


def missing(turned, turn):
    """The rotation vector (3,) that is missing, by the kernel, and the squares that it returns."""
    error = np.empty(6)
    squares = kernel.missing(np.zeros(3), turn, np.array([0.3, 0.0, 0.4]), turned, 6, WEIGHT, error)
    np.testing.assert_array_equal(error[:3], [0.3, 0, 0.4])
    return error[3:] / WEIGHT, squares


@pytest.mark.parametrize("angle", [0.0, 1e-12, 1e-7, 0.5, 3.0, np.pi - 1e-6])
def test_the_rotation_that_is_missing_is_exact(angle, rng):
    for _ in range(20):
        axis, turn = rng.normal(size=3), Rotation.random(rng=rng)
        rotation = Rotation.from_rotvec(angle * axis / np.linalg.norm(axis))
        found, (distance2, angle2) = missing((rotation * turn).as_matrix(), turn.as_matrix())
        np.testing.assert_allclose(found, rotation.as_rotvec(), rtol=0, atol=1e-9)
        assert distance2 == pytest.approx(0.25)
        assert angle2 == pytest.approx(angle**2, abs=1e-9)


@pytest.mark.parametrize("axis", range(3))
def test_half_a_turn_is_missing_about_its_axis(axis):
    half = np.diag(np.where(np.arange(3) == axis, 1.0, -1.0))
    found, (_, angle2) = missing(half, np.eye(3))
    assert abs(found[axis]) == pytest.approx(np.pi) == angle2**0.5
    assert np.count_nonzero(found) == 1


def test_small_systems_are_solved(rng):
    for size in (1, 3, 6):
        root, right = rng.normal(size=(size, size)), rng.normal(size=size)
        matrix = root @ root.T + 0.1 * np.eye(size)
        found = right.copy()
        kernel.solve_symmetric(np.tril(matrix), found, size)
        np.testing.assert_allclose(matrix @ found, right, atol=1e-9)


@pytest.fixture(scope="module")
def chain(paper6):
    return Chain.of(paper6, JointSpace.of(paper6, 90))


@pytest.mark.parametrize("poses", [False, True])
@pytest.mark.parametrize("starts", [1, 5])
def test_the_nearest_samples_of_the_cells_around_are_given(poses, starts, chain, paper6, rng):
    cells = 4
    table = SampleTable(chain, poses, 500, cells, starts)
    samples = np.random.default_rng((22, 20_000)).uniform(chain.bounds[0], chain.bounds[1], (500, 6))
    reached = frames_of(samples, chain.links)
    lowest, highest = reached[:, :3].min(axis=0), reached[:, :3].max(axis=0)
    targets = frames_of(JointSpace.of(paper6, 90).sample(60, rng), chain.links)
    targets[0, :3], targets[1, :3] = 9.0, -9.0  # outside of all cells

    def cell(rows):
        return np.clip(((rows[:, :3] - lowest) / (highest - lowest) * cells).astype(int), 0, cells - 1)

    found = table(targets if poses else np.ascontiguousarray(targets[:, :3]))
    assert found.shape == (60, starts, 6)
    for target, own, place in zip(targets, found, cell(targets), strict=True):
        rings = np.abs(cell(reached) - place).max(axis=1)
        ring = np.sort(rings)[starts - 1]
        apart = ((reached[:, :3] - target[:3]) ** 2).sum(axis=1)
        if poses:
            apart += 0.36 * np.sin(angles_rad(np.tile(target, (500, 1)), reached) / 2) ** 2
        nearest = np.argsort(np.where(rings <= ring, apart, np.inf))[:starts]
        np.testing.assert_array_equal(own, samples[nearest])


def test_fewer_samples_than_starts_are_given_again(chain):
    table = SampleTable(chain, False, 3, 2, 5)
    found = table(np.zeros((1, 3)))[0]
    assert len(np.unique(found, axis=0)) == 3
    np.testing.assert_array_equal(found[2:], found[[2, 2, 2]])
    assert table.bytes == 3 * (6 + 7) * 8


@pytest.mark.parametrize("seed", [0, 20_000, 22])
def test_no_target_is_a_stored_sample(seed, chain, paper6):
    table = SampleTable(chain, False, 20_000, 12, 1)
    for generator in (np.random.default_rng(seed), Seeds(seed).numpy("solvers uniform")):
        drawn = JointSpace.of(paper6, 90).sample(2_000, generator)
        started = table(np.ascontiguousarray(frames_of(drawn, chain.links)[:, :3]))[:, 0]
        assert np.abs(started - drawn).max(axis=1).min() > 1e-6
