"""Models that a plug-in keeps: written, read back, and brought together."""

import json
from contextlib import nullcontext

import numpy as np
import pytest

import emssl_bench
from emssl_bench.exceptions import ModelError
from emssl_bench.records import Store, model_files, saved_model, weights_file
from emssl_bench.records.merge import merge
from tests.kept_plugins import KEPT, changed, run_as_a_process_does, run_one, where
from tests.runs import Silent, run_trials, trials_of


def test_any_model_that_says_how_is_kept_and_read_back(install, planar3, tmp_path):
    install("mine", KEPT)
    (trial,) = trials_of(planar3, "mine")
    (record,) = run_trials([trial], planar3, Store(tmp_path), 1, 1, Silent())
    model = emssl_bench.load(tmp_path / record.model)
    np.testing.assert_array_equal(model.joint_angles(np.zeros((2, 3))), [[0.1, 0.2, 0.3]] * 2)
    again, its_trial = model_files.read(tmp_path / record.model)
    assert type(again) is type(model.solver)
    assert its_trial == trial
    with pytest.raises(ModelError, match="a model of the arm planar3"):
        emssl_bench.load(tmp_path / record.model, planar3.lengthened(0.01))


UNKEPT = {
    "has neither method": ("def saved", "def unsaved", "Constant has no saved() and restored() (docs/extend.md shows"),
    "raises": ('return {"angles": self.angles}, {"told": "yes"}', "raise OSError('no\\nway')", r"(OSError: no\nway)"),
    "gives words": ('{"angles": self.angles}', '{"angles": "many"}', "Constant cannot be saved ("),
    "gives objects": ('{"angles": self.angles}', '{"angles": np.array([self])}', "Constant cannot be saved ("),
    "gives no JSON": ('{"told": "yes"}', '{"told": self}', "Constant cannot be saved (TypeError: Object of type"),
    "gives what is no number": ('{"told": "yes"}', '{"told": np.nan * 1.0}', "Constant cannot be saved (ValueError"),
    "gives nothing": ('return {"angles": self.angles}, {"told": "yes"}', "return None", "cannot be saved (TypeError"),
    "gives other solutions": (
        'cls(arrays["angles"])',
        "cls(np.zeros(3))",
        "gives other solutions after saved() and restored()",
    ),
}


@pytest.mark.parametrize(("was", "becomes", "says"), UNKEPT.values(), ids=UNKEPT)
def test_a_model_that_cannot_be_kept_is_said_in_one_line_and_its_record_is_kept(
    was, becomes, says, install, planar3, tmp_path
):
    assert was in KEPT
    install("mine", KEPT.replace(was, becomes))
    record, _, (line,) = run_as_a_process_does(trials_of(planar3, "mine")[0], planar3, Store(tmp_path))
    assert (record.status, record.model) == ("done", None)
    assert line.startswith("its model is not kept: Constant")
    assert says in line
    assert "\n" not in line


@pytest.fixture
def kept(install, planar3, tmp_path):
    """A model of a plug-in, on disk."""
    install("mine", KEPT)
    (trial,) = trials_of(planar3, "mine")
    _, model = run_one(trial, planar3, Store(tmp_path))
    path = tmp_path / "model.safetensors"
    model_files.save(model, path, trial)
    return path


def test_a_model_of_other_code_is_read_with_a_warning(kept):
    changed(KEPT, "0.1, 0.2", "0.5, 0.2")
    with pytest.warns(UserWarning, match="was learned by other code of the package 'mine' than is installed"):
        model = emssl_bench.load(kept)
    np.testing.assert_array_equal(model.joint_angles(np.zeros((1, 3))), [[0.1, 0.2, 0.3]])


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("class Constant", "class Renamed", "has no class 'mine:Constant' with restored()"),
        ("cls(arrays", "cls(1 / 0, arrays", "the package 'mine' cannot read it (ZeroDivisionError: division by zero)"),
        ('return cls(arrays["angles"])', "return 5", "Constant.restored made no Solver"),
        ("import numpy as np", "import not_there", "the method 'mine' of the package 'mine' is broken"),
    ],
)
def test_a_model_that_its_plug_in_can_no_longer_read_says_why(was, becomes, says, kept):
    changed(KEPT, was, becomes)
    warned = nullcontext() if "broken" in says else pytest.warns(UserWarning, match="other code")
    with warned, pytest.raises(ModelError) as raised:
        emssl_bench.load(kept)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("solver", "os:system", "has no class 'os:system' with restored()"),
        ("solver", "subprocess:Popen", "has no class 'subprocess:Popen' with restored()"),
        ("solver", "mine:np.ndarray", "has no class 'mine:np.ndarray' with restored()"),
        ("solver", 5, "its description must have"),
        ("plugin", {"package": "other", "code": "1"}, "of the package 'other', which is not installed here"),
        ("plugin", {"package": "mine"}, "must have the plug-in's package and code"),
        ("settings", {"told": "no"}, "the package 'mine' cannot read it (AssertionError"),
        ("settings", [], "its description must have"),
        ("format", 5, "model format 5, this version reads 1 to 4"),
        ("format", 1, "not a model of this suite"),
        ("format", True, "model format True"),
    ],
)
def test_a_description_with_a_hash_of_its_own_runs_nothing_but_the_plug_in(key, value, says, kept):
    description = json.loads(kept.with_suffix(".json").read_text())
    del description["sha256"]
    description[key] = value
    description["sha256"] = weights_file.description_hash(kept.read_bytes(), description)
    kept.with_suffix(".json").write_text(json.dumps(description))
    with pytest.raises(ModelError) as raised:
        emssl_bench.load(kept)
    assert says in str(raised.value)


def test_models_of_plug_ins_are_brought_together_without_the_plug_in(kept, planar3, tmp_path):
    (trial,) = trials_of(planar3, "mine")
    stores = [Store(tmp_path / name) for name in ("one", "two", "both")]
    record, model = run_one(trial, planar3, stores[0])
    for store in stores[:2]:
        model_files.save(model, store.model_path(trial), trial)
        store.save(record)
    assert saved_model.opened(stores[0].model_path(trial)).same_as(saved_model.opened(stores[1].model_path(trial)))
    next(where("mine.py")).unlink()
    told = []
    merge([store.folder for store in stores[:2]], stores[2], False, told.append)
    assert not told
    assert stores[2].model_path(trial).read_bytes() == stores[0].model_path(trial).read_bytes()
