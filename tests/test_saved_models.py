import json
import os
import pickle
import tracemalloc

import numpy as np
import pytest
import safetensors.torch
import torch
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from emssl_bench.exceptions import ModelError
from emssl_bench.records import Store, model_files, weights_file
from emssl_bench.records.model_files import load, save
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.network import InverseNetwork
from emssl_bench.solvers.network_solver import NetworkSolver
from tests.examples import record


@pytest.fixture
def saved(tmp_path):
    network = InverseNetwork(6, "he_uniform", torch.Generator())
    scales = Normaliser((0.0,) * 3, (1.0,) * 3, -1, 1), Normaliser((0.0,) * 6, (1.0,) * 6, 0, 1)
    path = tmp_path / "model.safetensors"
    save(NetworkSolver(network, *scales, 512), path, record("emssl", 90).trial)
    load(path)
    return path


def test_a_model_with_one_byte_changed_is_refused(saved):
    content = bytearray(saved.read_bytes())
    content[-1] ^= 1
    saved.write_bytes(content)
    with pytest.raises(ModelError, match="hash differs"):
        load(saved)


@pytest.mark.parametrize(
    ("key", "value"), [("inputs_scale", {"lower": [0] * 3, "upper": [9] * 3, "low": -1, "high": 1}), ("dof", 5)]
)
def test_a_model_whose_description_was_changed_is_refused(saved, key, value):
    path = saved.with_suffix(".json")
    description = json.loads(path.read_text())
    description["settings"][key] = value
    path.write_text(json.dumps(description))
    with pytest.raises(ModelError, match="hash differs"):
        load(saved)


@pytest.mark.parametrize("text", ["null", "5", '"abc"', "[]"])
def test_a_description_that_is_none_is_refused(saved, text):
    saved.with_suffix(".json").write_text(text)
    with pytest.raises(ModelError, match="not a model of this suite"):
        load(saved)


@pytest.mark.parametrize("key", ["settings", "sha256", "format"])
def test_a_model_whose_description_lacks_something_is_refused(saved, key):
    path = saved.with_suffix(".json")
    description = json.loads(path.read_text())
    del description[key]
    path.write_text(json.dumps(description))
    with pytest.raises(ModelError):
        load(saved)


def rewritten(saved, weights=None, **changes):
    """The model with other weights or another description, and a hash that fits them."""
    path = saved.with_suffix(".json")
    if weights is not None:
        saved.write_bytes(weights if isinstance(weights, bytes) else save_tensors(weights))
    description = json.loads(path.read_text())
    for key, value in changes.items():
        place = description if key in description else description["settings"]
        place[key] = value
    del description["sha256"]
    description["sha256"] = weights_file.description_hash(saved.read_bytes(), description)
    path.write_text(json.dumps(description))


UNIT = {"lower": [0.0] * 3, "upper": [1.0] * 3, "low": -1.0, "high": 1.0}
JOINTS = {"lower": [0.0] * 6, "upper": [1.0] * 6, "low": 0.0, "high": 1.0}
IMPOSSIBLE = [
    *(
        ("inference_batch", value, "its inference_batch must be a whole number")
        for value in (-1, 0, 0.5, "8", None, True)
    ),
    *(("dof", value, "its dof must be a whole number") for value in (0, -6, 6.0, "6", [6], 10**30)),
    *(("latent_size", value, "its latent_size must be a whole number") for value in (-1, "0", False, 2.0)),
    ("dof", 4_000_000, "the lower and upper of its joints_scale must have 4000000 numbers each"),
    ("dof", 5, "the lower and upper of its joints_scale must have 5 numbers each"),
    ("latent_size", 10**9, "its arrays are not those of a network with its settings"),
    ("latent_size", 2, "its arrays are not those of a network with its settings"),
    ("inputs_scale", JOINTS, "of its inputs_scale must have 3 numbers each"),
    ("joints_scale", UNIT, "its joints_scale must have 6 numbers each"),
    ("joints_scale", {**JOINTS, "low": -1.0}, "its joints_scale must be from low 0 to high 1"),
    ("joints_scale", {**JOINTS, "lower": [0.0] * 5 + [2.0]}, "bounds of its joints_scale must not be above"),
    ("inputs_scale", {**UNIT, "upper": [1.0, 1.0, -1.0]}, "bounds of its inputs_scale must not be above"),
    ("inputs_scale", {**UNIT, "low": 1.0}, "bounds of its inputs_scale must not be above"),
    *(
        ("inputs_scale", {**UNIT, "upper": [1.0, 1.0, value]}, says)
        for value, says in [
            (1e308, "its inputs_scale must have numbers within"),
            (10**400, "its inputs_scale must have numbers within"),
            ("1", "its inputs_scale must have numbers within"),
            (True, "its inputs_scale must have numbers within"),
            (None, "its inputs_scale must have numbers within"),
            (float("nan"), "its description has the number NaN"),
            (float("inf"), "its description has the number Infinity"),
        ]
    ),
    *(("inputs_scale", value, "its inputs_scale must have lower, upper") for value in (None, [], {}, "unit", 3)),
    ("inputs_scale", {**UNIT, "more": 1}, "its inputs_scale must have lower, upper"),
    ("more", 1, "its settings must be task, dof, latent_size"),
    *(("task", value, "its task must be one of position") for value in ("poses", None, ["position"])),
    *(("trial", value, "not a model of this suite") for value in (None, [], {}, "trial", {"method": "emssl"})),
    ("solver", "os:system", "must have a plug-in where its solver is none of ours"),
    ("settings", [], "its description must have format"),
    ("format", "1", "model format 1, this version reads"),
    ("format", [], "model format"),
]


