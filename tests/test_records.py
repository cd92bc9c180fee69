"""Records are read back as they were written, and a result stays what it is."""

import errno
import math
import os
from dataclasses import replace

import pytest

from emssl_bench.exceptions import RecordError
from emssl_bench.records import Record, Store
from tests.examples import json_like, record, with_settings


def test_a_record_reads_back_as_it_was_written(store):
    written = record("emssl", 90, seed=3)
    store.save(written)
    assert store.records() == [json_like(written)]


def test_a_trial_is_done_when_its_record_says_so(store):
    done = record("emssl", 90)
    assert not store.done(done.trial)
    store.save(replace(done, status="failed", error="it broke"))
    assert not store.done(done.trial), "a failed trial is tried again"
    store.save(done)
    assert store.done(done.trial)


def test_anything_that_decides_the_numbers_changes_the_digest():
    base = record("emssl", 90)
    trial = base.trial
    others = [
        replace(trial, seed=1),
        with_settings(base, method="direct").trial,
        with_settings(base, joint_range_deg=180).trial,
        with_settings(base, hyperparameters={"iterations": 5}).trial,
    ]
    assert len({t.digest for t in (trial, *others)}) == 5


def test_the_digest_is_the_same_on_every_machine():
    assert record("emssl", 90).trial.digest == "0b1163dc1d0e"


def test_nothing_is_left_beside_the_record(store):
    store.save(record("emssl", 90))
    assert [p.suffix for p in store.folder.rglob("*") if p.is_file()] == [".json"]


def test_a_metric_that_is_not_a_number_is_not_written(store):
    with pytest.raises(ValueError, match="JSON"):
        store.save(replace(record("emssl", 90), metrics={"error_mean_cm": math.nan}))
    assert store.records() == []


def test_a_folder_that_cannot_be_written_is_found_out_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError, match="cannot be written"):
        Store(tmp_path / "file").claimed().__enter__()


def test_records_are_listed_in_an_order_of_their_own(store):
    for seed in (2, 0, 1):
        store.save(record("emssl", 90, seed=seed))
    assert [r.trial.seed for r in store.records()] == [0, 1, 2]


def test_a_record_keeps_everything(store):
    written: Record = record("cgan", 180)
    store.save(written)
    (read,) = store.records()
    assert read.machine == written.machine
    assert read.curve == written.curve


def test_a_failure_does_not_take_the_place_of_a_result(store):
    store.save(record("emssl", 90))
    store.save(replace(record("emssl", 90), status="failed", metrics={}, curve={}, error="killed"))
    assert store.done(record("emssl", 90).trial)


def test_a_result_does_not_take_the_place_of_another_which_is_named(store, told):
    store.save(record("emssl", 90, error=2.0))
    before = store.path(record("emssl", 90).trial).read_bytes()
    store.save(record("emssl", 90, error=2.5))
    assert store.path(record("emssl", 90).trial).read_bytes() == before
    (line,) = told
    assert "emssl--paper6--s0--" in line
    assert "other numbers now (error_mean_cm 2.0 and 2.5): the record that" in line
    assert "\n" not in line


def test_a_result_of_the_same_numbers_leaves_the_record_as_it_was(store, told):
    """Seconds and the machine may be others: a tracked file does not change for that."""
    first = record("emssl", 90)
    store.save(first)
    before = store.path(first.trial).read_bytes()
    store.save(replace(first, metrics={**first.metrics, "fit_seconds": 99.0}, machine={"cpu": "another"}))
    assert store.path(first.trial).read_bytes() == before
    assert told == []


def test_a_record_that_cannot_be_written_is_named_and_the_earlier_one_stays(store, monkeypatch):
    failed = replace(record("emssl", 90), status="failed", metrics={}, curve={}, error="it broke")
    store.save(failed)
    before = store.path(failed.trial).read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RecordError, match=r"json cannot be written \(No space left on device\)"):
        store.save(record("emssl", 90))
    assert store.path(failed.trial).read_bytes() == before
    assert [path.name for path in store.path(failed.trial).parent.iterdir()] == [store.path(failed.trial).name]
