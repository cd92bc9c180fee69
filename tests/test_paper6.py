"""The paper's arm is as the paper has it."""

import math

import numpy as np
import pytest

import robots
from emssl_bench.exceptions import RobotError
from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace


def test_paper6_errs_by_three_centimetres_per_centimetre_of_extension(paper6, rng):
    # The paper's Table IV, before adaptation: 2.98, 8.87 and 14.78 cm for 1, 3 and 5 cm.
    angles = JointSpace.of(paper6, 90).sample(5000, rng)
    nominal = ChainArm(paper6).positions(angles)
    for extension_cm, paper_cm in ((1, 2.98), (3, 8.87), (5, 14.78)):
        moved = ChainArm(paper6.lengthened(extension_cm / 100)).positions(angles) - nominal
        assert 100 * np.linalg.norm(moved, axis=1).mean() == pytest.approx(paper_cm, rel=0.03)


def test_a_link_cannot_be_made_to_vanish(paper6):
    with pytest.raises(RobotError, match=r"a link of 2\.86 cm"):
        paper6.lengthened(-0.03)


def test_paper6_is_its_dh_table(rng):
    """The file against the DH rows that it was made from, multiplied out as 4 x 4 matrices."""
    rows = [(0.02969, -90, 0.127), (0.108, 0, 0), (0.020, -90, 0), (0, 90, 0.16894), (0, -90, 0), (0, 0, 0.02429)]
    zeros = [0, -math.pi / 2, 0, 0, 0, 0]

    def dh(angle, a, alpha_deg, d):
        (c, s), (ca, sa) = ((math.cos(x), math.sin(x)) for x in (angle, math.radians(alpha_deg)))
        return np.array([[c, -s * ca, s * sa, a * c], [s, c * ca, -c * sa, a * s], [0, sa, ca, d], [0, 0, 0, 1]])

    angles = rng.uniform(-3, 3, (20, 6))
    expected = []
    for row in angles:
        placement = np.eye(4)
        for angle, zero, (a, alpha, d) in zip(row, zeros, rows, strict=True):
            placement = placement @ dh(angle + zero, 1.43 * a, alpha, 1.43 * d)
        expected.append(placement[:3, 3])
    np.testing.assert_allclose(ChainArm(robots.load("paper6")).positions(angles), expected, atol=1e-12)
