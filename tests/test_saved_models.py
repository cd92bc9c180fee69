import json

import pytest
import torch

from emssl_bench import saved_models
from emssl_bench.data import Normaliser
from emssl_bench.errors import ModelError
from emssl_bench.network import InverseNetwork, NetworkInverse
from emssl_bench.records import Store
from emssl_bench.saved_models import load, save
from tests.examples import record


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


@pytest.mark.parametrize("text", ["null", "5", '"abc"', "[]"])
def test_a_description_that_is_none_is_refused(saved, text):
    saved.with_suffix(".json").write_text(text)
    with pytest.raises(ModelError, match="not a model of this suite"):
        load(saved)


@pytest.mark.parametrize("key", ["inference_batch", "sha256", "format"])
def test_a_model_whose_description_lacks_something_is_refused(saved, key):
    path = saved.with_suffix(".json")
    description = json.loads(path.read_text())
    del description[key]
    path.write_text(json.dumps(description))
    with pytest.raises(ModelError):
        load(saved)


def model_of(seed):
    network = InverseNetwork(3, "he_uniform", torch.Generator("cpu").manual_seed(seed))
    scales = Normaliser((0.0,) * 3, (1.0,) * 3, -1, 1), Normaliser((0.0,) * 3, (1.0,) * 3, 0, 1)
    return NetworkInverse(network, *scales, 512)


@pytest.mark.parametrize("there", ["another model", "no model"])
def test_a_model_makes_way_for_another_and_is_not_lost(tmp_path, there):
    told = []
    store, trial = Store(tmp_path, told.append), record("emssl", 90).trial
    path = store.model_path(trial)
    saved_models.put(model_of(0), trial, store)
    saved_models.put(model_of(0), trial, store)
    assert told == []
    if there == "no model":
        path.write_bytes(b"mine")
    before = path.read_bytes()
    saved_models.put(model_of(1), trial, store)
    assert saved_models.load(path).same_as(model_of(1))
    aside = tmp_path / "set-aside" / "models" / path.name
    assert aside.read_bytes() == before
    (line,) = told
    assert str(path) in line
    assert str(aside.relative_to(tmp_path)) in line
    if there == "another model":
        assert saved_models.load(aside).same_as(model_of(0))
