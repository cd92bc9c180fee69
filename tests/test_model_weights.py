"""Models whose weights were changed, are of no network or come in no file: refused."""

import os
import pickle
import tracemalloc

import numpy as np
import pytest
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from emssl_bench.exceptions import ModelError
from emssl_bench.records.model_files import load
from tests.models import rewritten, saved_model


@pytest.fixture
def saved(tmp_path):
    return saved_model(tmp_path)


def test_a_model_with_one_byte_changed_is_refused(saved):
    content = bytearray(saved.read_bytes())
    content[-1] ^= 1
    saved.write_bytes(content)
    with pytest.raises(ModelError, match="hash differs"):
        load(saved)


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
