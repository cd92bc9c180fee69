"""Rotations: matrices, and roll, pitch and yaw."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from robots.rotation import matrix_from_rpy, rpy_from_matrix

angle = st.floats(-math.pi, math.pi)
near_the_pole = st.sampled_from([-1, 1]).flatmap(
    lambda sign: st.floats(-1e-6, 1e-6).map(lambda off: sign * math.pi / 2 + off)
)


@given(angle, angle | near_the_pole, angle)
def test_rotations_survive_the_way_to_rpy_and_back(roll, pitch, yaw):
    rotation = matrix_from_rpy((roll, pitch, yaw))
    np.testing.assert_allclose(matrix_from_rpy(rpy_from_matrix(rotation)), rotation, atol=1e-14)
