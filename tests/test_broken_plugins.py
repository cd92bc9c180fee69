"""Plug-ins that are broken, or offer what they cannot: one line, and the others go on."""

import re
import sys

import pytest

from emssl_bench.exceptions import BrokenPlugin, InvalidValue
from emssl_bench.methods import registry
from tests.commands import run
from tests.packages import HEAD, SOUND, package

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
    monkeypatch.setattr("emssl_bench.engine.driver.run_trials", lambda trials, *_, **__: started.extend(trials) or [])
    monkeypatch.setattr("emssl_bench.cli.run.reported", lambda store, records: 0)
    install("broken", "import not_there")
    install("sound", SOUND, method="other")
    line = "the method 'mine' of the package 'broken' is broken: ModuleNotFoundError: No module named 'not_there'\n"

    code, out, err = run(capsys, "methods")
    assert (code, err) == (0, "")
    assert re.search(r"^other +Mine: all joints at rest\.$", out, re.MULTILINE)
    assert out.endswith(line)

    everything = ("run", "--method", "all", "--robot", "planar3", "--joint-range", "90", "--forward", "chain")
    code, _, err = run(capsys, *everything, "--out", str(tmp_path / "out"))
    assert (code, err) == (0, f"emssl-bench: {line}")
    assert [trial.name for trial in started] == [*registry.OF_ALL, "other"]

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
        (
            "all = other:Mine",
            "the method 'all' of the package 'other' is ignored: the name stands for several",
        ),
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
