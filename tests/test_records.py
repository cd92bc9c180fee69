import json
import math
from dataclasses import replace

import pytest
import torch

from emssl_bench.data import Normaliser
from emssl_bench.errors import ModelError, RecordError
from emssl_bench.network import InverseNetwork, NetworkInverse
from emssl_bench.records import Record, Store, Trial
from emssl_bench.saved_models import load, save
from tests.examples import record


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "run")


def test_a_record_reads_back_as_it_was_written(store):
    written = record("emssl", 90, seed=3)
    store.save(written)
    assert store.records() == [json_like(written)]


def json_like(written):
    return replace(written, trial=Trial(**json.loads(json.dumps(written.trial.__dict__))))


def test_a_trial_is_done_when_its_record_says_so(store):
    done = record("emssl", 90)
    assert not store.done(done.trial)
    store.save(replace(done, status="failed", error="it broke"))
    assert not store.done(done.trial), "a failed trial is tried again"
    store.save(done)
    assert store.done(done.trial)


def test_anything_that_decides_the_numbers_changes_the_digest():
    trial = record("emssl", 90).trial
    others = [
        replace(trial, seed=1),
        replace(trial, method="direct"),
        replace(trial, settings={**trial.settings, "joint_range_deg": 180}),
        replace(trial, settings={**trial.settings, "method": {"iterations": 5}}),
    ]
    assert len({t.digest for t in (trial, *others)}) == 5


def test_the_digest_is_the_same_on_every_machine():
    assert Trial("accuracy", "emssl", "paper6", 0, {"b": 1.5, "a": [1, 2]}).digest == "a577ff0e4b6f"


def test_nothing_is_left_beside_the_record(store):
    store.save(record("emssl", 90))
    assert [p.suffix for p in store.folder.rglob("*") if p.is_file()] == [".json"]


def test_a_metric_that_is_not_a_number_is_not_written(store):
    with pytest.raises(ValueError, match="JSON"):
        store.save(replace(record("emssl", 90), metrics={"error_mean_cm": math.nan}))
    assert store.records() == []


@pytest.mark.parametrize(
    "damage", [lambda text: text[: len(text) // 2], lambda text: text.replace('"seed": 0', '"seed": 1')]
)
def test_a_damaged_record_is_named(store, damage):
    written = record("emssl", 90)
    store.save(written)
    path = store.path(written.trial)
    path.write_text(damage(path.read_text()))
    with pytest.raises(RecordError, match=path.name):
        store.records()


def test_a_folder_that_cannot_be_written_is_found_out_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError, match="cannot be written"):
        Store(tmp_path / "file").prepare()


def test_a_model_that_is_missing_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"none\.json: cannot be read"):
        load(tmp_path / "none.safetensors")


@pytest.fixture
def saved(tmp_path):
    network = InverseNetwork(6, "he_uniform", torch.Generator())
    scales = Normaliser((0.0,) * 3, (1.0,) * 3, -1, 1), Normaliser((0.0,) * 6, (1.0,) * 6, 0, 1)
    path = tmp_path / "model.safetensors"
    save(NetworkInverse(network, *scales, 512), path, record("emssl", 90).trial)
    load(path)
    return path


def test_a_model_with_one_byte_changed_is_refused(saved):
    content = bytearray(saved.read_bytes())
    content[-1] ^= 1
    saved.write_bytes(content)
    with pytest.raises(ModelError, match="hash differs"):
        load(saved)


@pytest.mark.parametrize(
    ("key", "value"), [("positions_scale", {"lower": [0] * 3, "upper": [9] * 3, "low": -1, "high": 1}), ("dof", 5)]
)
def test_a_model_whose_description_was_changed_is_refused(saved, key, value):
    path = saved.with_suffix(".json")
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    with pytest.raises(ModelError, match="hash differs"):
        load(saved)


@pytest.mark.parametrize("key", ["inference_batch", "sha256", "format"])
def test_a_model_whose_description_lacks_something_is_refused(saved, key):
    path = saved.with_suffix(".json")
    description = json.loads(path.read_text())
    del description[key]
    path.write_text(json.dumps(description))
    with pytest.raises(ModelError):
        load(saved)


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
