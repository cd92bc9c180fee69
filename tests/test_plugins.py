"""Methods of other packages: a whole one, as docs/extend.md has it, and what becomes of broken ones."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import emssl_bench
from emssl_bench import cli
from emssl_bench.data import Dataset
from emssl_bench.engine.local import run_trials
from emssl_bench.exceptions import BrokenPlugin, Diverged, EmsslBenchError, InvalidValue, MethodError, ModelError
from emssl_bench.experiments import accuracy
from emssl_bench.joint_space import JointSpace
from emssl_bench.methods import registry
from emssl_bench.records import Store
from emssl_bench.report.frames.accuracy import accuracy_runs, table_2
from emssl_bench.report.naming import method_title
from emssl_bench.seeding import Seeds
from tests.packages import HEAD, LEARN, SOUND, package
from tests.reports import errors_printed
from tests.test_cli import run
from tests.test_run import TINY, Silent

PAGE = (Path(__file__).parent.parent / "docs" / "extend.md").read_text()


def block(language):
    """The only block of a language in docs/extend.md that is a file."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[0]


def test_the_method_of_the_page_can_be_installed_and_run(tmp_path, capsys, monkeypatch, planar3, planar3_chain):
    source, installed, out = tmp_path / "source", tmp_path / "installed", tmp_path / "out"
    source.mkdir()
    (source / "nearest_neighbour.py").write_text(block("python"))
    (source / "pyproject.toml").write_text(block("toml"))
    assert len(block("python").splitlines()) < 50
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check")
    pip = [sys.executable, "-m", "pip", "install", "-q", *offline, "--target", str(installed), str(source)]
    subprocess.run(pip, check=True, capture_output=True, timeout=280)

    options = ("--robot", "planar3", "--budget", "smoke", "--forward", "chain", "--joint-range", "90")
    ran = subprocess.run(
        [sys.executable, "-m", "emssl_bench.cli", "run", "--method", "nearest", *options, "--out", str(out)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), str(Path.cwd())])},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert ran.returncode == 0, ran.stderr
    assert not ran.stderr
    assert "Nearest neighbour" in (out / "tables" / "table2.md").read_text()
    (record,) = Store(out).records()
    assert (record.metrics["labelled_samples"], record.metrics["forward_calls"]) == (2800, 0)

    data = Dataset.sample(planar3_chain, JointSpace.of(planar3, 90), 2800, 1200, Seeds(0))
    apart = np.linalg.norm(data.test_positions[:, None] - data.train.positions, axis=2)
    assert record.metrics["error_mean_cm"] == pytest.approx(apart.min(axis=1).mean() * 100)

    with pytest.raises(ModelError, match="is of the package 'emssl-bench-nearest', which is not installed here"):
        emssl_bench.load(out / record.model)
    monkeypatch.syspath_prepend(installed)
    errors_cm = distances_cm(emssl_bench.load(out / record.model), planar3_chain, data.test_positions)
    assert errors_cm.mean() == pytest.approx(record.metrics["error_mean_cm"])
    code, said, _ = run(capsys, "methods", "nearest")
    assert code == 0
    assert "nearest    Nearest neighbour: the joint angles of the nearest training positions." in said
    assert "--set nearest.neighbours=...  [a whole number; default 1]" in said


def distances_cm(model, arm, positions):
    return 100 * np.linalg.norm(arm.positions(model.joint_angles(positions)) - positions, axis=1)


def test_names_are_known_without_importing_torch_or_the_plug_in(tmp_path):
    package(tmp_path, "never_imported", "raise RuntimeError('imported')")
    code = "import sys; from emssl_bench.methods import registry; print(registry.names(), 'torch' in sys.modules)"
    paths = os.pathsep.join([str(tmp_path), str(Path.cwd())])
    found = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True
    )
    assert found.stdout == f"{[*registry.METHODS, 'mine']} False\n", found.stderr


