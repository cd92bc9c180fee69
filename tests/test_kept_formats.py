"""Records and models of older formats, kept as they were written: they stay readable, under the same names."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save as bytes_of

from emssl_bench.records import Store, model_files
from emssl_bench.records.trial import FORMAT, read, read_trial
from emssl_bench.solvers.network_solver import NetworkSolver

KEPT = Path(__file__).parent / "kept"
RECORDS = sorted(KEPT.glob("[12]/*.json"))


def named(start):
    (found,) = [read(path) for path in RECORDS if path.name.startswith(start)]
    return found


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: f"format {path.parent.name}, {path.stem}")
def test_a_record_of_an_older_format_keeps_its_name_and_its_numbers(path, tmp_path):
    record, document = read(path), json.loads(path.read_text())
    assert record.trial.label == path.stem
    assert document["format"] == int(path.parent.name) < FORMAT
    told = []
    store = Store(tmp_path, told.append)
    store.save(record)
    assert store.path(record.trial).name == path.name
    (again,) = store.records()
    assert json.loads(store.path(record.trial).read_text())["format"] == FORMAT
    assert again == record
    assert told == []
    assert sorted(again.metrics.values()) == sorted(document["metrics"].values())


def test_settings_that_older_records_leave_out_have_the_value_that_they_had():
    one, two = named("emssl--").trial.settings, named("align--").trial.settings
    assert (one.task, one.evaluated_on, one.plugin) == ("position", "validation", None)
    assert (two.learner, two.targets, two.validation_samples) == ("emssl-plus", "reachable", 2000)
    assert two.trained_with == {"forward": "bullet", "device": "cpu", "threads": 1, "matmul": "default"}
    assert (named("distal--").trial.settings.learner, named("distal--").trial.settings.measurements) == ("distal", 0)


def test_where_a_base_was_trained_elsewhere_only_that_differs():
    settings = named("direct--planar3").trial.settings
    assert (settings.forward, settings.threads, settings.targets) == ("chain", 1, "all")
    assert settings.trained_with == {"forward": "bullet", "device": "cpu", "threads": 2, "matmul": "default"}


def test_renamed_settings_and_metrics_have_their_new_names():
    record = named("emssl--")
    assert record.trial.settings.hyperparameters.keys() >= {"replay_share", "init_output_std", "init_output_offset"}
    assert {"success_rate_1mm", "success_rate_5cm"} <= record.metrics.keys()
    plus = named("align--").trial.settings
    assert plus.hyperparameters.keys() >= {"cauchy_scale", "samplings_per_iteration"}


def test_a_model_of_format_1_is_read_with_its_trial(tmp_path):
    description = json.loads((KEPT / "model-1.json").read_text())
    zeros = {name: np.zeros(shape, np.float32) for name, shape in shapes(description).items()}
    (tmp_path / "model.safetensors").write_bytes(bytes_of(zeros))
    (tmp_path / "model.json").write_bytes((KEPT / "model-1.json").read_bytes())
    solver, trial = model_files.read(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(solver.joint_angles(np.zeros((2, 3))), np.zeros((2, 6)))
    assert trial == read_trial(description["trial"], 2)
    assert trial.digest == named("align--").trial.digest

    model_files.save(solver, tmp_path / "again.safetensors", trial)
    assert json.loads((tmp_path / "again.json").read_text())["format"] == 4
    again, same_trial = model_files.read(tmp_path / "again.safetensors")
    assert again.same_as(solver)
    assert same_trial == trial


def shapes(description):
    return NetworkSolver.shapes({"task": "position", **{key: description[key] for key in ("dof", "latent_size")}})
