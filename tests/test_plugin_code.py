"""What a plug-in gives belongs to its code: records, checkpoints and models."""

import copy
import json
import shutil
import sys
import warnings
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch

import emssl_bench
from emssl_bench import report
from emssl_bench.exceptions import InvalidValue, MethodError, ModelError
from emssl_bench.experiments import accuracy, adaptation
from emssl_bench.experiments.curve import TrialStatus
from emssl_bench.experiments.training import run_trial
from emssl_bench.methods import registry
from emssl_bench.records import Store, checkpoint_files, model_files, saved_model, weights_file
from emssl_bench.records.merge import merge
from emssl_bench.report.frames.accuracy import accuracy_runs, table_2
from robots.changes import Change
from tests.packages import HEAD, LEARN, package
from tests.reports import errors_printed
from tests.runs import Silent, run_trials
from tests.test_plugins import trials_of

KEEPING = """
class Constant(Solver):
    def __init__(self, angles):
        self.angles = angles
    def solve(self, targets, samples=1):
        return np.tile(self.angles, (len(targets), samples, 1))
    def saved(self):
        return {"angles": self.angles}, {"told": "yes"}
    @classmethod
    def restored(cls, arrays, settings):
        assert settings == {"told": "yes"}
        return cls(arrays["angles"])
"""
KEPT = f"{HEAD}    {LEARN}\n        yield Progress(Constant(np.array([0.1, 0.2, 0.3])))\n{KEEPING}"
RESUMABLE = f"""{HEAD.replace("return 2", "return 3")}
    resumable: ClassVar[bool] = True
    def learn(self, problem):
        state = {{"angles": np.full(SIZE, 0.1)}}
        for _ in problem.checkpoint.iterations(self.units, state):
            state["angles"] = state["angles"] + STEP
            yield Progress(Constant(state["angles"][:3]))
{KEEPING}"""


def changed(code, was, becomes):
    """Other code of the package `mine`, as a process that starts now finds it."""
    assert was in code
    path = Path(sys.modules["mine"].__file__ if "mine" in sys.modules else next(_where("mine.py")))
    path.write_text(code.replace(was, becomes))
    shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)
    sys.modules.pop("mine", None)
    registry._checked.cache_clear()


def _where(name):
    return (Path(folder) / name for folder in sys.path if (Path(folder) / name).is_file())


class Listening:
    """Whom a trial's process tells how it stands."""

    def __init__(self):
        self.iterations = []

    def __call__(self, told):
        if isinstance(told, TrialStatus):
            self.iterations.append(told.iteration)


def run_as_a_process_does(trial, robot, store):
    """The trial's record, its iterations and what it warns of; in this process, since a process costs seconds."""
    listening = Listening()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            record = run_trial(trial, robot, store, 1, listening)
        finally:
            torch.set_flush_denormal(False)
    store.save(record)
    return record, listening.iterations, [str(each.message) for each in warned]


def run_one(trial, robot, store):
    record, model = accuracy.run(trial, robot, store, 1, lambda standing: None)
    store.save(record)
    return record, model


def test_a_trial_of_a_plug_in_is_of_its_code_and_one_of_ours_is_of_none(install, planar3):
    install("mine", KEPT)
    ours, (first,) = trials_of(planar3, *registry.METHODS), trials_of(planar3, "mine")
    assert not any("plugin" in trial.settings for trial in ours)
    assert first.settings["plugin"]["package"] == "mine"
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
    assert shown == ["At rest", f"At rest (plugin code={first.settings['plugin']['code']})"]


def test_a_trial_whose_code_changed_before_it_began_says_so(install, planar3, tmp_path):
    install("mine", KEPT)
    (trial,) = trials_of(planar3, "mine")
    changed(KEPT, "0.1, 0.2", "0.5, 0.2")
    with pytest.raises(MethodError, match="the code of 'mine' is not that which was to run: it has changed; run again"):
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


def test_a_checkpoint_that_does_not_fit_is_begun_anew_in_the_same_run(install, planar3, tmp_path):
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
    "content['checkpoint']['kept'] = []": "begins anew: its checkpoint does not fit the method (ValueError: zip()",
    "content['checkpoint']['kept'] = [{'other': torch.ones(3)}]": "(ValueError: other instead of angles)",
    "content['checkpoint']['finished'] = -1": "begins anew: its checkpoint is none of this suite",
    "del content['identity']": "begins anew: its checkpoint is of other code",
    "content['notes'] = {}": "begins anew: its checkpoint is none of this suite",
    "del content['notes']['curve']": "begins anew: its checkpoint has no curve",
    "content['notes']['curve']['iteration'] = ['one']": "begins anew: its checkpoint has no curve",
    "content['checkpoint']['kept'][0]['angles'][0] = torch.nan": "begins anew: its checkpoint is none of this suite",
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


