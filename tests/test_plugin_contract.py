"""A plug-in's method that breaks its contract is told which part, and harms nothing else."""

import pytest

from emssl_bench.exceptions import Diverged, EmsslBenchError, MethodError
from emssl_bench.experiments import accuracy
from emssl_bench.records import Store
from tests.packages import SOUND, learning
from tests.runs import Silent, run_trials, trials_of


def answering(answer):
    return learning(f"""
        class Answering(Solver):
            def solve(self, targets, samples=1):
                return {answer}
        yield Progress(Answering())
    """)


MISBEHAVING = {
    "returns nothing": (learning("pass"), "learn must be a generator of Progress, it returned NoneType"),
    "returns a list": (learning("return []"), "learn must be a generator of Progress, it returned list"),
    "yields nothing": (learning("yield from ()"), "learn ended without a Progress"),
    "yields a model": (learning("yield Resting()"), "learn must yield Progress, not Resting"),
    "yields without end": (
        learning("while True:\n    yield Progress(Resting())"),
        "learn yielded more often than its units allow, 2 times",
    ),
    "has no solver": (
        learning("yield Progress(None)"),
        "learn must yield a Solver with solve.targets., NoneType is none",
    ),
    "counts in words": (
        learning("yield Progress(Resting(), {'steps': 'many'})"),
        "costs that are whole numbers by name",
    ),
    "has costs without names": (learning("yield Progress(Resting(), 5)"), "costs that are whole numbers by name"),
    "has words for a loss": (learning("yield Progress(Resting(), {}, 'none')"), "and a loss, not"),
    "diverges": (learning("yield Progress(Resting(), {}, float('nan'))"), "the training loss is nan in iteration 1"),
    "a joint too few": (answering("np.zeros((len(targets), 1, 2))"), "must have shape .n, 3., not .150, 2."),
    "a row too few": (answering("np.zeros((1, 1, 3))"), "must return .* .150, 1, 3., not .1, 1, 3."),
    "no samples": (answering("np.zeros((len(targets), 3))"), "must return .targets, samples, joints., .* not .150, 3."),
    "not a number": (answering("np.full((len(targets), 1, 3), np.nan)"), "joint angles must be finite: row 0 is"),
    "another turn": (answering("np.full((len(targets), 1, 3), 6.3)"), "must lie in the joint space: row 0 has 6.3 for"),
    "nothing": (answering("None"), "solve must return .targets, samples, joints."),
    "words": (answering("[[['a', 'b', 'c']]] * len(targets)"), "joint angles must be numbers in 3 columns"),
}


@pytest.mark.parametrize(("code", "says"), MISBEHAVING.values(), ids=MISBEHAVING)
def test_a_method_that_breaks_its_contract_is_told_which_part(install, planar3, tmp_path, code, says):
    install("misbehaving", code)
    (trial,) = trials_of(planar3, "mine")
    with pytest.raises(EmsslBenchError, match=says):
        accuracy.run(trial, planar3, Store(tmp_path), 1, lambda standing: None)


WRONG_WITHIN = {
    "asks the arm in another shape": ("arm.positions(np.zeros((5, 5)))", MethodError, "must have shape"),
    "asks the arm with impossible numbers": (
        "arm.positions(np.full((1, 3), 1e9))",
        MethodError,
        "must be within",
    ),
    "asks the arm with what is not finite": (
        "arm.positions(np.full((1, 3), np.inf))",
        Diverged,
        "must be finite",
    ),
    "multiplies what does not fit": ("np.zeros((2, 3)) @ np.zeros((2, 3))", ValueError, "matmul"),
}


@pytest.mark.parametrize(("line", "kind", "says"), WRONG_WITHIN.values(), ids=WRONG_WITHIN)
def test_a_wrong_shape_is_the_method_s_mistake_and_only_what_is_not_finite_is_divergence(
    install, planar3, tmp_path, line, kind, says
):
    install("wrong", learning(f"arm = problem.forward\nyield Progress(Resting())\n{line}\nyield Progress(Resting())"))
    with pytest.raises(kind, match=says) as raised:
        accuracy.run(trials_of(planar3, "mine")[0], planar3, Store(tmp_path), 1, lambda standing: None)
    assert raised.type is kind
    if issubclass(kind, EmsslBenchError):
        assert str(raised.value).startswith("in iteration 2: ")


def test_a_model_cannot_change_what_it_is_judged_on(install, planar3, tmp_path):
    install("honest", SOUND)
    install("cheat", SOUND.replace("return np", "targets[:] = [0.6, 0, 0]; return np"), method="cheating")
    errors = [
        accuracy.run(trial, planar3, Store(tmp_path), 1, lambda standing: None)[0].metrics["error_mean_cm"]
        for trial in trials_of(planar3, "mine", "cheating")
    ]
    assert errors[0] == errors[1]


def test_a_plug_in_that_raises_while_learning_is_a_failed_trial_and_the_others_go_on(install, planar3, tmp_path):
    install("raising", learning("yield Progress(Resting())\nraise RuntimeError('out of ideas')"))
    install("sound", SOUND, method="sound")
    records = run_trials(trials_of(planar3, "mine", "sound"), planar3, Store(tmp_path), 1, 1, Silent())
    assert [record.status for record in records] == ["failed", "done"]
    assert records[0].reason == "RuntimeError: out of ideas"
