"""The command line as a whole: a command is a file and a line, and nothing heavy is imported before one runs."""

import subprocess
import sys
from types import SimpleNamespace

from emssl_bench.cli.commands import COMMANDS
from tests.commands import run


def test_every_command_has_a_file_of_its_name():
    assert {name: command.__name__ for name, command in COMMANDS.items()} == {
        name: f"emssl_bench.cli.{name}" for name in COMMANDS
    }


def test_a_new_command_is_listed_and_run_with_its_own_arguments(capsys, monkeypatch):
    def add_arguments(parser):
        parser.epilog = "Nothing is written."
        parser.add_argument("--times", type=int, default=1, help="how often")

    def greet(options):
        print("good day " * options.times)
        return 7

    command = SimpleNamespace(HELP="say good day", add_arguments=add_arguments, run=greet)
    monkeypatch.setitem(COMMANDS, "greet", command)
    assert ["greet", "say", "good", "day"] in [line.split() for line in run(capsys, "--help")[1].splitlines()]
    code, out, _ = run(capsys, "greet", "--help")
    assert (code, "how often (default: 1)" in out, "Nothing is written." in out) == (0, True, True)
    assert run(capsys, "greet", "--times", "2") == (7, "good day good day \n", "")
    assert run(capsys, "greet", "--tmies", "2")[2].endswith("(did you mean --times?)\n")


def test_the_command_line_starts_without_torch():
    # Worker processes import it too, where it is the main module.
    code = "import sys, emssl_bench.cli, emssl_bench.forward._worker; print([*{'torch', 'pandas'} & set(sys.modules)])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_an_option_under_its_old_name_works_and_is_told_its_new_one(capsys, tmp_path, monkeypatch):
    planned = []
    monkeypatch.setattr("emssl_bench.cli.run.run_trials", lambda options, waiting, *rest: planned.extend(waiting) or [])
    monkeypatch.setattr("emssl_bench.cli.run.reported", lambda *_: 0)
    for name, said in (("--judge-on", "emssl-bench: --judge-on is now --evaluate-on.\n"), ("--evaluate-on", "")):
        arguments = ["--robot", "planar3", "--method", "direct", name, "validation", "--out", str(tmp_path)]
        assert run(capsys, "run", *arguments)[::2] == (0, said)
    assert {trial.settings.evaluated_on for trial in planned} == {"validation"}
    code, out, _ = run(capsys, "run", "--help")
    assert (code, "--judge-on" in out.split("options:")[0]) == (0, False)
