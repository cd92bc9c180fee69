"""The Jacobian of a network, in closed form: against automatic differentiation, differences and its own inverse."""

from copy import deepcopy
from functools import partial

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from emssl_bench import tasks
from emssl_bench.exceptions import Diverged, InvalidValue
from emssl_bench.joint_space import JointSpace
from emssl_bench.solvers.circles import on_circles, spans_of
from emssl_bench.solvers.guesses import NetworkGuesses, RandomGuesses, guesses_of
from emssl_bench.solvers.kinematics import Chain, CompiledArm
from emssl_bench.solvers.latent import latent_values
from emssl_bench.solvers.network_jacobian import linearised
from tests.models import untrained_convolutional, untrained_corrected, untrained_mixture, untrained_network
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


@pytest.mark.parametrize(
    ("made", "latent_size"),
    [(untrained_network, 0), (partial(untrained_network, latent_size=3), 3), (untrained_mixture, 0)],
)
def test_it_is_that_of_automatic_differentiation(made, latent_size, task, targets, space):
    solver = made(space, targets, task)
    solver.inference_batch = 25  # so that there are several
    features, motions = task.features(targets), task.motions(targets)
    angles, changes = linearised(solver, targets, motions.features)
    np.testing.assert_allclose(angles, solver.joint_angles(targets), atol=1e-5)
    exact = made(space, targets, task).network.double()
    gain, shift = map(torch.from_numpy, solver.inputs_scale.gain_and_shift)
    latent = torch.from_numpy(latent_values(features, 1, latent_size)[:, 0]).double()

    def shares(row, latent):
        return exact((row * gain + shift)[None], latent[None] if latent_size else None)[0]

    of_features = torch.func.vmap(torch.func.jacrev(shares))(torch.from_numpy(features), latent).detach().numpy()
    expected = of_features * np.subtract(space.upper, space.lower)[:, None] @ motions.features
    np.testing.assert_allclose(changes, expected, atol=2e-5 * np.abs(expected).max())


@pytest.mark.parametrize("made", [untrained_network, untrained_mixture, untrained_convolutional])
def test_it_says_how_solutions_change_as_targets_move(made, task, targets, space):
    solver, step = made(space, targets, task), 1e-4
    changes = linearised(solver, targets, task.motions(targets).features).changes
    ways = np.eye(changes.shape[2])
    there, back = ([solver.joint_angles(moved(targets, sign * step * way)) for way in ways] for sign in (1, -1))
    expected = (np.stack(there, axis=2) - np.stack(back, axis=2)) / (2 * step)
    apart = np.linalg.norm(changes - expected, axis=(1, 2)) / np.linalg.norm(expected, axis=(1, 2))
    assert np.median(apart) < 0.01, "single precision, and some kinks"
    assert np.quantile(apart, 0.9) < 0.15


def moved(targets, way):
    """Targets shifted by the first three numbers [m] and turned by the others, 0.3 m a radian."""
    shifted = targets[:, :3] + way[:3]
    if targets.shape[1] == 3:
        return shifted
    turned = Rotation.from_rotvec(way[3:] / 0.3) * Rotation.from_quat(targets[:, 3:])
    return np.concatenate([shifted, turned.as_quat()], axis=1)


def test_a_guess_undoes_what_the_network_does(task, targets, space):
    # What the network changes joint angles by for a motion brings the arm, by the guessed Jacobian, just that motion.
    solver, motions = untrained_network(space, targets, task), task.motions(targets)
    _, jacobians = NetworkGuesses(solver, RandomGuesses(space, task)).first(targets)
    changes = linearised(solver, targets, motions.features).changes
    sound = np.linalg.cond(changes) < 500  # smaller singular values are cut
    assert sound.sum() > COUNT / 2
    np.testing.assert_allclose((jacobians @ changes)[sound], motions.coordinates[sound], atol=1e-9)


def test_a_corrected_solution_goes_with_the_jacobian_of_the_forward_network(task, targets, space):
    solver, step = untrained_corrected(space, targets, task), 1e-6
    guesses = guesses_of(solver, space)
    angles, jacobians = guesses.first(targets)
    np.testing.assert_array_equal(angles, solver.joint_angles(targets))
    assert jacobians.shape == (COUNT, task.coordinates(targets).shape[1], 6)
    exact, spans = deepcopy(solver.corrections.forward).double(), spans_of(solver.joints_scale).double()

    def led_to(angles):
        points = on_circles(torch.from_numpy(solver.joints_scale.normalise(angles)), spans)
        return solver.corrections.aims_scale.restore(exact(points.flatten(1)).detach().numpy())

    ways = [(led_to(angles + step * way) - led_to(angles - step * way)) / (2 * step) for way in np.eye(6)]
    expected = np.stack(ways, axis=2)
    np.testing.assert_allclose(jacobians, expected, atol=1e-5 * np.abs(expected).max())
    assert np.abs(guesses.another(targets, 1)[0] - angles).max() > 0.01


@pytest.mark.parametrize("made", [untrained_network, untrained_mixture])
def test_nothing_comes_of_nothing(made, task, targets, space):
    solver, none = made(space, targets, task), targets[:0]
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
