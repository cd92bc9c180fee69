"""Noise of measured positions."""

import numpy as np
import pytest

from emssl_bench.adaptation.measured import NoisyArm


def test_measured_noise_is_as_large_as_said(paper6_chain, rng):
    angles = rng.uniform(-1, 1, (5000, 6))
    noisy = NoisyArm(paper6_chain, 0.002, np.random.default_rng(0)).positions(angles)
    assert (noisy - paper6_chain.positions(angles)).std(axis=0) == pytest.approx(0.002, rel=0.05)
    exact = NoisyArm(paper6_chain, 0.0, np.random.default_rng(0)).positions(angles)
    np.testing.assert_array_equal(exact, paper6_chain.positions(angles))


def test_noise_of_frames_is_that_of_positions_and_leaves_orientations(paper6_chain, rng):
    angles = rng.uniform(-1, 1, (200, 6))
    exact = paper6_chain.frames(angles)
    measured, positions = (NoisyArm(paper6_chain, 0.002, np.random.default_rng(4)) for _ in range(2))
    found = measured.frames(angles)
    np.testing.assert_array_equal(found[:, :3], positions.positions(angles))
    np.testing.assert_array_equal(found[:, 3:], exact[:, 3:])
    np.testing.assert_array_equal(NoisyArm(paper6_chain, 0.0, rng).frames(angles), exact)


def test_noise_is_not_written_into_what_the_arm_answered(paper6_chain, rng):
    class Same:
        answer = paper6_chain.positions(rng.uniform(-1, 1, (10, 6)))

        def positions(self, joint_angles):
            return self.answer

    before = Same.answer.copy()
    first, second = (NoisyArm(Same(), 0.002, rng).positions(np.zeros((10, 6))) for _ in range(2))
    np.testing.assert_array_equal(Same.answer, before)
    assert not np.array_equal(first, second), "every measurement has an error of its own"
