"""Models come with the records that they are of when folders are merged."""

from dataclasses import replace
from functools import partial

import pytest
import torch

from emssl_bench.records import Store, model_files
from emssl_bench.scaling import Normaliser
from emssl_bench.solvers.network import InverseNetwork
from emssl_bench.solvers.network_solver import NetworkSolver
from tests.examples import record
from tests.merging import elsewhere, merged, store_of


@pytest.fixture
def folder(tmp_path):
    return partial(store_of, tmp_path)


@pytest.fixture
def merge(tmp_path, capsys, monkeypatch):
    return partial(merged, tmp_path, capsys, monkeypatch)


def save_model(store, trial, seed=0):
    network = InverseNetwork(6, "he_uniform", torch.Generator().manual_seed(seed))
    scales = Normaliser((0.0,) * 3, (1.0,) * 3, -1, 1), Normaliser((0.0,) * 6, (1.0,) * 6, 0, 1)
    model_files.save(NetworkSolver(network, *scales, 512), store.model_path(trial), trial)
    return store.model_path(trial).read_bytes()


def test_models_come_with_their_records(folder, merge, tmp_path):
    first, second = record("emssl", 90, error=2.0), record("emssl", 90, seed=1)
    a, b = folder("a", first), folder("b", replace(first, metrics=record("emssl", 90, error=2.5).metrics), second)
    wanted = save_model(a, first.trial), save_model(b, second.trial, 1)
    save_model(b, first.trial, 2)
    merge("a", "b")
    out = Store(tmp_path / "out")
    assert tuple(out.model_path(trial).read_bytes() for trial in (first.trial, second.trial)) == wanted
    model_files.load(out.model_path(first.trial))


def test_a_model_of_other_numbers_than_the_record_kept_does_not_come(folder, merge, tmp_path):
    folder("a", record("emssl", 90, error=2.0))
    save_model(folder("b", record("emssl", 90, error=2.5)), record("emssl", 90).trial)
    merge("a", "b")
    assert not (tmp_path / "out" / "models").exists()


def test_a_sound_model_comes_from_where_the_numbers_are_the_same(folder, merge, tmp_path):
    trial = record("emssl", 90).trial
    a, b = folder("a", record("emssl", 90)), folder("b", elsewhere(record("emssl", 90)))
    save_model(a, trial)
    a.model_path(trial).write_bytes(a.model_path(trial).read_bytes()[:-1])
    sound = save_model(b, trial)
    code, err = merge("a", "b")
    assert (code, err.count("\n")) == (0, 1)
    assert "hash differs" in err
    assert (Store(tmp_path / "out").model_path(trial)).read_bytes() == sound


def test_a_model_that_is_not_of_the_record_kept_makes_way(folder, merge, tmp_path):
    """Its own record is gone, so that it may be of other numbers."""
    trial = record("emssl", 90).trial
    save_model(Store(tmp_path / "out"), trial, 1)
    kept = save_model(folder("b", record("emssl", 90)), trial, 2)
    code, err = merge("b")
    assert (code, err.count("\n")) == (0, 1)
    assert "is replaced by" in err
    assert Store(tmp_path / "out").model_path(trial).read_bytes() == kept
    assert merge("b") == (0, ""), "now it is"


def test_a_model_without_a_record_comes_too(folder, merge, tmp_path):
    base = record("emssl", 90, seed=7).trial
    wanted = save_model(folder("a", record("emssl", 90)), base)
    merge("a")
    assert Store(tmp_path / "out").model_path(base).read_bytes() == wanted
