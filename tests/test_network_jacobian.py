"""The Jacobian of a network, in closed form: against automatic differentiation, differences and its own inverse."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from emssl_bench import tasks
from emssl_bench.exceptions import Diverged, InvalidValue
from emssl_bench.joint_space import JointSpace
from emssl_bench.solvers.guesses import NetworkGuesses, RandomGuesses
from emssl_bench.solvers.kinematics import Chain, CompiledArm
from emssl_bench.solvers.latent import latent_values
from emssl_bench.solvers.network_jacobian import linearised
from tests.models import untrained_network
from tests.toy_task import ABOVE

COUNT = 60


@pytest.fixture(scope="module")
def space(paper6):
    return JointSpace.of(paper6, 90)


@pytest.fixture(scope="module")
def frames(paper6, space):
    """Frames (60, 7) that the arm reaches."""
    return CompiledArm(Chain.of(paper6, space)).frames(space.sample(COUNT, np.random.default_rng(1)))


@pytest.fixture(params=["position", "pose", "pose:orientation=quaternion"])
def task(request):
    return tasks.task(request.param)


@pytest.fixture
def targets(task, frames):
    return np.ascontiguousarray(frames[:, : task.columns])


@pytest.mark.parametrize("latent_size", [0, 3])
def test_it_is_that_of_automatic_differentiation(latent_size, task, targets, space):
    solver = replace_batch(untrained_network(space, targets, task, latent_size), 25)
    features, motions = task.features(targets), task.motions(targets)
    angles, changes = linearised(solver, targets, motions.features)
    np.testing.assert_allclose(angles, solver.joint_angles(targets), atol=1e-5)
    exact = untrained_network(space, targets, task, latent_size).network.double()
    gain, shift = map(torch.from_numpy, solver.inputs_scale.gain_and_shift)
    latent = torch.from_numpy(latent_values(features, 1, latent_size)[:, 0]).double()

    def shares(row, latent):
        return exact((row * gain + shift)[None], latent[None] if latent_size else None)[0]

    of_features = torch.func.vmap(torch.func.jacrev(shares))(torch.from_numpy(features), latent).detach().numpy()
    expected = of_features * np.subtract(space.upper, space.lower)[:, None] @ motions.features
    np.testing.assert_allclose(changes, expected, atol=2e-5 * np.abs(expected).max())


def replace_batch(solver, rows):
    """The solver with so many rows in a batch, fewer than the targets."""
    solver.inference_batch = rows
    return solver


def test_it_says_how_solutions_change_as_targets_move(task, targets, space):
    solver, step = untrained_network(space, targets, task), 1e-4
    changes = linearised(solver, targets, task.motions(targets).features).changes
    ways = np.eye(changes.shape[2])
    there, back = ([solver.joint_angles(moved(targets, sign * step * way)) for way in ways] for sign in (1, -1))
    expected = (np.stack(there, axis=2) - np.stack(back, axis=2)) / (2 * step)
    apart = np.linalg.norm(changes - expected, axis=(1, 2)) / np.linalg.norm(expected, axis=(1, 2))
    assert np.median(apart) < 0.01, "single precision, and some kinks"
    assert np.quantile(apart, 0.9) < 0.15


def moved(targets, way):
    """Targets shifted by the first three numbers [m] and turned by the others [rad]."""
    shifted = targets[:, :3] + way[:3]
    if targets.shape[1] == 3:
        return shifted
    turned = Rotation.from_rotvec(way[3:]) * Rotation.from_quat(targets[:, 3:])
    return np.concatenate([shifted, turned.as_quat()], axis=1)


def test_a_guess_undoes_what_the_network_does(task, targets, space):
    # What the network changes joint angles by for a motion brings the arm, by the guessed Jacobian, just that motion.
    solver, motions = untrained_network(space, targets, task), task.motions(targets)
    _, jacobians = NetworkGuesses(solver, RandomGuesses(space, task)).first(targets)
    changes = linearised(solver, targets, motions.features).changes
    scaled = changes / np.linalg.norm(motions.coordinates, axis=1, keepdims=True)
    sound = np.linalg.cond(scaled) < 500  # smaller singular values are cut
    assert sound.sum() > COUNT / 2
    np.testing.assert_allclose((jacobians @ changes)[sound], motions.coordinates[sound], atol=1e-9)


def test_the_search_may_count_a_radian_otherwise(frames, space):
    solver = untrained_network(space, frames, tasks.task("pose"))
    heavy = replace(solver.task, metres_a_radian=0.9)
    usual, found = (NetworkGuesses(solver, RandomGuesses(space), task).first(frames)[1] for task in (None, heavy))
    own = NetworkGuesses(untrained_network(space, frames, heavy), RandomGuesses(space)).first(frames)[1]
    np.testing.assert_allclose(found, own, rtol=1e-9)
    assert np.abs(found[:, 3:] - usual[:, 3:]).max() > 0.01


def test_nothing_comes_of_nothing(task, targets, space):
    solver, none = untrained_network(space, targets, task), targets[:0]
    angles, changes = linearised(solver, none, task.motions(none).features)
    assert (angles.shape, changes.shape) == ((0, 6), (0, 6, 3 if task.columns == 3 else 6))


def test_a_task_that_does_not_say_how_targets_move_is_named(frames, space):
    plans = np.ascontiguousarray(frames[:, :2])
    guesses = NetworkGuesses(untrained_network(space, plans, ABOVE), RandomGuesses(space))
    with pytest.raises(InvalidValue, match="the task 'above' does not say how its targets move"):
        guesses.first(plans)


def test_weights_that_are_no_numbers_are_said(task, targets, space):
    solver = untrained_network(space, targets, task)
    with torch.no_grad():
        solver.network.layers[0].weight.fill_(float("nan"))
    with pytest.raises(Diverged, match="the network's outputs are not finite"):
        linearised(solver, targets, task.motions(targets).features)
