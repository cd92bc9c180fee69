"""What is withheld from adaptation: labels, and all of the changed arm but positions."""

import numpy as np
import pytest

from emssl_bench.adaptation.identification import identified
from emssl_bench.adaptation.measured import NoisyArm
from emssl_bench.data import Dataset
from emssl_bench.exceptions import LabelsWithheld, MethodError
from emssl_bench.experiments import accuracy, adaptation
from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.base import Problem
from emssl_bench.methods.emssl import Emssl
from emssl_bench.records import Store
from emssl_bench.seeding import Seeds
from robots.changes import Change
from tests.adapting import TINY, WITH, measure
from tests.examples import train_base


class BlackBox:
    """Answers `positions` and raises at any other question."""

    def __init__(self, arm):
        object.__setattr__(self, "positions", lambda angles: arm.positions(angles))

    def __getattr__(self, name):
        raise AssertionError(f"the changed arm was asked for {name!r}")


def test_neither_approach_asks_the_changed_arm_for_more_than_positions(planar3, planar3_chain):
    space = JointSpace.of(planar3, 90)
    data = Dataset.sample(planar3_chain, space, 300, 100, Seeds(0)).train.unlabelled()
    changed = BlackBox(ChainArm(planar3.lengthened(0.03)))
    method = Emssl(iterations=1, epochs=1)

    def adapted(forward):
        (trained,) = list(Emssl(iterations=1, epochs=1).learn(Problem(data, planar3_chain, Seeds(0), "cpu")))
        return list(method.adapt(trained.solver, Problem(data, forward, Seeds(1)), 200))[-1].solver

    replaced = adapted(NoisyArm(changed, 0.0, np.random.default_rng(0)))
    chain = identified(planar3, *measure(planar3, changed, 30))
    identified_then_adapted = adapted(chain)
    wanted = data.targets[:50]
    np.testing.assert_allclose(identified_then_adapted.joint_angles(wanted), replaced.joint_angles(wanted), atol=0.01)


def test_what_adapts_without_labels_is_given_none(planar3, tmp_path, monkeypatch):
    """And what does not is given them: that the first fails is no accident."""
    store = Store(tmp_path)
    (base,) = accuracy.plan(["emssl"], planar3, [90], [0], TINY, {"emssl": {"iterations": 1}}, "chain")
    train_base(base, planar3, store)

    def curious(self, solver, problem, samples):
        assert problem.joint_angles.shape == (400, 3)
        yield from ()

    monkeypatch.setattr(Emssl, "adapt", curious)
    own = {"measurements": 20, "noise_mm": 0.0, "schedule": "cosine"}
    (trial,) = adaptation.plan(["replace"], [Change("links", 3)], [base], planar3, **WITH, **own)
    with pytest.raises(LabelsWithheld):
        adaptation.run(trial, planar3, store, 1, lambda standing: None)
    monkeypatch.setattr(Emssl, "uses_joint_angles", True)
    with pytest.raises(MethodError, match="adapt ended without a Progress"):
        adaptation.run(trial, planar3, store, 1, lambda standing: None)
