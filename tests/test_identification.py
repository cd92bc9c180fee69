"""Identifying a changed arm from measured positions, and how far from the true one it is."""

import numpy as np
import pytest

from emssl_bench.adaptation.identification import identified, nearest_equivalent, parameter_errors
from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace
from robots.changes import BEYOND, Change
from tests.adapting import measure


@pytest.mark.parametrize("text", ["links=5", *BEYOND])
def test_thirty_measurements_identify_every_change(robot, text):
    changed = Change.parse(text).applied(robot, np.random.default_rng(0))
    truth = ChainArm(changed)
    chain = identified(robot, *measure(robot, truth, 30))
    held_out = JointSpace.of(robot, 90).sample(300, np.random.default_rng(1))
    errors_mm = 1000 * np.linalg.norm(chain.positions(held_out) - truth.positions(held_out), axis=1)
    assert errors_mm.max() < 0.5
    nominal_mm = 1000 * np.linalg.norm(ChainArm(robot).positions(held_out) - truth.positions(held_out), axis=1)
    assert errors_mm.mean() < nominal_mm.mean() / 50


def test_more_measurements_make_up_for_noise(paper6):
    truth = ChainArm(Change.parse("links=3").applied(paper6, np.random.default_rng(0)))
    held_out = JointSpace.of(paper6, 90).sample(300, np.random.default_rng(1))

    def error_mm(count, noise_mm):
        chain = identified(paper6, *measure(paper6, truth, count, noise_mm))
        return 1000 * np.linalg.norm(chain.positions(held_out) - truth.positions(held_out), axis=1).mean()

    assert error_mm(200, 1.0) < error_mm(30, 1.0) / 2
    assert error_mm(200, 0.1) < error_mm(200, 1.0) / 5


def test_parameter_errors_are_those_put_in(paper6):
    assert parameter_errors(ChainArm(paper6), paper6) == {"parameter_error_mm": 0.0, "parameter_error_deg": 0.0}
    longer = parameter_errors(ChainArm(paper6), paper6.lengthened(0.01))
    lengthened = sum(any(link) for link in paper6.links_m)
    assert longer["parameter_error_mm"] == pytest.approx(10 * (lengthened / 7) ** 0.5)
    assert longer["parameter_error_deg"] == pytest.approx(0, abs=1e-5)
    turned = Change.parse("encoders=2").applied(paper6, np.random.default_rng(3))
    offsets = np.random.default_rng(3).normal(scale=2, size=6)
    assert parameter_errors(ChainArm(paper6), turned)["parameter_error_deg"] == pytest.approx(
        (offsets**2).mean() ** 0.5
    )


def test_of_equivalent_arms_the_nearest_to_the_true_one_is_compared(paper6):
    """An identified arm may differ by centimetres from the true one and be the same arm."""
    changed = Change.parse("links=3").applied(paper6, np.random.default_rng(0))
    truth = ChainArm(changed)
    held_out = JointSpace.of(paper6, 90).sample(60, np.random.default_rng(1))

    def errors_mm(count, noise_mm):
        chain = identified(paper6, *measure(paper6, truth, count, noise_mm))
        nearest = nearest_equivalent(chain, changed, held_out)
        np.testing.assert_allclose(nearest.positions(held_out), chain.positions(held_out), atol=1e-9)
        as_fitted, comparable = (parameter_errors(each, changed)["parameter_error_mm"] for each in (chain, nearest))
        assert as_fitted > 10
        return comparable

    assert errors_mm(50, 0.0) < 0.05
    assert errors_mm(400, 1.0) < errors_mm(50, 1.0) < 5


@pytest.mark.parametrize(("text", "count"), [("links=5", 10), ("links=3", 15), ("links=5", 30)])
def test_a_badly_identified_arm_is_compared_as_the_same_arm_too_and_never_as_a_farther_one(paper6, text, count):
    changed = Change.parse(text).applied(paper6, np.random.default_rng(0))
    chain = identified(paper6, *measure(paper6, ChainArm(changed), count, noise_mm=1.0))
    held_out = JointSpace.of(paper6, 90).sample(300, np.random.default_rng(1))
    nearest = nearest_equivalent(chain, changed, held_out[:40])
    np.testing.assert_allclose(nearest.positions(held_out), chain.positions(held_out), atol=1e-7)
    as_fitted, comparable = (parameter_errors(each, changed)["parameter_error_mm"] for each in (chain, nearest))
    assert comparable < as_fitted