def test_a_plug_in_is_a_method_like_any_other(install, planar3, tmp_path):
    install("sound", SOUND)
    assert registry.names() == [*registry.METHODS, "mine"]
    assert registry.parsed("mine", "amount", "3") == 3
    assert registry.parsed("mine", "word", "loud") == "loud"
    assert registry.described("mine")[1] == ("word", "text", "calm", "said")
    with pytest.raises(InvalidValue, match=r"mine\.amount must be a number at least 1"):
        registry.configured("mine", {"amount": 0})
    (trial,) = accuracy.plan(["mine"], planar3, [90], [0], TINY, {"mine": {"amount": 2}}, "chain")
    record, _ = accuracy.run(trial, planar3, Store(tmp_path), 1, lambda standing: None)
    Store(tmp_path).save(record)
    assert errors_printed(table_2(accuracy_runs([record])))["Method"].tolist() == ["At rest (amount=2)"]


def test_records_of_a_plug_in_are_shown_when_it_is_gone():
    assert method_title("mine", "amount=2") == "mine (amount=2)"


def test_plug_ins_of_one_title_have_their_names_beside_it(install):
    install("first", SOUND)
    install("second", SOUND, method="other")
    install("third", SOUND.replace("At rest", "EMSSL"), method="third")
    install("fourth", SOUND.replace("At rest", "Alone"), method="fourth")
    assert method_title("mine") == "At rest (mine)"
    assert method_title("other", "amount=2") == "At rest (other, amount=2)"
    assert (method_title("third"), method_title("emssl")) == ("EMSSL (third)", "EMSSL")
    assert method_title("fourth") == "Alone"


BROKEN = {
    "import error": ("import not_there", "ModuleNotFoundError: No module named 'not_there'"),
    "syntax error": ("def", "SyntaxError: invalid syntax"),
    "exit": ("raise SystemExit('enough')", "SystemExit: enough"),
    "two lines": ("raise ValueError('one\\ntwo')", r"ValueError: one\ntwo"),
    "no class": ("", "AttributeError: module"),
    "no method": ("class Mine: pass", ":Mine is no subclass of emssl_bench.methods.base.Method"),
    "no class but a function": ("def Mine(): pass", ":Mine is no subclass of emssl_bench.methods.base.Method"),
    "no dataclass": (f"{SOUND}\nclass Mine(Mine): pass", "Mine lacks @dataclass(frozen=True, kw_only=True)"),
    "no learn": (HEAD, "Mine does not define learn"),
    "no title": (SOUND.replace("title:", "name:"), "Mine has no title"),
    "unprintable title": (SOUND.replace("At rest", "$\\frac$"), "Mine has no title"),
    "no default": (
        SOUND.replace('int = setting(1, "of nothing", least=1)', "int"),
        "its setting amount has no default",
    ),
    "wrong default": (
        SOUND.replace("setting(1,", "setting(1.5,"),
        "its setting amount must be a whole number, not 1.5",
    ),
    "default out of bounds": (
        SOUND.replace("setting(1,", "setting(0,"),
        "its setting amount must be a number at least 1",
    ),
    "unusable type": (SOUND.replace("amount: int", "amount: list"), "its setting amount must be int, float, bool, str"),
    "unknown type": (SOUND.replace("amount: int", "amount: 'Whole'"), "NameError: name 'Whole' is not defined"),
}


