"""Models are written as any tool reads them, found by name, and not lost to another."""

import json

import pytest
import safetensors.torch
import torch

from emssl_bench.exceptions import ModelError
from emssl_bench.records import Store, model_files
from emssl_bench.records.model_files import load, save
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.network import InverseNetwork
from emssl_bench.solvers.network_solver import NetworkSolver
from tests.examples import record
from tests.models import saved_model


@pytest.fixture
def saved(tmp_path):
    return saved_model(tmp_path)


def test_what_is_asked_for_is_what_is_named(saved, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "half.safetensors").write_bytes(saved.read_bytes())
    (tmp_path / "words.json").write_text("{}")
    (tmp_path / "empty").mkdir()
    for asked, says in {
        "x.safetensors": "x.safetensors: there is no such file.",
        "x.json": "x.json: there is no such file.",
        "x": "x: there is no such file.",
        "away/x.safetensors": "away/x.safetensors: there is no such file.",
        "": "'' is a folder: give the .safetensors file of a model, such as half.safetensors.",
        ".": ". is a folder: give the .safetensors file of a model, such as half.safetensors.",
        "empty": "empty is a folder: give the .safetensors file of a model.",
        "notes.txt": "notes.txt is no model: the file of a model ends in .safetensors.",
        "half.safetensors": "half.safetensors: its description, half.json, is not beside it.",
        "words.json": "words.json: words.safetensors is not there, only its description.",
        "words": "words: words.safetensors is not there, only its description.",
        "a\nb.safetensors": "a\\nb.safetensors: there is no such file.",
        "\0": "\\x00: there is no such file.",
        None: "a model is named by the path of its .safetensors file, not by NoneType.",
        5: "a model is named by the path of its .safetensors file, not by int.",
        b"x": "a model is named by the path of its .safetensors file, not by bytes.",
    }.items():
        with pytest.raises(ModelError) as raised:
            load(asked)
        assert str(raised.value) == says
    for asked in ("model.safetensors", "model.json", "model", saved):
        load(asked)
    for suffix in (".safetensors", ".json"):
        saved.with_suffix(suffix).rename(tmp_path / f"model.v2{suffix}")
    load("model.v2")


def test_a_network_is_written_as_any_tool_reads_it(saved):
    """Byte for byte what torch's part of safetensors writes."""
    description = json.loads(saved.with_suffix(".json").read_text())
    assert list(description) == ["format", "solver", "plugin", "settings", "trial", "robot", "expected", "sha256"]
    assert (description["format"], description["solver"], description["plugin"]) == (4, "network", None)
    network = InverseNetwork(6, "he_uniform", torch.Generator())
    assert saved.read_bytes() == safetensors.torch.save(network.state_dict())


def test_only_a_network_that_would_be_read_back_the_same_is_written(tmp_path):
    class Other(InverseNetwork):
        def forward(self, positions, latent=None):
            return 1 - super().forward(positions, latent)

    scales = Normaliser((0.0,) * 3, (1.0,) * 3, -1, 1), Normaliser((0.0,) * 6, (1.0,) * 6, 0, 1)
    usual, wrong = (kind(6, "he_uniform", torch.Generator()) for kind in (InverseNetwork, Other))
    path, trial = tmp_path / "model.safetensors", record("emssl", 90).trial
    with pytest.raises(ModelError, match="its network is a Other, which is none of the suite"):
        save(NetworkSolver(wrong, *scales, 512), path, trial)
    usual.layers[1] = torch.nn.Tanh()
    with pytest.raises(ModelError, match="NetworkSolver gives other solutions"):
        save(NetworkSolver(usual, *scales, 512), path, trial)
    with torch.no_grad():
        usual.layers[0].bias[0] = torch.nan
    with pytest.raises(ModelError, match=r"NetworkSolver cannot be saved \(its layers.0.bias is not finite\)"):
        save(NetworkSolver(usual, *scales, 512), path, trial)
    assert not path.exists()


def model_of(seed):
    network = InverseNetwork(3, "he_uniform", torch.Generator("cpu").manual_seed(seed))
    scales = Normaliser((0.0,) * 3, (1.0,) * 3, -1, 1), Normaliser((0.0,) * 3, (1.0,) * 3, 0, 1)
    return NetworkSolver(network, *scales, 512)


@pytest.mark.parametrize("there", ["another model", "no model"])
def test_a_model_makes_way_for_another_and_is_not_lost(tmp_path, there):
    told = []
    store, trial = Store(tmp_path, told.append), record("emssl", 90).trial
    path = store.model_path(trial)
    model_files.put(model_of(0), trial, store)
    model_files.put(model_of(0), trial, store)
    assert told == []
    if there == "no model":
        path.write_bytes(b"mine")
    before = path.read_bytes()
    model_files.put(model_of(1), trial, store)
    assert model_files.load(path).same_as(model_of(1))
    aside = tmp_path / "set-aside" / "models" / path.name
    assert aside.read_bytes() == before
    (line,) = told
    assert str(path) in line
    assert str(aside.relative_to(tmp_path)) in line
    if there == "another model":
        assert model_files.load(aside).same_as(model_of(0))
