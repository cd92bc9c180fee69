"""A training that was interrupted ends with the numbers of one that was not."""

import numpy as np
import pytest

from emssl_bench.adaptation.approaches import approach as approach_named
from emssl_bench.data import Dataset
from emssl_bench.experiments import accuracy, adaptation
from emssl_bench.forward.chain import ChainArm, CountedChain
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods import registry
from emssl_bench.methods.base import Problem
from emssl_bench.methods.checkpoint import Checkpoint
from emssl_bench.records import Store, checkpoint_files
from emssl_bench.seeding import Seeds
from robots.changes import Change
from tests.examples import kill_trials, train_base
from tests.runs import TINY, Interruption, Silent, plan, run_trials

SMALL = {"iterations": 4, "epochs": 2, "training_batch": 32}
VARIANTS = {
    "direct": {},
    "distal": {},
    "cgan": {},
    "inverted-forward": {},
    "cemssl": {},
    "cemssl, z as an input": {"model": "latent"},
    "mdn": {},
    "flow": {},
    "cvae": {},
    "flow-matching": {},
    "distal-exact": {},
    "emssl-plus": {},
    "emssl": {},
    "goal-babbling": {"home_chance": 0.5},
    "goal-babbling, its maps": {"answers": "maps", "bodies": 7},
    "fnn-joints": {},
    "cnn": {},
    "emssl, all open choices taken": {
        **{"replay_share": 0.5, "joint_noise": 0.05, "new_optimiser": True, "schedule": "cosine"},
    },
}


@pytest.fixture(scope="module")
def data(planar3, planar3_chain):
    return Dataset.sample(planar3_chain, JointSpace.of(planar3, 90), 300, 50, Seeds(1)).train


def through_a_file(checkpoint, path):
    checkpoint_files.save(path, {"checkpoint": checkpoint.state()})
    return Checkpoint(checkpoint_files.load(path)["checkpoint"])


def interrupted(begin, after, path):
    """Progress of a training that is begun, interrupted after so many iterations, and begun again."""
    first = Checkpoint()
    learning = begin(first)
    before = [next(learning).loss for _ in range(after)]
    again = list(begin(through_a_file(first, path)))
    return [*before, *(progress.loss for progress in again)], again[-1]


def test_every_method_that_can_be_resumed_is_tried_here():
    assert {name for name in registry.METHODS if registry.method_class(name).resumable} <= VARIANTS.keys()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("after", [1, 3])
def test_learning_goes_on_as_if_nothing_had_happened(variant, after, data, planar3_chain, tmp_path):
    name = variant.split(",")[0]
    known = {key: value for key, value in SMALL.items() if key in registry.settings_of(name)}
    method = registry.configured(name, {**known, **VARIANTS[variant]})
    seen = data if method.uses_joint_angles else data.unlabelled()
    arm = CountedChain(planar3_chain)

    def begin(checkpoint):
        return method.learn(Problem(seen, arm, Seeds(1), "cpu", checkpoint))

    whole = list(begin(Checkpoint()))
    losses, last = interrupted(begin, after, tmp_path / "checkpoint")
    assert losses == [progress.loss for progress in whole]
    assert last.costs == whole[-1].costs
    np.testing.assert_array_equal(last.solver.joint_angles(data.targets), whole[-1].solver.joint_angles(data.targets))


@pytest.mark.parametrize("name", ["emssl", "emssl-plus", "direct", "distal"])
def test_adapting_goes_on_as_if_nothing_had_happened(name, data, planar3, planar3_chain, tmp_path):
    method = registry.configured(name, SMALL)
    seen = data if method.uses_joint_angles else data.unlabelled()
    changed = ChainArm(planar3.lengthened(0.02))

    def begin(checkpoint):
        model = method.new_solver(Problem(data, None, Seeds(1)))
        adapting = method.adapt(model, Problem(seen, changed, Seeds(2), checkpoint=checkpoint), 100)
        assert next(adapting).costs == {}
        return adapting

    whole = list(begin(Checkpoint()))
    losses, last = interrupted(begin, 2, tmp_path / "checkpoint")
    assert losses == [progress.loss for progress in whole]
    assert last.costs == whole[-1].costs
    np.testing.assert_array_equal(last.solver.joint_angles(data.targets), whole[-1].solver.joint_angles(data.targets))


class KillingIn(Silent):
    """A display that kills the trial's process once it has told of an iteration."""

    def __init__(self, iteration):
        super().__init__()
        self.iteration = iteration

    def progressed(self, trial, standing):
        super().progressed(trial, standing)
        if standing.iteration == self.iteration:
            kill_trials()