@pytest.mark.parametrize(("key", "value", "says"), IMPOSSIBLE)
def test_a_description_that_fits_its_hash_and_no_network_is_refused(saved, key, value, says):
    rewritten(saved, **{key: value})
    with pytest.raises(ModelError) as raised:
        load(saved)
    said = str(raised.value)
    assert says in said
    assert said.startswith(str(saved))
    assert "\n" not in said
    assert len(said) < 500


@pytest.mark.parametrize(
    "key", ["dof", "latent_size", "inference_batch", "inputs_scale", "joints_scale", "task", "trial"]
)
def test_a_description_that_fits_its_hash_and_lacks_something_is_refused(saved, key):
    path = saved.with_suffix(".json")
    description = json.loads(path.read_text())
    del (description if key in description else description["settings"])[key]
    path.write_text(json.dumps(description))
    rewritten(saved)
    with pytest.raises(ModelError, match="not a model of this suite"):
        load(saved)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not a model of this suite"),
        ('{"format": 1, "format": 1}', "its description has a key twice"),
        ('{"format": 1e999}', "its description has the number 1e999"),
        ("[" * 100_000, "not a model of this suite (RecursionError"),
        ('{"dof": ' + "9" * 5000 + "}", "not a model of this suite"),
        ("\x00", "not a model of this suite"),
        (b"\xff\xfe{", "not a model of this suite"),
    ],
    ids=range(7),
)
def test_a_description_that_is_no_plain_json_is_refused(saved, text, says):
    saved.with_suffix(".json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ModelError) as raised:
        load(saved)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


WEIGHTS = {
    "not a number": (lambda w: {**w, "layers.2.bias": np.full(512, np.nan, np.float32)}, "layers.2.bias is not finite"),
    "infinite": (lambda w: {**w, "layers.8.bias": np.full(6, np.inf, np.float32)}, "layers.8.bias is not finite"),
    "one too many": (lambda w: {**w, "more": np.zeros(1, np.float32)}, "its arrays are not those of a network"),
    "one too few": (lambda w: {k: v for k, v in w.items() if k != "layers.8.bias"}, "its arrays are not those of"),
    "turned": (lambda w: {**w, "layers.0.weight": w["layers.0.weight"].T.copy()}, "its arrays are not those of"),
    "double precision": (lambda w: {k: v.astype(np.float64) for k, v in w.items()}, "its arrays are not those of"),
    "whole numbers": (lambda w: {k: v.astype(np.int32) for k, v in w.items()}, "its arrays are not those of"),
    "none": (lambda w: {}, "not a model of this suite"),
    "cut off": (lambda w: save_tensors(w)[:-4], "a safetensors file of another length than it says"),
    "longer": (lambda w: save_tensors(w) + b"0", "a safetensors file of another length than it says"),
    "empty": (lambda w: b"", "no safetensors file"),
    "a header of many gigabytes": (lambda w: b"\xff" * 8 + save_tensors(w), "no safetensors file"),
    "no header": (lambda w: (5).to_bytes(8, "little") + b"abcde", "not a model of this suite"),
    "a pickle": (lambda w: pickle.dumps(w), "no safetensors file"),
}


@pytest.mark.parametrize(("spoil", "says"), WEIGHTS.values(), ids=WEIGHTS)
def test_weights_that_fit_their_hash_and_no_network_are_refused(saved, spoil, says):
    rewritten(saved, spoil(load_tensors(saved.read_bytes())))
    with pytest.raises(ModelError) as raised:
        load(saved)
    assert says in str(raised.value)
    assert str(raised.value).startswith(f"{saved}: not a model of this suite")


def test_a_file_of_many_gigabytes_is_refused_before_it_is_read(saved):
    with open(saved, "r+b") as file:
        file.truncate(10 * 2**30)  # it takes no room on the disk
    tracemalloc.start()
    with pytest.raises(ModelError, match="of another length than it says"):
        load(saved)
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()


@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
def test_a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for(saved, suffix):
    path = saved.with_suffix(suffix)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ModelError, match="it is not a regular file"):
        load(saved)


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
    assert list(description) == ["format", "solver", "plugin", "settings", "trial", "sha256"]
    assert (description["format"], description["solver"], description["plugin"]) == (3, "network", None)
    network = InverseNetwork(6, "he_uniform", torch.Generator())
    assert saved.read_bytes() == safetensors.torch.save(network.state_dict())


def test_only_a_network_that_would_be_read_back_the_same_is_written(tmp_path):
    class Other(InverseNetwork):
        def forward(self, positions, latent=None):
            return 1 - super().forward(positions, latent)

    scales = Normaliser((0.0,) * 3, (1.0,) * 3, -1, 1), Normaliser((0.0,) * 6, (1.0,) * 6, 0, 1)
    usual, wrong = (kind(6, "he_uniform", torch.Generator()) for kind in (InverseNetwork, Other))
    path, trial = tmp_path / "model.safetensors", record("emssl", 90).trial
    with pytest.raises(ModelError, match="its network is a Other and no InverseNetwork"):
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
