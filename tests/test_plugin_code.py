"""Records and checkpoints of a plug-in belong to its code."""

import copy

import numpy as np
import pytest
import torch

from emssl_bench.exceptions import MethodError
from emssl_bench.experiments import accuracy
from emssl_bench.methods import registry
from emssl_bench.records import Store, checkpoint_files
from emssl_bench.report.frames.accuracy import accuracy_runs, table_2
from tests.kept_plugins import KEPT, RESUMABLE, changed, run_as_a_process_does, run_one
from tests.packages import package
from tests.reports import errors_printed
from tests.runs import trials_of


def test_a_trial_of_a_plug_in_is_of_its_code_and_one_of_ours_is_of_none(install, planar3):
    install("mine", KEPT)
    ours, (first,) = trials_of(planar3, *registry.METHODS), trials_of(planar3, "mine")
    assert all(trial.settings.plugin is None for trial in ours)
    assert first.settings.plugin["package"] == "mine"
    assert trials_of(planar3, "mine")[0].digest == first.digest
    changed(KEPT, "0.1, 0.2", "0.2, 0.2")
    assert trials_of(planar3, "mine")[0].digest != first.digest
    changed(KEPT, "0.1, 0.2", "0.1, 0.2")
    assert trials_of(planar3, "mine")[0].digest == first.digest


def test_a_record_of_other_code_is_not_used_again_and_both_are_told_apart(install, planar3, tmp_path):
    install("mine", KEPT)
    store = Store(tmp_path)
    (first,) = trials_of(planar3, "mine")
    record, _ = run_one(first, planar3, store)
    assert store.done(first)
    changed(KEPT, "0.1, 0.2", "0.5, 0.2")
    (second,) = trials_of(planar3, "mine")
    assert not store.done(second)
    other, _ = run_one(second, planar3, store)
    assert other.metrics["error_mean_cm"] != record.metrics["error_mean_cm"]
    shown = errors_printed(table_2(accuracy_runs(store.records())))["Method"].tolist()
    assert shown == ["At rest", f"At rest (plugin code={first.settings.plugin['code']})"]


def test_a_trial_whose_code_changed_before_it_began_says_so(install, planar3, tmp_path):
    install("mine", KEPT)
    (trial,) = trials_of(planar3, "mine")
    changed(KEPT, "0.1, 0.2", "0.5, 0.2")
    with pytest.raises(MethodError, match="the code of 'mine' changed after the run was planned; run again"):
        run_one(trial, planar3, Store(tmp_path))


class Interruption(Exception):
    """What ends a trial in the middle."""


def interrupt_second(standing):
    if standing.iteration == 2:
        raise Interruption


@pytest.mark.parametrize("becomes", ["np.full(5, 0.1)", "np.full(3, 0.3)"])
def test_old_state_and_new_code_never_mix(becomes, install, planar3, tmp_path):
    """Neither where they do not fit each other nor where they do."""
    code = RESUMABLE.replace("SIZE", "3").replace("STEP", "0.1")
    install("mine", code)
    (first,) = trials_of(planar3, "mine")
    with pytest.raises(Interruption):
        accuracy.run(first, planar3, Store(tmp_path), 1, interrupt_second)
    assert Store(tmp_path).checkpoint_path(first).is_file()
    changed(code, "np.full(3, 0.1)", becomes)
    (second,) = trials_of(planar3, "mine")
    told = []
    _, model = accuracy.run(second, planar3, Store(tmp_path), 1, lambda standing: told.append(standing.iteration))
    assert told == [1, 2, 3]
    _, expected = accuracy.run(second, planar3, Store(tmp_path / "other"), 1, lambda standing: None)
    np.testing.assert_array_equal(model.angles, expected.angles)


def test_a_trial_whose_checkpoint_does_not_fit_starts_over_in_the_same_run(install, planar3, tmp_path):
    """As one that was changed by hand; it would else fail for ever."""
    code = RESUMABLE.replace("SIZE", "3").replace("STEP", "0.1")
    install("mine", code)
    (trial,) = trials_of(planar3, "mine")
    store = Store(tmp_path)
    with pytest.raises(Interruption):
        accuracy.run(trial, planar3, store, 1, interrupt_second)
    path = store.checkpoint_path(trial)
    whole = checkpoint_files.load(path)
    for spoiled, says in SPOILED.items():
        content = copy.deepcopy(whole)
        exec(spoiled, {"content": content, "torch": torch})
        checkpoint_files.save(path, content)
        _, iterations, warned = run_as_a_process_does(trial, planar3, store)
        assert iterations == [1, 2, 3], spoiled
        assert any(says in line for line in warned), spoiled


SPOILED = {
    "content['checkpoint']['kept'] = []": "starts over: its checkpoint does not fit the method (ValueError: zip()",
    "content['checkpoint']['kept'] = [{'other': torch.ones(3)}]": "(ValueError: other instead of angles)",
    "content['checkpoint']['finished'] = -1": "starts over: its checkpoint was not written by emssl-bench",
    "del content['identity']": "starts over: its checkpoint was written by other code",
    "content['notes'] = {}": "starts over: its checkpoint was not written by emssl-bench",
    "del content['notes']['curve']": "starts over: its checkpoint has no curve",
    "content['notes']['curve']['iteration'] = ['one']": "starts over: its checkpoint has no curve",
    "content['checkpoint']['kept'][0]['angles'][0] = torch.nan": "starts over: its checkpoint was not written by",
}


def test_all_files_of_a_package_count_and_what_python_makes_of_them_does_not(tmp_path, monkeypatch):
    folder = tmp_path / "many"
    (folder / "deep" / "__pycache__").mkdir(parents=True)
    for name in ("__init__.py", "deep/part.py", "weights.npz"):
        (folder / name).write_text("1")
    package(tmp_path, "shell", "from many.deep.part import Mine", "mine = many.deep.part:Mine")
    (tmp_path / "shell-1.0.dist-info" / "top_level.txt").write_text("many\nshell\n")
    monkeypatch.syspath_prepend(tmp_path)

    def code():
        return registry.plugin("mine").code()

    before = code()
    for name in ("deep/__pycache__/part.pyc", ".hidden", "deep/.cache", "part.pyc"):
        (folder / name).write_text("2")
        assert code() == before, name
    known = {before}
    for path in (folder / "deep" / "part.py", folder / "weights.npz", tmp_path / "shell.py", folder / "new.py"):
        path.write_text("2")
        assert code() not in known, path
        known.add(code())
    (folder / "new.py").rename(folder / "renamed.py")
    assert code() not in known


def test_of_a_shared_namespace_only_ones_own_part_counts(tmp_path, monkeypatch):
    for name in ("mine", "others"):
        (tmp_path / "shared" / name).mkdir(parents=True)
        (tmp_path / "shared" / name / "__init__.py").write_text("")
    package(tmp_path, "part", "", "mine = shared.mine.method:Mine")
    monkeypatch.syspath_prepend(tmp_path)
    before = registry.plugin("mine").code()
    (tmp_path / "shared" / "others" / "__init__.py").write_text("changed")
    assert registry.plugin("mine").code() == before
    (tmp_path / "shared" / "mine" / "method.py").write_text("new")
    assert registry.plugin("mine").code() != before
