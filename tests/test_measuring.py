"""Noise of measured positions and frames."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from emssl_bench.adaptation.measured import NoisyArm
from emssl_bench.tasks.pose import METRES_A_RADIAN


def test_measured_noise_is_as_large_as_said(paper6_chain, rng):
    angles = rng.uniform(-1, 1, (5000, 6))
    noisy = NoisyArm(paper6_chain, 0.002, np.random.default_rng(0)).positions(angles)
    assert (noisy - paper6_chain.positions(angles)).std(axis=0) == pytest.approx(0.002, rel=0.05)
    exact = NoisyArm(paper6_chain, 0.0, np.random.default_rng(0)).positions(angles)
    np.testing.assert_array_equal(exact, paper6_chain.positions(angles))


def test_noise_turns_a_frame_as_far_as_it_shifts_it_at_0_3_m(paper6_chain, rng):
    angles = rng.uniform(-1, 1, (5000, 6))
    exact = paper6_chain.frames(angles)
    found = NoisyArm(paper6_chain, 0.002, np.random.default_rng(4)).frames(angles)
    assert (found - exact)[:, :3].std(axis=0) == pytest.approx(0.002, rel=0.05)
    turns = (Rotation.from_quat(found[:, 3:]) * Rotation.from_quat(exact[:, 3:]).inv()).as_rotvec()
    assert turns.std(axis=0) == pytest.approx(0.002 / METRES_A_RADIAN, rel=0.05)
    assert np.abs(turns.mean(axis=0)).max() < 0.0003, "about all axes alike"
    np.testing.assert_allclose(np.linalg.norm(found[:, 3:], axis=1), 1)
    np.testing.assert_array_equal(NoisyArm(paper6_chain, 0.0, rng).frames(angles), exact)
    assert NoisyArm(paper6_chain, 0.002, rng).frames(angles[:0]).shape == (0, 7)


def test_noise_is_not_written_into_what_the_arm_answered(paper6_chain, rng):
    class Same:
        answer = paper6_chain.positions(rng.uniform(-1, 1, (10, 6)))

        def positions(self, joint_angles):
            return self.answer

    before = Same.answer.copy()
    first, second = (NoisyArm(Same(), 0.002, rng).positions(np.zeros((10, 6))) for _ in range(2))
    np.testing.assert_array_equal(Same.answer, before)
    assert not np.array_equal(first, second), "every measurement has an error of its own"
