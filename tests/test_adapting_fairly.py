"""Adaptation's numbers are of what they say: its noise, its arm, its positions, its draws."""

import numpy as np
import pytest

import robots
from emssl_bench.adaptation import identification as fitting
from emssl_bench.adaptation.measured import NoisyArm
from emssl_bench.data import Dataset
from emssl_bench.experiments import accuracy, adaptation, identification
from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.base import Problem
from emssl_bench.methods.emssl import Emssl
from emssl_bench.records import Store, model_files
from emssl_bench.seeding import Seeds
from emssl_bench.solvers.least_squares import reachable
from emssl_bench.tasks import POSITION
from robots.changes import Change
from tests.examples import distance_errors_cm, train_base
from tests.runs import TINY

WITH = {"forward": "chain", "device": "cpu", "threads": 1}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A store with a model of planar3, and the trial that it is of."""
    planar3, store = robots.load("planar3"), Store(tmp_path_factory.mktemp("trained"))
    (base,) = accuracy.plan(["emssl"], planar3, [90], [3], TINY, {"emssl": {"iterations": 1}}, "chain")
    train_base(base, planar3, store)
    return store, base


@pytest.fixture
def adapt(trained, planar3):
    """Runs an approach on every link longer by so many centimetres."""
    store, base = trained

    def run(approach, cm=3, **own):
        own = {"measurements": 20, "noise_mm": 0.0, "schedule": "cosine", "targets": "all", **own}
        (trial,) = adaptation.plan([approach], [Change("links", cm)], [base], planar3, **WITH, **own)
        record, _ = adaptation.run(trial, planar3, store, 1, lambda standing: None)
        store.checkpoint_path(trial).unlink(missing_ok=True)
        return record

    return run


def test_noise_is_in_millimetres_and_in_what_is_measured(adapt):
    errors_mm = [adapt("identify", noise_mm=noise_mm).metrics["position_error_mm"] for noise_mm in (0.0, 3.0)]
    assert errors_mm[0] < 0.1
    assert 0.3 < errors_mm[1] < 10


@pytest.mark.parametrize("targets", ["reachable", "all"])
def test_errors_before_adapting_are_of_the_same_positions_as_those_after(adapt, trained, planar3, targets, monkeypatch):
    """And of the model as it was: it is trained further in place."""
    store, base = trained
    monkeypatch.setattr(adaptation.StopRule, "reached", lambda self, error_cm: False)
    metrics = adapt("replace", -4, targets=targets).metrics
    changed, space = planar3.lengthened(-0.04), JointSpace.of(planar3, 90)
    sizes = TINY.train_samples, TINY.test_samples
    positions = Dataset.sample(ChainArm(planar3), space, *sizes, Seeds(base.seed)).test_targets
    found = reachable(changed, space, positions)
    assert 0 < found.mean() < 1
    assert metrics["iterations"] == 1
    assert metrics.get("reachable_share") == (pytest.approx(found.mean()) if targets == "reachable" else None)
    judged = positions[found] if targets == "reachable" else positions
    model = model_files.load(store.model_path(base))
    for arm, name in ((planar3, "unchanged"), (changed, "before")):
        errors_cm = distance_errors_cm(model, ChainArm(arm), judged, space)
        assert metrics[f"error_{name}_cm"] == pytest.approx(errors_cm.mean(), rel=1e-6)


class Seen(Exception):
    """What was wanted is known."""


def test_every_approach_has_draws_of_its_own(adapt, trained, monkeypatch):
    """Else what starts from scratch would start from the weights that the base model started from."""
    found = {}

    def begun(approach):
        def begin(self, *arguments):
            (problem,) = (each for each in arguments if isinstance(each, Problem))
            found[approach] = problem.seeds.base
            raise Seen

        monkeypatch.setattr(Emssl, "learn" if approach == "scratch" else "adapt", begin)
        with pytest.raises(Seen):
            adapt(approach)

    for approach in ("identify", "replace", "align", "scratch"):
        begun(approach)
    assert len({trained[1].seed, *found.values()}) == 5


def test_an_identified_arm_is_judged_where_it_was_not_measured(planar3, planar3_chain, monkeypatch):
    measured, identified = [], fitting.identified
    monkeypatch.setattr(
        fitting, "identified", lambda robot, *pairs: measured.extend(pairs[0]) or identified(robot, *pairs)
    )
    space = JointSpace.of(planar3, 90)
    arm = NoisyArm(planar3_chain, 0.0, np.random.default_rng(0))
    fitting.from_measurements(planar3, arm, space, 30, Seeds(0))
    held_out, positions = identification.held_out(planar3_chain, space, Seeds(0), POSITION)
    assert len(measured) == 30
    assert not set(map(tuple, measured)) & set(map(tuple, held_out))
    np.testing.assert_array_equal(positions, planar3_chain.positions(held_out))


def test_what_is_random_about_a_changed_arm_is_its_seeds_and_the_same_in_every_trial(planar3):
    change = Change.parse("calibration=5")
    arms = [identification.changed_arm(planar3, change, seed) for seed in (0, 0, 1)]
    assert arms[0] == arms[1] != arms[2]