@pytest.mark.parametrize(("code", "says"), BROKEN.values(), ids=BROKEN)
def test_a_broken_plug_in_is_named_in_one_line(install, code, says):
    install("broken", code)
    with pytest.raises(BrokenPlugin) as raised:
        registry.method_class("mine")
    assert str(raised.value).startswith("the method 'mine' of the package 'broken' is broken: ")
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_broken_plug_in_does_not_stop_the_others(install, capsys, tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr("emssl_bench.engine.local.run_trials", lambda trials, *_: started.extend(trials) or [])
    monkeypatch.setattr("emssl_bench.cli.run.reported", lambda store, records: 0)
    install("broken", "import not_there")
    install("sound", SOUND, method="other")
    line = "the method 'mine' of the package 'broken' is broken: ModuleNotFoundError: No module named 'not_there'\n"

    code, out, err = run(capsys, "methods")
    assert (code, err) == (0, "")
    assert "other        Mine: all joints at rest.\n" in out
    assert out.endswith(line)

    everything = ("run", "--method", "all", "--robot", "planar3", "--joint-range", "90", "--forward", "chain")
    code, _, err = run(capsys, *everything, "--out", str(tmp_path / "out"))
    assert (code, err) == (0, f"emssl-bench: {line}")
    assert [trial.method for trial in started] == [*registry.METHODS, "other"]

    for arguments in (
        ("run", "--method", "mine"),
        ("run", "--method", "other", "mine"),
        ("run", "--set", "mine.amount=1"),
        ("methods", "mine"),
    ):
        assert run(capsys, *arguments) == (2, "", f"emssl-bench: {line}")


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (
            "emssl = other:Mine",
            "the method 'emssl' of the package 'other' is ignored: emssl-bench has a method of this",
        ),
        ("all = other:Mine", "the method 'all' of the package 'other' is ignored: 'all' means every method."),
        ("../up = other:Mine", "the method '../up' of the package 'other' is ignored: a name is"),
        ("a.b = other:Mine", "the method 'a.b' of the package 'other' is ignored: a name is"),
        ("nonsense", "the methods of the package 'other' are ignored: its entry_points.txt is damaged."),
        (
            "mine = other:Mine",
            "the method 'mine' of the package 'other' is ignored: the package 'first' has a method of",
        ),
    ],
)
def test_a_name_that_is_taken_or_impossible_is_ignored_and_said(install, capsys, entry, says):
    install("first", SOUND)
    install("other", SOUND, entry)
    assert registry.names() == [*registry.METHODS, "mine"]
    assert registry.method_class("emssl").__module__ == "emssl_bench.methods.emssl"
    assert registry.method_class("mine").__module__ == "first"
    _, out, _ = run(capsys, "methods")
    (line,) = (line for line in out.splitlines() if "ignored" in line)
    assert line.startswith(says)


def test_one_package_found_twice_counts_once(install, tmp_path, monkeypatch):
    install("first", SOUND)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    package(elsewhere, "first", SOUND)
    monkeypatch.setattr(sys, "path", [*sys.path, str(elsewhere)])
    assert registry.names()[-1] == "mine"
    assert registry.usable()[1] == []


def test_a_refusal_of_its_own_is_one_line_too(install, capsys):
    install(
        "strict", SOUND + "    def __post_init__(self):\n        if self.amount > 5: raise ValueError('too much')\n"
    )
    code, _, err = run(capsys, "run", "--method", "mine", "--set", "mine.amount=6")
    assert (code, err) == (2, "emssl-bench: mine refuses its settings (ValueError: too much).\n")
    with pytest.raises(InvalidValue, match="at least 1"):  # its own check does not replace ours
        registry.configured("mine", {"amount": 0})


def test_settings_that_are_one_of_some_numbers_or_several_words_can_be_set(install):
    settings = """
    size: typing.Literal[1, 2] = setting(1, "of it")
    words: tuple[str, ...] = setting(("a",), "of it")
"""
    install("choosing", "import typing\n" + SOUND.replace("    @property", f"{settings}    @property", 1))
    assert registry.parsed("mine", "size", "2") == 2
    with pytest.raises(InvalidValue, match=r"mine\.size must be one of 1, 2, not '3'"):
        registry.parsed("mine", "size", "3")
    assert registry.parsed("mine", "words", "b,c") == ("b", "c")
    with pytest.raises(InvalidValue, match=r"mine\.words must be text, several joined by commas, not 3"):
        registry.configured("mine", {"words": 3})


def learning(body):
    return f"{HEAD}    {LEARN}\n{textwrap.indent(textwrap.dedent(body), ' ' * 8)}\n"


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


def trials_of(planar3, *methods):
    return accuracy.plan(methods, planar3, [90], [0], TINY, {}, "chain")


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


def test_the_commands_of_the_page_are_commands():
    commands = [line.split()[1:] for line in re.findall(r"^emssl-bench .*", PAGE, re.MULTILINE)]
    assert len(commands) == 3
    for command in commands:
        cli.parser().parse_args(command)
