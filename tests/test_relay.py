"""What a node does with a trial: the same process as on one machine, in a folder that is gone afterwards."""

import os
import signal
import tempfile
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from emssl_bench.engine import parcels, relay
from emssl_bench.engine.base import Busy, Progressed, Warned
from emssl_bench.engine.cluster import Finished, Inspection, Kept, Lost, Order, Told
from emssl_bench.experiments.status import TrialStatus
from emssl_bench.methods.phases import Phase
from emssl_bench.records import Store, machine
from emssl_bench.records.trial import numbers
from tests.examples import record
from tests.runs import Silent, plan, run_trials


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Where scratch folders are."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def order(trial, arm, **changed):
    return replace(Order(trial, arm, 1, {}, 1.0, 0.0, events_every_s=0.0, checkpoint_every_s=0.0), **changed)


def trial_of(arm, iterations):
    (trial,) = plan(arm, "emssl", overrides={"emssl": {"iterations": iterations}}, forward="chain")
    return trial


def test_a_relayed_trial_goes_on_from_a_checkpoint_and_gives_the_record_and_model_of_an_ordinary_one(
    planar3, tmp_path, temporary
):
    trial = trial_of(planar3, 4)
    store = Store(tmp_path / "ours")
    (ours,) = run_trials([trial], planar3, store, 1, 1, Silent())
    messages = list(relay.relay(order(trial, planar3)))
    finished = messages[-1]
    kept = [message for message in messages if isinstance(message, Kept)]
    assert isinstance(finished, Finished)
    assert numbers(finished.record) == numbers(ours)
    assert finished.models == parcels.models_of(store.folder)
    assert kept
    files = {f"checkpoints/{trial.digest}.pt": kept[-1].content}
    *before, again = relay.relay(order(trial, planar3, files=files))
    told = [event for message in before if isinstance(message, Told) for event in message.events]
    assert min(event.status.iteration for event in told if isinstance(event, Progressed)) > 1
    assert numbers(again.record) == numbers(ours)
    assert again.models == finished.models
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_dies_is_a_failed_trial_and_one_that_is_told_to_end_is_lost(planar3, temporary, number):
    messages = relay.relay(order(trial_of(planar3, 100_000), planar3))
    last = None
    for message in messages:
        if last is None:
            (child,) = (c for c in psutil.Process().children() if "emssl-bench emssl--" in " ".join(c.cmdline()))
            os.kill(child.pid, number)
        last = message
    if number == signal.SIGKILL:
        assert isinstance(last, Finished)
        assert last.record.status == "failed"
        assert "exit code -9" in last.record.reason
    else:
        assert last == Lost("its process was told to end by signal 15")
    assert not list(temporary.iterdir())


def test_a_relay_that_is_closed_leaves_no_process_and_no_folder(planar3, temporary):
    others = psutil.Process().children(recursive=True)
    messages = relay.relay(order(trial_of(planar3, 100_000), planar3))
    next(messages)
    children = [each for each in psutil.Process().children(recursive=True) if each not in others]
    assert children
    messages.close()
    assert not psutil.wait_procs(children, timeout=30)[1]
    assert not list(temporary.iterdir())


def test_what_a_killed_relay_left_is_removed_by_the_next_and_what_another_uses_stays(temporary):
    left = temporary / "emssl-bench-trial-left"
    left.mkdir()
    (left / "model").write_bytes(b"of a relay that was killed")
    with relay.scratch() as first, relay.scratch() as second:
        assert not left.exists()
        assert first.exists()
        assert second.exists()
    assert not list(temporary.iterdir())


def test_a_node_says_what_it_can_do():
    assert list(relay.inspection()) == [
        Inspection(machine.code_digest(), machine.digest(), True, pytest.approx(1, abs=1))
    ]


def test_only_the_newest_progress_is_told_and_all_warnings():
    trial = record("emssl", 90).trial
    progress = [Progressed(trial, TrialStatus(n, 3, 1.0, 1.0, 1.0)) for n in (1, 2)]
    events = [progress[0], Busy(trial, Phase("training")), Warned(trial, "a"), progress[1], Warned(trial, "b")]
    assert relay.newest(events) == [events[1], events[2], progress[1], events[4]]


def test_a_model_travels_with_what_starts_from_it_and_another_of_its_training_is_set_aside_at_home(planar3, tmp_path):
    trial = trial_of(planar3, 2)
    store = Store(tmp_path / "a")
    run_trials([trial], planar3, store, 1, 1, Silent())
    models = parcels.models_of(store.folder)
    assert sorted(Path(name).suffix for name in models) == [".json", ".safetensors"]
    said = []
    home = Store(tmp_path / "b", said.append)
    parcels.bring_models(models, home)
    parcels.bring_models(models, home)
    assert not said
    home.model_path(trial).write_bytes(b"another")
    parcels.bring_models(models, home)
    assert "is another model of the training that has just ended" in said[0]
    assert parcels.models_of(home.folder) == models


def test_of_several_models_that_come_home_those_that_are_there_do_not_keep_the_others_out(planar3, tmp_path):
    trials = [trial_of(planar3, count) for count in (2, 3)]
    store, home = Store(tmp_path / "a"), Store(tmp_path / "b")
    run_trials(trials, planar3, store, 1, 1, Silent())
    models = parcels.models_of(store.folder)
    parcels.bring_models({name: content for name, content in models.items() if trials[0].digest in name}, home)
    parcels.bring_models(models, home)
    assert parcels.models_of(home.folder) == models


def test_a_model_that_a_trial_starts_from_is_not_sent_home_again(planar3):
    trial = trial_of(planar3, 1)
    *_, finished = relay.relay(
        order(trial, planar3, files={"models/base.json": b"{}", "models/base.safetensors": b"-"})
    )
    assert {Path(name).stem for name in finished.models} == {trial.digest}
