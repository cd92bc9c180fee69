"""Small runs of every approach of adaptation: what is recorded, kept and reported."""

import pytest

import robots
from emssl_bench import report
from emssl_bench.data import Dataset
from emssl_bench.exceptions import ModelError
from emssl_bench.experiments import accuracy, adaptation, identification
from emssl_bench.forward.chain import ChainArm
from emssl_bench.joint_space import JointSpace
from emssl_bench.records import Store, model_files
from emssl_bench.seeding import Seeds
from emssl_bench.solvers.least_squares import reachable
from robots.changes import Change
from tests.adapting import TINY, WITH
from tests.examples import distance_errors_cm, train_base


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
        few = {"identify": 20, "align": 20, "solve": 20}.get(approach, 0)
        calls = few + {"identify": 0, "solve": 0, "scratch": 400 * iterations}.get(approach, 300 * iterations)
        assert record.metrics["forward_calls"] == calls
        errors = record.curve["error_mean_cm"]
        assert record.metrics["validation_mean_cm"] == min(errors)
        assert record.metrics["reached"] == (min(errors) <= 1.1 * record.metrics["validation_unchanged_cm"])
        assert record.curve["iteration"][0] == (1 if approach == "scratch" else 0)
        assert record.curve["fit_seconds"] == sorted(record.curve["fit_seconds"])
    assert records["identify"].metrics["position_error_mm"] < 0.1


def test_an_identified_arm_is_solved_without_learning(adapted):
    record = by_approach(adapted)["solve"]
    assert record.metrics["error_mean_cm"] < 0.01, "as exact as the identified arm"
    assert record.metrics["gradient_steps"] == 0
    assert record.curve["iteration"] == [0, 1]
    assert record.curve["fit_seconds"][0] == record.metrics["preparing_seconds"], "measuring and identifying"
    assert record.model is None


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


def test_an_aligned_network_starts_from_there_and_its_measurements_are_counted(adapted):
    record = by_approach(adapted)["align"]
    assert record.curve["forward_calls"][0] == 20
    assert record.curve["error_mean_cm"][0] == pytest.approx(record.metrics["error_aligned_cm"], rel=0.2), (
        "of validation positions and of test positions"
    )
    assert record.metrics["error_aligned_cm"] != record.metrics["error_before_cm"], (
        "better only where the model is good"
    )


def test_the_study_says_how_both_errors_fall(adapted):
    (record,) = [r for r in adapted.records() if r.trial.experiment == "identification"]
    points = list(zip(*(record.curve[k] for k in ("noise_mm", "measurements", "position_error_mm")), strict=True))
    assert len(points) == len(record.trial.settings.measurements) * len(record.trial.settings.noise_mm)
    error_mm = {(noise, count): error for noise, count, error in points}
    assert error_mm[1.0, 500] < error_mm[1.0, 10]
    assert error_mm[0.0, 10] < error_mm[0.1, 10] < error_mm[1.0, 10] < record.metrics["nominal_position_error_mm"]


@pytest.mark.usefixtures("with_pictures")
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