def test_any_model_that_says_how_is_kept_and_read_back(install, planar3, tmp_path):
    install("mine", KEPT)
    (trial,) = trials_of(planar3, "mine")
    (record,) = run_trials([trial], planar3, Store(tmp_path), 1, 1, Silent())
    model = emssl_bench.load(tmp_path / record.model)
    np.testing.assert_array_equal(model.joint_angles(np.zeros((2, 3))), [[0.1, 0.2, 0.3]] * 2)
    again, its_trial = model_files.read(tmp_path / record.model)
    assert type(again) is type(model)
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
    "answers otherwise": (
        'cls(arrays["angles"])',
        "cls(np.zeros(3))",
        "read back from what saved() gives, answers othe",
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
        ("model", "os:system", "has no class 'os:system' with restored()"),
        ("model", "subprocess:Popen", "has no class 'subprocess:Popen' with restored()"),
        ("model", "mine:np.ndarray", "has no class 'mine:np.ndarray' with restored()"),
        ("model", 5, "its description must have"),
        ("plugin", {"package": "other", "code": "1"}, "of the package 'other', which is not installed here"),
        ("plugin", {"package": "mine"}, "must have the plug-in's package and code"),
        ("settings", {"told": "no"}, "the package 'mine' cannot read it (AssertionError"),
        ("settings", [], "its description must have"),
        ("format", 3, "model format 3, this version reads 1 and 2"),
        ("format", 1, "its settings must be dof, latent_size"),
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
    next(_where("mine.py")).unlink()
    told = []
    merge([store.folder for store in stores[:2]], stores[2], False, told.append)
    assert not told
    assert stores[2].model_path(trial).read_bytes() == stores[0].model_path(trial).read_bytes()


ADAPTING = f"""{HEAD}    {LEARN}
        yield Progress(Constant(np.array([0.1, 0.2, 0.3])))

    def adapt(self, solver, problem, samples):
        '''Of random configurations the one that reaches nearest to the mean of the targets.'''
        yield Progress(solver)
        tried = problem.joint_space.sample(samples, problem.seeds.numpy("tries"))
        away = np.linalg.norm(problem.forward.positions(tried) - problem.targets.mean(axis=0), axis=1)
        yield Progress(Constant(tried[away.argmin()]))
{KEEPING}"""


def test_a_plug_in_that_adapts_can_be_the_learner(install, planar3, tmp_path):
    install("mine", ADAPTING)
    store = Store(tmp_path)
    (base,) = trials_of(planar3, "mine")
    _, solver = run_one(base, planar3, store)
    model_files.save(solver, store.model_path(base), base)
    options = {"measurements": 20, "noise_mm": 0.0, "schedule": "cosine", "samples": 200, "learner": "mine"}
    run_with = {"forward": "chain", "device": "cpu", "threads": 1}
    replace, aligned = adaptation.plan(
        ["replace", "align"], [Change("links", 3)], [base], planar3, **run_with, **options
    )
    assert replace.settings["learner"] == "mine"
    record, adapted = adaptation.run(replace, planar3, store, 1, lambda status: None)
    assert record.metrics["forward_calls"] == 200
    assert record.curve["iteration"] == [0, 1]
    assert record.metrics["validation_mean_cm"] == min(record.curve["error_mean_cm"])
    assert type(adapted) is type(solver)
    with pytest.raises(InvalidValue, match="align maps the input of a network, and Constant is none"):
        adaptation.run(aligned, planar3, store, 1, lambda status: None)
    store.save(record)
    report.write(store)
    assert "At rest on the changed arm" in (tmp_path / "report.md").read_text()


def test_a_plug_in_that_cannot_adapt_is_refused_as_the_learner(install, planar3):
    install("mine", KEPT)
    (base,) = trials_of(planar3, "mine")
    options = {"measurements": 20, "noise_mm": 0.0, "schedule": "cosine", "learner": "mine"}
    run_with = {"forward": "chain", "device": "cpu", "threads": 1}
    with pytest.raises(InvalidValue, match=r"the method 'mine' cannot adapt: it has no adapt\(\)\. These have: "):
        adaptation.plan(["replace"], [Change("links", 3)], [base], planar3, **run_with, **options)
