"""A checkpoint is used where it is whole, and of the same trial, code and machine."""

import pytest
import torch

from emssl_bench.exceptions import CheckpointError
from emssl_bench.experiments import accuracy, adaptation
from emssl_bench.records import Store, checkpoint_files
from robots.changes import Change
from tests.examples import train_base
from tests.runs import TINY, Interruption, plan


@pytest.fixture(scope="module")
def base(planar3):
    return plan(planar3, "emssl", overrides={"emssl": {"iterations": 12}}, forward="chain")[0]


def test_a_checkpoint_that_is_not_whole_is_none(tmp_path):
    path = tmp_path / "checkpoint"
    assert checkpoint_files.load(path) is None
    checkpoint_files.save(path, {"weights": torch.ones(5)})
    content = path.read_bytes()
    assert torch.equal(checkpoint_files.load(path)["weights"], torch.ones(5))
    path.write_bytes(content[:-1])
    assert checkpoint_files.load(path) is None
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert checkpoint_files.load(path) is None


def test_the_code_is_named_by_what_is_in_its_files(tmp_path, monkeypatch):
    from emssl_bench.records import machine

    source = tmp_path / "baselines" / "mine.py"
    source.parent.mkdir()
    source.write_text("a = 1\n")
    monkeypatch.setattr(machine, "TOP", tmp_path)
    before = machine.code_digest.__wrapped__()
    assert machine.code_digest.__wrapped__() == before
    source.write_text("a = 2\n")
    assert machine.code_digest.__wrapped__() != before


@pytest.mark.parametrize("which", ["code_digest", "digest"], ids=["code", "machine"])
def test_a_checkpoint_of_other_code_or_of_another_machine_is_not_used(base, tmp_path, monkeypatch, which):
    from emssl_bench.experiments.resuming import Resuming
    from emssl_bench.records import machine

    store = Store(tmp_path)
    resuming = Resuming(base, store)
    list(resuming.checkpoint.iterations(3))
    resuming.save(note=1)
    assert Resuming(base, store).checkpoint.already == 3
    monkeypatch.setattr(machine, which, lambda: "another")
    with pytest.warns(UserWarning, match="starts over: its checkpoint was written by other code"):
        assert Resuming(base, store).checkpoint.already == 0


def test_a_checkpoint_of_another_trial_is_not_used(base, planar3, tmp_path):
    from emssl_bench.experiments.resuming import Resuming

    store = Store(tmp_path)
    resuming = Resuming(base, store)
    list(resuming.checkpoint.iterations(3))
    resuming.save(note=1)
    (other,) = accuracy.plan(["emssl"], planar3, [90], [1], TINY, {"emssl": {"iterations": 12}}, "chain")
    assert Resuming(other, store).checkpoint.already == 0
    store.checkpoint_path(base).rename(store.checkpoint_path(other))
    with pytest.warns(UserWarning, match="starts over"):
        assert Resuming(other, store).extra_state is None


def test_a_trial_with_other_notes_in_its_checkpoint_starts_over(planar3, tmp_path):
    (base,) = accuracy.plan(["emssl"], planar3, [90], [0], TINY, {}, "chain")
    store = Store(tmp_path)
    train_base(base, planar3, store)
    own = {"measurements": 20, "noise_mm": 5.0, "schedule": "cosine", "samples": 100}
    run_with = {"forward": "chain", "device": "cpu", "threads": 1}
    (trial,) = adaptation.plan(["replace"], [Change("links", 10)], [base], planar3, **run_with, **own)

    def interrupt(standing):
        if standing.iteration == 2:
            raise Interruption

    with pytest.raises(Interruption):
        adaptation.run(trial, planar3, store, 1, interrupt)
    kept = checkpoint_files.load(store.checkpoint_path(trial))
    for spoiled in (None, {"state": 1}, torch.ones(2)):
        for name in ("noise", "best"):
            notes = {**kept["notes"], name: spoiled}
            checkpoint_files.save(store.checkpoint_path(trial), {**kept, "notes": notes})
            with pytest.raises(CheckpointError, match="does not fit the adaptation"):
                adaptation.run(trial, planar3, store, 1, lambda standing: None)
