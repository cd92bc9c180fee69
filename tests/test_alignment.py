"""Aligning a network to a changed arm by a few measurements."""

import numpy as np
import pytest

from emssl_bench.adaptation.alignment import align
from emssl_bench.data import Dataset
from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.base import Problem
from emssl_bench.methods.emssl import Emssl
from emssl_bench.methods.emssl_plus import EmsslPlus
from emssl_bench.seeding import Seeds
from emssl_bench.tasks.pose import POSE


def test_aligning_undoes_an_affine_change_and_leaves_a_network_as_it_was_if_there_is_none(planar3, planar3_chain):
    space = JointSpace.of(planar3, 90)
    data = Dataset.sample(planar3_chain, space, 300, 100, Seeds(0)).train.unlabelled()
    model = Emssl().new_solver(Problem(data, None, Seeds(0)))
    answers = model.joint_angles(data.targets)

    turned = np.array([[0.8, 0.3, 0.0], [-0.2, 1.1, 0.0], [0.0, 0.0, 1.0]])  # and skewed: not its own transpose

    def shrunk(positions):
        return positions @ turned.T + [0.01, -0.02, 0.0]

    align(model, shrunk(data.targets[:20]), data.targets[:20])
    np.testing.assert_allclose(model.joint_angles(shrunk(data.targets)), answers, atol=1e-4)
    align(model, data.targets[:20], data.targets[:20])
    np.testing.assert_allclose(model.joint_angles(shrunk(data.targets)), answers, atol=1e-4)


def test_a_network_that_corrects_itself_is_aligned_with_what_corrects_it(planar3, planar3_chain):
    """Else its corrections would be those of the arm before it changed, whatever its input."""
    space = JointSpace.of(planar3, 90)
    data = Dataset.sample(planar3_chain, space, 300, 100, Seeds(0), POSE).train.unlabelled()
    method = EmsslPlus(iterations=1, epochs=1, components=2, corrections=2)
    *_, solver = (progress.solver for progress in method.learn(Problem(data, planar3_chain, Seeds(0))))
    few = data.targets[:10]
    joint_angles = solver.joint_angles(few)
    reached = ChainArm(planar3.lengthened(0.03)).frames(joint_angles)
    measured = solver.corrections.aims_scale.normalise(POSE.coordinates(reached))
    assert np.abs(solver.corrections.expected(joint_angles) - measured).max() > 0.1
    align(solver, reached, few)
    np.testing.assert_allclose(
        solver.corrections.expected(joint_angles), measured, atol=1e-3, err_msg="so few are fitted exactly"
    )


@pytest.mark.parametrize("count", [1, 2, 3])
def test_aligning_by_too_few_measurements_to_know_changes_nothing_without_cause(planar3, planar3_chain, count):
    data = Dataset.sample(planar3_chain, JointSpace.of(planar3, 90), 300, 100, Seeds(0)).train.unlabelled()
    model = Emssl().new_solver(Problem(data, None, Seeds(0)))
    answers = model.joint_angles(data.targets)
    align(model, data.targets[:count], data.targets[:count])
    np.testing.assert_allclose(model.joint_angles(data.targets), answers, atol=1e-4)