def test_a_killed_trial_goes_on_after_its_last_finished_iteration(planar3, tmp_path):
    (base,) = plan(planar3, "emssl", overrides={"emssl": {"iterations": 12}}, forward="chain")
    (whole,) = run_trials([base], planar3, Store(tmp_path / "whole"), 1, 1, Silent())
    store = Store(tmp_path / "killed")
    (killed,) = run_trials([base], planar3, store, 1, 1, KillingIn(5))
    assert killed.status == "failed"
    assert store.checkpoint_path(base).is_file()
    told = Silent()
    (resumed,) = run_trials([base], planar3, store, 1, 1, told)
    iterations = [what[1] for what in told.told if what[0] == "emssl"]
    assert iterations[0] >= 5, "it does not start over"
    assert iterations[-1] == 12
    for name in ("iteration", "error_mean_cm", "forward_calls", "gradient_steps"):
        assert resumed.curve[name] == whole.curve[name]
    assert resumed.curve["fit_seconds"] == sorted(resumed.curve["fit_seconds"])
    assert resumed.metrics["error_p95_cm"] == whole.metrics["error_p95_cm"]
    assert resumed.metrics["forward_calls"] == whole.metrics["forward_calls"]
    assert not store.checkpoint_path(base).exists(), "of no more use"


def test_an_interrupted_adaptation_goes_on_too(planar3, tmp_path):
    base = accuracy.plan(
        ["emssl"], planar3, [90], [0], TINY, {"emssl": {"iterations": 20, "init_output_offset": 1.0}}, "chain"
    )[0]
    much_noise = {
        "measurements": 20,
        "noise_mm": 50.0,
        "schedule": "constant",
        "samples": 100,
        "targets": "all",
    }  # it ends without success
    run_with = {"forward": "chain", "device": "cpu", "threads": 1}
    store = Store(tmp_path)
    train_base(base, planar3, store)
    changes = [Change("links", cm) for cm in range(4, 20)]
    for trial in adaptation.plan(["replace"], changes, [base], planar3, **run_with, **much_noise):
        whole, best = adaptation.run(trial, planar3, store, 1, lambda standing: None)
        last = int(whole.curve["iteration"][-1])
        # Which change it is depends on how the processor rounds.
        if whole.curve["error_mean_cm"].index(whole.metrics["validation_mean_cm"]) in range(1, last - 1):
            break
    else:
        pytest.fail("no change whose best iteration is neither the first nor of the last two")
    store.save(whole)
    told = []

    def interrupt(standing):
        told.append(standing.iteration)
        if standing.iteration == last - 1:
            raise Interruption

    with pytest.raises(Interruption):
        adaptation.run(trial, planar3, store, 1, interrupt)
    resumed, best_again = adaptation.run(trial, planar3, store, 1, lambda standing: told.append(standing.iteration))
    assert told == [*range(1, last), last - 1, last], "it goes on with the iteration that was not finished"
    for name in ("iteration", "error_mean_cm", "forward_calls", "gradient_steps"):
        assert resumed.curve[name] == whole.curve[name]
    assert resumed.metrics["error_mean_cm"] == whole.metrics["error_mean_cm"]
    wanted = ChainArm(planar3).positions(np.zeros((1, 3)))
    np.testing.assert_array_equal(best.joint_angles(wanted), best_again.joint_angles(wanted))


@pytest.mark.parametrize("approach", [name for name in adaptation.APPROACHES if approach_named(name).learns])
def test_every_approach_goes_on_as_if_nothing_had_happened(approach, planar3, tmp_path):
    """What is measured, identified, aligned or learned before the first iteration included."""
    method = adaptation.base_method(approach, "emssl")
    (base,) = accuracy.plan([method], planar3, [90], [0], TINY, {method: {"iterations": 3}}, "chain")
    store = Store(tmp_path)
    train_base(base, planar3, store)
    own = {"measurements": 20, "noise_mm": 5.0, "schedule": "cosine", "samples": 100}
    run_with = {"forward": "chain", "device": "cpu", "threads": 1}
    (trial,) = adaptation.plan([approach], [Change("links", 10)], [base], planar3, **run_with, **own)

    def interrupt(standing):
        if standing.iteration == 2:
            raise Interruption

    whole, _ = adaptation.run(trial, planar3, store, 1, lambda standing: None)
    store.checkpoint_path(trial).unlink()
    with pytest.raises(Interruption):
        adaptation.run(trial, planar3, store, 1, interrupt)
    told = []
    resumed, _ = adaptation.run(trial, planar3, store, 1, lambda standing: told.append(standing.iteration))
    assert told[0] == 2
    for name in ("iteration", "error_mean_cm", "forward_calls", "gradient_steps"):
        assert resumed.curve[name] == whole.curve[name]
    assert resumed.metrics["error_mean_cm"] == whole.metrics["error_mean_cm"]
    assert resumed.metrics["error_before_cm"] == whole.metrics["error_before_cm"]
