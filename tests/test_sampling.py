"""Table III and Fig. 7, on few samples."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from emssl_bench.exceptions import WorkerDied
from emssl_bench.experiments import sampling as experiment
from emssl_bench.experiments import strategies
from emssl_bench.forward.pool import BulletPool
from emssl_bench.forward.usual import UsualArm
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods.trainer import Trainer
from emssl_bench.records import Store
from emssl_bench.report import write
from emssl_bench.report.frames.sampling import STRATEGIES, sampling_sweeps, table_3
from emssl_bench.report.sections.sampling import printed_sampling
from emssl_bench.report.sections.sampling_sweeps import draw_sweeps
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.network import InverseNetwork
from emssl_bench.solvers.network_solver import NetworkSolver
from emssl_bench.tasks.pose import POSE
from tests.arms import SlowArm
from tests.examples import Recording, assert_same_frames, with_settings


@pytest.fixture
def wanted(planar3_chain, rng):
    return planar3_chain.positions(rng.uniform(-1, 1, (5000, 3)))


@pytest.fixture
def model(planar3, wanted):
    network = InverseNetwork(3, "he_uniform", torch.Generator().manual_seed(0))
    space = JointSpace.of(planar3, 90)
    return NetworkSolver(network, Normaliser.of_inputs(wanted), Normaliser.of_joint_space(space), 64)


@pytest.fixture
def of_poses(planar3, planar3_chain, rng):
    """A network for poses, and poses."""
    frames = planar3_chain.frames(rng.uniform(-1, 1, (500, 3)))
    network = InverseNetwork(3, "he_uniform", torch.Generator().manual_seed(0), inputs=9)
    scales = Normaliser.of_inputs(POSE.features(frames)), Normaliser.of_joint_space(JointSpace.of(planar3, 90))
    return NetworkSolver(network, *scales, 64, POSE), frames


EVERY = [strategies.one_by_one, strategies.in_turn, strategies.overlapped]


@pytest.mark.parametrize("strategy", EVERY)
def test_all_strategies_sample_poses_too(strategy, of_poses, planar3_chain):
    model, frames = of_poses
    joint_angles, reached = strategy(model, planar3_chain, frames, strategies.Stopwatch())
    np.testing.assert_allclose(joint_angles, model.joint_angles(frames), atol=1e-5)
    assert_same_frames(reached, planar3_chain.frames(joint_angles))


@pytest.mark.parametrize("strategy", EVERY)
def test_all_strategies_sample_the_same_up_to_rounding(strategy, model, wanted, planar3_chain):
    watch = strategies.Stopwatch()
    joint_angles, positions = strategy(model, planar3_chain, wanted, watch)
    np.testing.assert_allclose(joint_angles, model.joint_angles(wanted), atol=1e-5)
    np.testing.assert_array_equal(positions, planar3_chain.positions(joint_angles))
    assert set(watch.seconds) == {"inference", "forward"}


def test_the_usual_kernel_agrees_to_single_precision(planar3, planar3_chain, rng):
    arm = UsualArm(planar3)
    angles = rng.uniform(-3, 3, (200, 3))
    np.testing.assert_allclose(arm.positions(angles), planar3_chain.positions(angles), atol=2e-7)
    arm.close()


def test_an_error_of_the_forward_model_is_not_lost_in_the_background(model, wanted, planar3):
    pool = BulletPool(planar3, 1)
    pool.close()
    with pytest.raises(WorkerDied, match="closed"):
        strategies.overlapped(model, pool, wanted, strategies.Stopwatch())


def measure(arm, **more):
    """Every case once or twice, on 40 samples; and what was told."""
    cases = experiment.plan(batch=16, workers=1, cores=1)
    trials = experiment.trials(cases, arm, samples=40, threads=1, rounds=2, device="cpu", **more)
    told = []
    return experiment.run(cases, trials, arm, lambda *how_far: told.append(how_far)), told


@pytest.fixture(scope="module")
def measured(planar3):
    return measure(planar3)


@pytest.fixture(scope="module")
def measured_poses(planar3):
    return measure(planar3, task="pose")


def test_every_case_is_measured_in_every_round(measured):
    records, told = measured
    assert len({record.trial.digest for record in records}) == len(records) == 7 + 14 + 2 + 1 + 1
    assert [done for done, _, _ in told] == list(range(2 * len(records)))
    for record in records:
        assert len(record.curve["seconds"]) == 2
        assert record.metrics["seconds"] > 0
        assert "load before" in record.machine


def test_the_split_adds_up_where_the_parts_follow_each_other(measured):
    for record in measured[0]:
        if record.trial.settings.part != "table3" or record.trial.name.startswith("overlapped"):
            continue
        wholes, *parts = (record.curve[f"{name}seconds"] for name in ("", "inference_", "forward_", "transport_"))
        rests = [whole - sum(each) for whole, *each in zip(wholes, *parts, strict=True)]
        assert min(rests) > -1e-9
        assert min(rests) < 0.1 * min(wholes) + 1e-3  # on a busy machine a pause may fall between the parts


def test_table_3_sets_ours_beside_the_papers(measured):
    table = table_3(measured[0])
    assert list(table["strategy"]) == list(STRATEGIES)
    none, chain = table.iloc[0], table.iloc[-1]
    assert chain["speed_up"] == pytest.approx(none["seconds"] / chain["seconds"])
    printed = printed_sampling(table).set_index("Strategy")
    assert printed.loc["Both", "Paper (s)"] == "2.02"
    assert printed.loc["Both", "Paper's speed-up"] == "30.4 x"
    assert printed.loc["Torch chain, no simulator", "Paper (s)"] == ""


def test_the_report_shows_table_3_and_figure_7(measured, tmp_path):
    store = Store(tmp_path)
    for record in measured[0]:
        store.save(record)
    names = {str(path.relative_to(tmp_path)) for path in write(store)}
    assert {"tables/table3.md", "figures/fig7.png", "report.md"} <= names
    text = (tmp_path / "report.md").read_text()
    assert "## Table III: time to sample" in text
    assert "An EMSSL iteration is one sampling" in text
    assert len(sampling_sweeps(measured[0])) == 2 * (14 + 2)


@pytest.mark.parametrize("missing", [{"workers"}, {"batches"}, {"batches", "workers"}])
def test_a_measurement_with_records_missing_has_a_report(measured, tmp_path, missing):
    store = Store(tmp_path)
    for record in measured[0]:
        if record.trial.settings.part not in missing:
            store.save(record)
    write(store)
    drawn = (tmp_path / "figures" / "fig7.png").is_file()
    assert drawn == ("Figure 7" in (tmp_path / "report.md").read_text()) == (len(missing) == 1)


def test_the_products_of_inference_are_of_no_more_positions_than_there_are():
    network = InverseNetwork(3, "he_uniform", torch.Generator().manual_seed(0))
    multiply = experiment._products(network, np.zeros((40, 3)), batch=10**12)
    multiply(experiment.plan(batch=10**12, workers=1, cores=1)[0])


def test_measurements_with_other_rounds_or_batches_stand_side_by_side(measured, tmp_path):
    store = Store(tmp_path)
    for record in measured[0]:
        for changed in ({}, {"rounds": 9}, {"table_batch": 99}):
            slower = {name: value * (2 if changed else 1) for name, value in record.metrics.items()}
            store.save(replace(with_settings(record, **changed), metrics=slower))
    table = table_3(store.records())
    assert len(table) == 3 * 7
    assert list(table["speed_up"][table["strategy"] == "none"]) == [1, 1, 1]
    assert table.groupby("strategy")["speed_up"].std().max() < 1e-9, "each is set against its own slowest"
    write(store)
    assert (tmp_path / "report.md").read_text().count("Torch chain, no simulator") == 3


def test_positions_and_poses_stand_side_by_side_and_the_paper_beside_positions(measured, measured_poses, tmp_path):
    store = Store(tmp_path)
    for record in [*measured[0], *measured_poses[0]]:
        store.save(record)
    assert len(store.records()) == 2 * len(measured[0])
    table = table_3(store.records())
    assert list(table["task"]) == 7 * ["pose"] + 7 * ["position"]
    assert list(table["paper_seconds"].notna()) == 7 * [False] + 4 * [True] + 3 * [False]
    write(store)
    text = (tmp_path / "report.md").read_text()
    assert "40 target positions on planar3" in text
    assert "40 targets of the task pose on planar3" in text
    assert "planar3, task pose, 40 samples" in figure_titles(draw_sweeps(sampling_sweeps(store.records())))


def test_of_positions_alone_no_task_is_mentioned(measured, measured_poses, tmp_path):
    for name, records, mentioned in (("a", measured[0], False), ("b", measured_poses[0], True)):
        store = Store(tmp_path / name)
        for record in records:
            store.save(record)
        write(store)
        made = ["report.md", "tables/table3.csv", "figures/fig7.csv"]
        assert [("task" in (store.folder / path).read_text().lower()) for path in made] == 3 * [mentioned]


def figure_titles(figure):
    return " ".join(axes.get_title() for axes in figure.axes)


def test_a_timing_of_positions_is_the_trial_that_it_was(measured, measured_poses):
    assert "task" not in measured[0][0].trial.settings.identity()
    assert measured_poses[0][0].trial.settings.identity()["task"] == "pose"


def test_of_several_rounds_the_middle_one_counts_for_each_number():
    rounds = [{"seconds": seconds, "forward_seconds": 9 - seconds} for seconds in (1.0, 8.0, 2.0)]
    assert experiment._medians(rounds) == {"seconds": 2.0, "forward_seconds": 7.0}


def test_every_round_has_every_case_and_begins_with_another():
    cases = experiment.plan(16, 1, 1)
    rounds = [experiment._rotated(cases, number) for number in range(5)]
    assert rounds[0] == cases
    assert all(len(each) == len(cases) and set(each) == set(cases) for each in rounds)
    assert len({each[0] for each in rounds}) == 5


def test_the_epoch_that_is_timed_takes_the_papers_batches_and_trains_another_network(model, wanted, rng, monkeypatch):
    taken, epoch = [], Trainer.epoch

    def watched(self, loss, batch, generator, *data):
        taken.append((batch, *map(len, data)))
        return epoch(self, loss, batch, generator, *data)

    monkeypatch.setattr(Trainer, "epoch", watched)
    before = model.joint_angles(wanted[:50])
    case = next(case for case in experiment.plan(16, 1, 1) if case.part == "training")
    experiment._epoch(model, rng.uniform(-1, 1, (300, 3)), wanted[:300], "cpu")(case)
    assert taken == [(128, 300, 300)]
    np.testing.assert_array_equal(model.joint_angles(wanted[:50]), before)


@pytest.mark.parametrize(
    ("strategy", "rows"),
    [
        ("none", [1] * 40),
        ("batch inference only", [40]),
        ("parallel computation only", [40]),
        ("both", [40]),
        ("torch chain", [40]),
    ],
)
def test_a_strategy_asks_the_forward_model_as_it_says(strategy, rows, model, wanted, planar3_chain):
    case = next(case for case in experiment.plan(16, 2, 2) if case.strategy == strategy)
    forward = Recording(planar3_chain)
    measured = experiment.timed_pass(case, model, forward, wanted[:40])
    assert [len(asked) for asked in forward.asked] == rows
    assert measured["transport_seconds"] == 0.0, "nothing is sent to no process"
    assert measured["seconds"] >= measured["inference_seconds"] + measured["forward_seconds"]


def test_strategies_of_table_3_differ_in_what_they_say():
    """In the batch of the inference, in processes and in the kernel, one after another."""
    rows = {case.strategy: case for case in experiment.plan(batch=512, workers=4, cores=4) if case.part == "table3"}
    assert [(case.batch, case.processes, case.kernel) for case in rows.values()] == [
        (1, 0, "usual"),
        (512, 0, "usual"),
        (1, 4, "usual"),
        (512, 4, "usual"),
        (512, 4, "block"),
        (512, 4, "block"),
        (512, 0, "chain"),
    ]


def test_on_many_cores_the_sweep_is_thinned():
    assert experiment.worker_counts(2) == [1, 2, 3, 4]
    assert experiment.worker_counts(6) == [1, 2, 4, 6, 8, 12]


def test_what_the_workers_compute_and_what_transport_takes_are_told_apart(planar3, rng):
    pool = BulletPool(planar3, 1, arm=SlowArm)
    pool.positions(rng.uniform(-1, 1, (5, 3)))
    assert 0.05 <= pool.busy_seconds < 1
    pool.close()


def test_timings_of_another_machine_are_other_trials(planar3, monkeypatch):
    cases = experiment.plan(16, 1, 1)
    here = experiment.trials(cases, planar3, 40, 1, 2, "cpu")
    monkeypatch.setattr("emssl_bench.records.machine.digest", lambda: "another")
    there = experiment.trials(cases, planar3, 40, 1, 2, "cpu")
    assert not {trial.digest for trial in here} & {trial.digest for trial in there}
