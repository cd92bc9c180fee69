"""A plug-in's method as the learner of an adaptation."""

import pytest

from emssl_bench import report
from emssl_bench.exceptions import InvalidValue
from emssl_bench.experiments import adaptation
from emssl_bench.records import Store, model_files
from robots.changes import Change
from tests.kept_plugins import KEEPING, KEPT, run_one
from tests.packages import HEAD, LEARN
from tests.runs import trials_of

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
    assert replace.settings.learner == "mine"
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
