"""Adapting to a changed arm: what is identified, when it ends, and what it may know."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import robots
from emssl_bench import cli, report
from emssl_bench.adaptation.alignment import align
from emssl_bench.adaptation.identification import identified, nearest_equivalent, parameter_errors
from emssl_bench.adaptation.measured import NoisyArm
from emssl_bench.adaptation.stopping import StopRule
from emssl_bench.data import Dataset
from emssl_bench.exceptions import InvalidValue, LabelsWithheld, MethodError, ModelError, UnknownName
from emssl_bench.experiments import accuracy, adaptation, evaluation, identification
from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.base import Problem
from emssl_bench.methods.emssl import Emssl
from emssl_bench.records import Store, model_files
from emssl_bench.records.settings import AdaptationSettings
from emssl_bench.seeding import Seeds
from emssl_bench.solvers.least_squares import reachable
from robots.changes import BEYOND, Change
from tests.examples import distance_errors_cm, train_base

TINY = accuracy.Budget(400, 150, {"iterations": 4, "epochs": 2, "training_batch": 64})
VALIDATION_SAMPLES = AdaptationSettings.validation_samples
WITH = {"forward": "chain", "device": "cpu", "threads": 1}


def measure(robot, arm, count, noise_mm=0.0, seed=0):
    angles = JointSpace.of(robot, 90).sample(count, Seeds(seed).numpy("measurements"))
    return angles, NoisyArm(arm, noise_mm / 1000, np.random.default_rng(seed)).positions(angles)


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


def test_the_rule_ends_near_the_unchanged_error_or_when_nothing_improves():
    rule = StopRule(1.0)
    assert not rule.ends([])
    assert not rule.ends([5.0, 3.0, 1.11])
    assert rule.ends([5.0, 3.0, 1.1])
    assert not rule.ends([5.0, 3.0, 4.0, 4.0])
    assert rule.ends([5.0, 3.0, 4.0, 4.0, 3.5])
    assert not rule.ends([5.0, 3.0, 4.0, 4.0, 2.9])


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


@pytest.fixture(scope="module")
def adapted(tmp_path_factory):
    """A store with every approach tried on one change of `planar3`."""
    planar3 = robots.load("planar3")
    store = Store(tmp_path_factory.mktemp("adapted"))
    bases = accuracy.plan(["emssl", "direct", "distal"], planar3, [90], [0], TINY, {}, "chain")
    changes = [Change.parse("links=3")]
    trials = adaptation.plan(
        list(adaptation.APPROACHES),
        changes,
        bases,
        planar3,
        **WITH,
        measurements=20,
        noise_mm=0.0,
        schedule="cosine",
        samples=300,
    )
    study = identification.plan(changes, bases, planar3, **WITH)
    assert len(study) == 1, "one for all three base models: it needs none"
    for trial in [*bases, *trials, *study]:
        work = {"accuracy": accuracy.run, "adaptation": adaptation.run, "identification": identification.run}
        record, model = work[trial.experiment](trial, planar3, store, 1, lambda standing: None)
        if model is not None:
            model_files.save(model, store.model_path(trial), trial)
        store.save(record)
    return store


def by_approach(store):
    return {r.trial.name: r for r in store.records() if r.trial.experiment == "adaptation"}


def test_every_approach_is_recorded_with_what_it_cost(adapted):
    records = by_approach(adapted)
    assert set(records) == set(adaptation.APPROACHES)
    for approach, record in records.items():
        iterations = record.metrics["iterations"]
        assert 0 <= iterations <= 4
        few = {"identify": 20, "align": 20}.get(approach, 0)
        calls = few + {"identify": 0, "scratch": 400 * iterations}.get(approach, 300 * iterations)
        assert record.metrics["forward_calls"] == calls
        errors = record.curve["error_mean_cm"]
        assert record.metrics["validation_mean_cm"] == min(errors)
        assert record.metrics["reached"] == (min(errors) <= 1.1 * record.metrics["validation_unchanged_cm"])
        assert record.curve["iteration"][0] == (1 if approach == "scratch" else 0)
        assert record.curve["fit_seconds"] == sorted(record.curve["fit_seconds"])
    assert records["identify"].metrics["position_error_mm"] < 0.1


def test_an_adapted_model_is_the_best_and_belongs_to_the_changed_arm(adapted, planar3):
    record = by_approach(adapted)["replace"]
    path = adapted.model_path(record.trial)
    changed = planar3.lengthened(0.03)
    model = model_files.load(path, changed)
    space = JointSpace.of(planar3, 90)
    data = Dataset.sample(ChainArm(planar3), space, 400, 150, Seeds(0))
    within_reach = data.test_targets[reachable(changed, space, data.test_targets)]
    errors_cm = distance_errors_cm(model, ChainArm(changed), within_reach, space)
    assert errors_cm.mean() == pytest.approx(record.metrics["error_mean_cm"], rel=1e-6)
    with pytest.raises(ModelError, match=r"a model of the arm planar3, links=3 \(\w+\), not of planar3 \(\w+\)"):
        model_files.load(path, planar3)


def adapted_once(planar3, tmp_path, approach, test_samples):
    """The record and the model of one approach, evaluated on so many test positions."""
    store, budget = Store(tmp_path / str(test_samples)), replace(TINY, test_samples=test_samples)
    (base,) = accuracy.plan(["emssl"], planar3, [90], [0], budget, {}, "chain")
    train_base(base, planar3, store)
    measured = {"measurements": 20, "noise_mm": 0.0, "schedule": "cosine"}
    (trial,) = adaptation.plan([approach], [Change("links", 3)], [base], planar3, **WITH, **measured)
    return adaptation.run(trial, planar3, store, 1, lambda standing: None)


@pytest.mark.parametrize("approach", ["align", "scratch"])
def test_no_test_position_decides_when_adaptation_stops_or_which_model_is_kept(planar3, tmp_path, approach):
    many, model = adapted_once(planar3, tmp_path, approach, 150)
    few, same_model = adapted_once(planar3, tmp_path, approach, 3)
    assert few.metrics["error_mean_cm"] != many.metrics["error_mean_cm"]
    assert few.curve["error_mean_cm"] == many.curve["error_mean_cm"]
    assert few.metrics["validation_mean_cm"] == many.metrics["validation_mean_cm"] == min(many.curve["error_mean_cm"])
    assert same_model.same_as(model)


def test_the_test_set_is_evaluated_after_the_last_iteration_alone(planar3, tmp_path, monkeypatch):
    evaluated, evaluate = [], evaluation.evaluate

    def noted(solver, task, forward, targets, space):
        evaluated.append(len(targets))
        return evaluate(solver, task, forward, targets, space)

    (base,) = accuracy.plan(["emssl"], planar3, [90], [0], TINY, {"emssl": {"iterations": 2}}, "chain")
    store = Store(tmp_path)
    train_base(base, planar3, store)
    measured = {"measurements": 20, "noise_mm": 0.0, "schedule": "cosine", "targets": "all"}
    (trial,) = adaptation.plan(["replace"], [Change("links", 3)], [base], planar3, **WITH, **measured)
    monkeypatch.setattr(evaluation, "evaluate", noted)
    record, _ = adaptation.run(trial, planar3, store, 1, lambda standing: None)
    points = len(record.curve["iteration"])
    of_unchanged = 1
    assert evaluated == [VALIDATION_SAMPLES] * (of_unchanged + points) + [150] * 3
    assert record.metrics["validation_calls"] == VALIDATION_SAMPLES * points


def test_validation_positions_are_trained_on_and_tested_on_by_nobody(planar3, planar3_chain):
    space = JointSpace.of(planar3, 90)
    data = Dataset.sample(planar3_chain, space, 400, 150, Seeds(0))
    drawn = space.sample(VALIDATION_SAMPLES, Seeds(0).numpy("validation"))
    validation = {tuple(row) for row in planar3_chain.positions(drawn)}
    assert validation.isdisjoint(map(tuple, np.concatenate([data.train.targets, data.test_targets])))


def test_an_arm_that_can_reach_nothing_of_what_is_wanted_is_said_to(planar3, tmp_path, monkeypatch):
    store = Store(tmp_path)
    (base,) = accuracy.plan(["emssl"], planar3, [90], [0], TINY, {"emssl": {"iterations": 1}}, "chain")
    train_base(base, planar3, store)
    measured = {"measurements": 20, "noise_mm": 0.0, "schedule": "cosine"}
    (trial,) = adaptation.plan(["replace"], [Change("links", 3)], [base], planar3, **WITH, **measured)
    monkeypatch.setattr(adaptation, "reachable", lambda arm, space, positions: np.zeros(len(positions), dtype=bool))
    with pytest.raises(InvalidValue, match="can reach none of the test positions"):
        adaptation.run(trial, planar3, store, 1, lambda standing: None)


def test_settings_for_adapting_win_over_those_of_the_training_and_are_named(planar3, tmp_path):
    store = Store(tmp_path)
    (base,) = accuracy.plan(["emssl"], planar3, [90], [0], TINY, {"emssl": {"iterations": 3}}, "chain")
    train_base(base, planar3, store)
    measured = {"measurements": 20, "noise_mm": 0.0, "schedule": "cosine"}
    given = {"emssl": {"iterations": 1, "learning_rate": 1e-12}}
    trial, scratch = adaptation.plan(
        ["replace", "scratch"], [Change("links", 3)], [base], planar3, **WITH, **measured, hyperparameters=given
    )
    assert not scratch.settings.adaptation_hyperparameters, "it learns as the training did"
    record, _ = adaptation.run(trial, planar3, store, 1, lambda standing: None)
    assert record.curve["iteration"] == [0, 1]
    assert record.curve["error_mean_cm"][1] == pytest.approx(record.curve["error_mean_cm"][0], rel=1e-4)
    store.save(record)
    report.write(store)
    row = "EMSSL on the changed arm, iterations=1, learning_rate=1e-12, trained with training_batch=64 |"
    assert row in (tmp_path / "report.md").read_text()


def test_all_targets_are_evaluated_where_that_is_chosen(planar3):
    bases = accuracy.plan(["emssl"], planar3, [90], [0], TINY, {}, "chain")
    changes = [Change("links", 3)]

    def planned(**targets):
        measured = {"measurements": 20, "noise_mm": 0.0, "schedule": "cosine"}
        (trial,) = adaptation.plan(["replace"], changes, bases, planar3, **WITH, **measured, **targets)
        return trial

    assert planned().settings.targets == "reachable"
    identity = planned(targets="all").settings.identity()
    assert not {"targets", "wanted"} & identity.keys(), "as in records from before there was a choice"


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


def test_an_aligned_network_starts_from_there_and_its_measurements_are_counted(adapted):
    record = by_approach(adapted)["align"]
    assert record.curve["forward_calls"][0] == 20
    assert record.curve["error_mean_cm"][0] == pytest.approx(record.metrics["error_aligned_cm"], rel=0.2), (
        "of validation positions and of test positions"
    )
    assert record.metrics["error_aligned_cm"] != record.metrics["error_before_cm"], (
        "better only where the model is good"
    )


def test_emssl_plus_adapts_too(planar3, planar3_chain, tmp_path):
    store = Store(tmp_path)
    bases = accuracy.plan(["emssl-plus"], planar3, [90], [0], TINY, {}, "chain")
    measured = {"measurements": 20, "noise_mm": 0.0, "schedule": "cosine", "learner": "emssl-plus"}
    trials = adaptation.plan(["align", "scratch"], [Change("links", 3)], bases, planar3, **WITH, **measured)
    assert [trial.settings.learner for trial in trials] == ["emssl-plus"] * 2
    record, model = accuracy.run(bases[0], planar3, store, 1, lambda standing: None)
    model_files.save(model, store.model_path(bases[0]), bases[0])
    store.save(record)
    for trial in trials:
        store.save(adaptation.run(trial, planar3, store, 1, lambda standing: None)[0])
    report.write(store)
    text = (tmp_path / "report.md").read_text()
    assert "Align, then EMSSL plus on the changed arm (20 measured)" in text
    assert "EMSSL plus from scratch" in text


def test_the_study_says_how_both_errors_fall(adapted):
    (record,) = [r for r in adapted.records() if r.trial.experiment == "identification"]
    points = list(zip(*(record.curve[k] for k in ("noise_mm", "measurements", "position_error_mm")), strict=True))
    assert len(points) == len(record.trial.settings.measurements) * len(record.trial.settings.noise_mm)
    error_mm = {(noise, count): error for noise, count, error in points}
    assert error_mm[1.0, 500] < error_mm[1.0, 10]
    assert error_mm[0.0, 10] < error_mm[0.1, 10] < error_mm[1.0, 10] < record.metrics["nominal_position_error_mm"]


def test_the_report_of_adaptation_is_complete_and_the_same_every_time(adapted):
    paths = report.write(adapted)
    names = {str(path.relative_to(adapted.folder)) for path in paths}
    for stem in ("tables/table4", "tables/identification"):
        assert {f"{stem}.{suffix}" for suffix in ("md", "csv", "tex")} <= names
    of_arm = f"planar3-{robots.load('planar3').digest[:4]}-90deg"
    for stem in (
        *(f"figures/adaptation_{what}-{of_arm}-400-reachable-paper" for what in ("iterations", "calls")),
        *(f"figures/identification_{what}-{of_arm}" for what in ("positions", "offsets")),
    ):
        assert {f"{stem}.{suffix}" for suffix in ("png", "pdf", "csv")} <= names
    first = {path: path.read_bytes() for path in paths}
    assert {path: path.read_bytes() for path in report.write(adapted)} == first
    text = (adapted.folder / "report.md").read_text()
    table = (adapted.folder / "tables" / "table4.md").read_text()
    assert "EMSSL on the changed arm" in table
    assert "EMSSL in the paper" not in table, "planar3 is not its arm"
    assert "Identification of the changed arm" in text


def test_whoever_gives_a_model_of_the_other_learner_is_told_of_it(planar3):
    from emssl_bench.cli.base_models import startable

    bases = accuracy.plan(["emssl-plus"], planar3, [90], [0], TINY, {}, "chain")
    assert startable(["replace"], "emssl-plus", bases, False) == ["replace"]
    with pytest.raises(InvalidValue, match=r"--from gives emssl-plus \(--learner emssl-plus starts from these\)\."):
        startable(["replace"], "emssl", bases, False)


def test_approaches_are_known_by_name():
    assert adaptation.chosen(["all"]) == list(adaptation.APPROACHES)
    assert adaptation.chosen(["replace", "replace"]) == ["replace"]
    with pytest.raises(UnknownName, match="did you mean 'replace'"):
        adaptation.chosen(["replaced"])


def planned(planar3, approach, evaluated_on="test", **own):
    bases = accuracy.plan(["emssl"], planar3, [90], [0], TINY, {}, "chain", evaluated_on=evaluated_on)
    own = {"measurements": 20, "noise_mm": 0.0, "schedule": "cosine", **own}
    (trial,) = adaptation.plan([approach], [Change("links", 1)], bases, planar3, **WITH, **own)
    return trial


def test_what_cannot_be_adapted_with_is_refused(planar3):
    with pytest.raises(InvalidValue, match="--samples is at most the 400 training positions"):
        planned(planar3, "replace", samples=401)
    with pytest.raises(InvalidValue, match="--measurements is at most the 400 training positions"):
        planned(planar3, "align", measurements=401)
    assert planned(planar3, "identify", measurements=401).settings.measurements == 401
    with pytest.raises(InvalidValue, match="a model trained with --evaluate-on validation"):
        planned(planar3, "replace", evaluated_on="validation")


def test_training_from_scratch_is_the_same_trial_however_many_samples_the_others_take(planar3):
    assert planned(planar3, "scratch", samples=100) == planned(planar3, "scratch")
    assert planned(planar3, "replace", samples=100) != planned(planar3, "replace")


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


def test_adapt_trains_what_it_needs_once_and_does_what_is_missing(capsys, tmp_path):
    def adapt(out, *more):
        tiny = () if "--from" in more else ("--budget", "smoke", "--set", "emssl.iterations=2", "emssl.epochs=1")
        asked = ("--extend-cm", "2", "--approach", "replace", "--out", str(tmp_path / out))
        code = cli.main(["adapt", "--robot", "planar3", "--forward", "chain", *tiny, *asked, *more])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    def curve(out):
        records = [r for r in Store(tmp_path / out).records() if r.trial.settings.shown_change == "links=2"]
        return records[0].curve["error_mean_cm"]

    code, said, err = adapt("first")
    assert code == 0, err
    assert "emssl ±90° seed 0: done" in said
    assert "replace links=2 ±90° seed 0: iteration 1/2" in said
    assert "Table IV" in said
    code, said, _ = adapt("first", "--change", "tool=5")
    assert code == 0
    assert "1 of 2 trials to run" in said
    assert "emssl ±90°" not in said
    (base,) = [r for r in Store(tmp_path / "first").records() if r.trial.experiment == "accuracy"]
    model = str(tmp_path / "first" / base.model)
    code, said, _ = adapt("other", "--from", model, str(tmp_path / "first" / "." / base.model))
    assert code == 0
    assert "1 of 1 trials to run" in said, "one model by two paths is one"
    assert "emssl ±90°" not in said
    assert curve("other") == curve("first")

    copy = tmp_path / "copy.safetensors"
    loaded, trial = model_files.read(model)
    with torch.no_grad():
        loaded.network.layers[-1].bias += 0.1
    model_files.save(loaded, copy, trial)
    kept = (tmp_path / "other" / base.model).read_bytes()
    code, _, err = adapt("other", "--from", str(copy))
    assert (code, err.count("\n")) == (2, 1)
    assert "is another model of that training than --from gives; name another folder by --out." in err
    assert (tmp_path / "other" / base.model).read_bytes() == kept
    code, _, err = adapt("fourth", "--from", model, str(copy))
    assert (code, err.count("\n")) == (2, 1)
    assert "copy.safetensors: --from gives another model of the same training" in err

    code, _, err = adapt("third", "--from", model, "--joint-range", "77")
    assert (code, err.count("\n")) == (2, 1)
    assert "--joint-range cannot be combined with --from: the models fix it." in err
    code, _, err = adapt("third", "--from", model, "--robot", "paper6")
    assert (code, err.count("\n")) == (2, 1)
    assert "a model of the arm planar3" in err
    code, _, err = adapt("third", "--from", model, "--approach", "replace", "distal")
    assert (code, err.count("\n")) == (2, 1)
    assert "the approach 'distal' starts from a model of distal; --from gives emssl." in err
