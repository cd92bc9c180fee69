"""Aligning a network to a changed arm by a few measurements."""

import numpy as np
import pytest

from emssl_bench.adaptation.alignment import align
from emssl_bench.data import Dataset
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.base import Problem
from emssl_bench.methods.emssl import Emssl
from emssl_bench.seeding import Seeds


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


@pytest.mark.parametrize("count", [1, 2, 3])
def test_aligning_by_too_few_measurements_to_know_changes_nothing_without_cause(planar3, planar3_chain, count):
    data = Dataset.sample(planar3_chain, JointSpace.of(planar3, 90), 300, 100, Seeds(0)).train.unlabelled()
    model = Emssl().new_solver(Problem(data, None, Seeds(0)))
    answers = model.joint_angles(data.targets)
    align(model, data.targets[:count], data.targets[:count])
    np.testing.assert_allclose(model.joint_angles(data.targets), answers, atol=1e-4)
